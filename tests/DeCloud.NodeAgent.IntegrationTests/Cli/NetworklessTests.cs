using CliWrap;
using CliWrap.Buffered;

namespace DeCloud.NodeAgent.IntegrationTests.Terminal;

/// <summary><c>decloud without-network</c>, with which the agent fences in what may make no namespace: run here as the service runs it, without privileges and without a way to new ones.</summary>
public sealed class NetworklessTests
{
    [Fact]
    public async Task A_program_opens_no_socket_of_any_kind_and_is_itself_in_everything_else()
    {
        // A pipe that breaks ends a program, unless it was told otherwise.
        var result = await RunAsync("/bin/bash", "-c", "grep -E '^(Seccomp|NoNewPrivs|SigIgn):' /proc/self/status; (exec 3<>/dev/tcp/127.0.0.1/9); (exec 3<>/dev/udp/127.0.0.1/9); logger -s over-a-unix-socket; echo \"$0 $1\" | cat; exit 7", "zero", "one two");

        Assert.Equal(7, result.ExitCode);
        Assert.Contains("NoNewPrivs:\t1", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("SigIgn:\t0000000000000000", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("zero one two", result.StandardOutput, StringComparison.Ordinal);
        Assert.All(
            ["/dev/tcp/127.0.0.1/9", "/dev/udp/127.0.0.1/9", "/dev/log"],
            way => Assert.Contains($"{way}: Permission denied", result.StandardError, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(2, "qemu-img", "--version")]
    [InlineData(126, "/does/not/exist")]
    public async Task What_can_not_be_started_is_said(int exit, params string[] command)
    {
        var result = await RunAsync(command);

        Assert.Equal((exit, ""), (result.ExitCode, result.StandardOutput));
        Assert.StartsWith("decloud: ", result.StandardError, StringComparison.Ordinal);
    }

    private static async Task<BufferedCommandResult> RunAsync(params string[] command)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await Cli.Wrap("setpriv")
            .WithArguments(["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", DecloudProgram.Path, "without-network", .. command])
            .WithEnvironmentVariables(e => e.Set("LC_ALL", "C.UTF-8").Set("DOTNET_CLI_HOME", "/tmp").Set("DOTNET_EnableDiagnostics", "0"))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(deadline.Token);
    }
}
