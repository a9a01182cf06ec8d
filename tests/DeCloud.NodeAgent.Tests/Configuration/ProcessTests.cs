using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using DeCloud.NodeAgent.Tests.ServiceManager;

namespace DeCloud.NodeAgent.Tests.Configuration;

/// <summary>The built program as a process of its own.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("decloud-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_wrong_configuration_exits_78_and_lists_every_error_with_its_origin()
    {
        Directory.CreateDirectory(Path.Join(_folder, "conf.d"));
        await File.WriteAllTextAsync(Path.Join(_folder, "conf.d", "10-broken.json"), "{ \"Vms\": ");
        await File.WriteAllTextAsync(Path.Join(_folder, "conf.d", "20-wrong.json"), """{ "Vms": { "MaxVCpus": "many" }, "Htp": {} }""");

        var (exit, output, errors) = await RunAsync(
            [("DECLOUD__Images__AllowHttp", "perhaps"), ("DECLOUD__Orchestrator__ApiKey", "canary")],
            "--config-folder=" + _folder,
            "--Http:Url=http://0.0.0.0:5100",
            "--Nonsense=1",
            "stray");

        Assert.Equal((78, ""), (exit, output));
        Assert.Contains("8 errors", errors, StringComparison.Ordinal);
        Assert.Contains("10-broken.json: cannot be read", errors, StringComparison.Ordinal);
        Assert.Contains("Vms:MaxVCpus = \"many\" (" + Path.Join(_folder, "conf.d", "20-wrong.json"), errors, StringComparison.Ordinal);
        Assert.Contains("Htp", errors, StringComparison.Ordinal);
        Assert.Contains("Images:AllowHttp = \"perhaps\" (environment)", errors, StringComparison.Ordinal);
        Assert.Contains("Http:Url = \"http://0.0.0.0:5100\" (command line)", errors, StringComparison.Ordinal);
        Assert.Contains("Nonsense (command line)", errors, StringComparison.Ordinal);
        Assert.Contains("stray", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_later_source_overrides_the_earlier()
    {
        Directory.CreateDirectory(Path.Join(_folder, "conf.d"));
        await File.WriteAllTextAsync(Path.Join(_folder, "conf.d", "10.json"), """{ "Vms": { "MaxVCpus": "file-10", "MaxStarts": "file-10", "StopGrace": "file-10" }, "Http": { "MaxConnections": "file-10" } }""");
        await File.WriteAllTextAsync(Path.Join(_folder, "conf.d", "20.json"), """{ "Vms": { "MaxStarts": "file-20", "StopGrace": "file-20" }, "Http": { "MaxConnections": "file-20" } }""");

        var (exit, _, errors) = await RunAsync(
            [("DECLOUD__Vms__StopGrace", "environment"), ("DECLOUD__HTTP__MAXCONNECTIONS", "environment"), ("DOTNET_gcServer", "0"), ("ASPNETCORE_URLS", "http://0.0.0.0:1")],
            "--config-folder", _folder, "--Http:MaxConnections=flag");

        Assert.Equal(78, exit);
        Assert.Contains("Vms:MaxVCpus = \"file-10\"", errors, StringComparison.Ordinal);
        Assert.Contains("Vms:MaxStarts = \"file-20\"", errors, StringComparison.Ordinal);
        Assert.Contains("Vms:StopGrace = \"environment\"", errors, StringComparison.Ordinal);
        Assert.Contains("Http:MaxConnections = \"flag\"", errors, StringComparison.Ordinal);
        Assert.Contains("4 errors", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_and_help_exit_0_whatever_else_is_wrong()
    {
        var (exit, output, errors) = await RunAsync([], "--version");
        Assert.Equal((0, ""), (exit, errors));
        Assert.Matches(@"\Adecloud-agent \d+\.\d+\.\d+\n\z", output);

        (exit, output, errors) = await RunAsync([("DECLOUD__Nonsense", "1")], "--help");
        Assert.Equal((0, ""), (exit, errors));
        Assert.Contains("Libvirt:AllowEmulation", output, StringComparison.Ordinal);
        Assert.Contains("DECLOUD__Section__Key", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_exits_69_in_one_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var (exit, _, errors) = await RunAsync([], $"--Http:Url=http://127.0.0.1:{port}", "--StatePath=" + _folder);

        Assert.Equal(69, exit);
        Assert.Contains($"127.0.0.1:{port} is taken", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_service_manager_hears_of_the_start_of_life_and_of_the_end()
    {
        using var manager = new ManagerSocket();
        using var process = Process.Start(StartOf(
            [("NOTIFY_SOCKET", manager.Address), ("WATCHDOG_USEC", "900000")],
            "--Http:Url=http://127.0.0.1:0", "--StatePath=" + _folder, "--Libvirt:Uri=qemu+unix:///system?socket=" + Path.Join(_folder, "no-libvirt"), "--Network:Isolation=Off"))!;
        try
        {
            Assert.StartsWith("READY=1\nSTATUS=libvirt lost", await manager.HearAsync(), StringComparison.Ordinal);
            var heard = await manager.HearAsync();
            while (heard != "WATCHDOG=1")
            {
                Assert.StartsWith("STATUS=", heard, StringComparison.Ordinal);
                heard = await manager.HearAsync();
            }

            Assert.Equal(0, Terminate(process.Id));
            while (!(heard = await manager.HearAsync()).StartsWith("STOPPING=1", StringComparison.Ordinal))
            {
                Assert.Matches("^(WATCHDOG=1|STATUS=)", heard);
            }

            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static int Terminate(int process) => kill(process, 15);

    [DllImport("libc")]
    [SuppressMessage("Interoperability", "SYSLIB1054:Use LibraryImport", Justification = "One call of a test.")]
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "Its name in libc.")]
    private static extern int kill(int process, int signal);

    private static ProcessStartInfo StartOf((string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments.Prepend(Path.Join(AppContext.BaseDirectory, "decloud-agent.dll")))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static async Task<(int Exit, string Output, string Errors)> RunAsync((string Name, string Value)[] environment, params string[] arguments)
    {
        using var process = Process.Start(StartOf(environment, arguments))!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
