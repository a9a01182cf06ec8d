namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>The one question that PowerShell is asked: what neither the registry nor Win32 tells in a form that stays the same between versions of Windows.</summary>
internal static class CimQuery
{
    /// <summary>
    /// The script, a constant. Each class is asked by itself, and one that fails is left out: editions of Windows differ in the classes they have. Holds no double quote, so that it goes
    /// through a Windows command line as it stands.
    /// </summary>
    public const string Script = """
        $ErrorActionPreference = 'SilentlyContinue'; $ProgressPreference = 'SilentlyContinue';
        [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding($false);
        $storage = 'root/Microsoft/Windows/Storage'; $network = 'root/StandardCimv2';
        ConvertTo-Json -Compress -Depth 3 -InputObject @{
        video = @(Get-CimInstance -ClassName Win32_VideoController | Select-Object -Property Name, AdapterCompatibility, PNPDeviceID, DriverVersion, InstalledDisplayDrivers);
        disks = @(Get-CimInstance -Namespace $storage -ClassName MSFT_PhysicalDisk | Select-Object -Property DeviceId, FriendlyName, MediaType, BusType, Size, LogicalSectorSize);
        partitions = @(Get-CimInstance -Namespace $storage -ClassName MSFT_Partition | Where-Object -Property DriveLetter | Select-Object -Property DiskNumber, @{ n = 'DriveLetter'; e = { [string]$_.DriveLetter } });
        routes = @(Get-CimInstance -Namespace $network -ClassName MSFT_NetRoute | Where-Object -FilterScript { $_.DestinationPrefix -eq '0.0.0.0/0' -or $_.DestinationPrefix -eq '::/0' } | Select-Object -Property DestinationPrefix, InterfaceAlias, NextHop, RouteMetric, InterfaceMetric)
        }
        """;

    /// <summary>The arguments: no profile of a user's runs, and nobody is asked anything.</summary>
    public static IReadOnlyList<string> Arguments { get; } = ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", Script.ReplaceLineEndings(" ")];
}
