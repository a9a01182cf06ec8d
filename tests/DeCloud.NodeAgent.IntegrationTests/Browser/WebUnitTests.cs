using System.Text;
using CliWrap;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Browser;

/// <summary>The console's own unit tests, written in its language.</summary>
public sealed class WebUnitTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Its_unit_tests_pass()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var said = new StringBuilder();
        var result = await Cli.Wrap("node")
            .WithArguments(["node_modules/vitest/vitest.mjs", "run", "--reporter=verbose"])
            .WithWorkingDirectory(Path.Combine(LibvirtHost.RepositoryRoot(), "web"))
            .WithEnvironmentVariables(e => e.Set("NO_COLOR", "1"))
            .WithStandardOutputPipe(PipeTarget.ToStringBuilder(said))
            .WithStandardErrorPipe(PipeTarget.ToStringBuilder(said))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(deadline.Token);
        Assert.True(result.ExitCode == 0, said.ToString());
        Assert.Contains(" passed", said.ToString(), StringComparison.Ordinal);
    }
}
