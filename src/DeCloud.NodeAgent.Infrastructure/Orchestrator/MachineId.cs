namespace DeCloud.NodeAgent.Infrastructure.Orchestrator;

/// <summary>The machine's stable id, machine-id(5).</summary>
public static class MachineId
{
    private const string File = "/etc/machine-id";

    /// <summary>The id; null where there is none.</summary>
    public static string? Read()
    {
        try
        {
            return System.IO.File.Exists(File) && System.IO.File.ReadAllText(File).Trim() is { Length: 32 } id && id.All(char.IsAsciiHexDigit) ? id : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
