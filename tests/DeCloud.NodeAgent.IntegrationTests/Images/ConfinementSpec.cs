using System.Text;
using CliWrap;
using DeCloud.NodeAgent.Infrastructure.Qemu;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.IntegrationTests.Images;

public sealed class ConfinementSpec
{
    [Fact]
    public async Task A_confined_program_has_limits_no_new_privileges_and_no_network()
    {
        var confinement = await Confinement.DiscoverAsync(NullLogger.Instance, CancellationToken.None);
        var (program, arguments) = confinement.Wrap("/bin/cat", ["/proc/self/limits", "/proc/self/status", "/proc/self/net/dev"], new(1 << 20, 1L << 30, 7));
        var output = new StringBuilder();
        await Cli.Wrap(program).WithArguments(arguments).WithStandardOutputPipe(PipeTarget.ToStringBuilder(output)).ExecuteAsync();
        var lines = output.ToString().Split('\n').Select(line => string.Join(' ', line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))).ToArray();

        Assert.Contains("Max file size 1048576 1048576 bytes", lines);
        Assert.Contains("Max address space 1073741824 1073741824 bytes", lines);
        Assert.Contains("Max cpu time 7 7 seconds", lines);
        Assert.Contains("Max core file size 0 0 bytes", lines);
        Assert.Contains("NoNewPrivs: 1", lines);
        var interfaces = lines.Where(line => line.Contains(": ", StringComparison.Ordinal) && line.Split(' ').Length > 10).Select(line => line.Split(':')[0]).ToArray();
        Assert.True(!confinement.HasNoNetwork || interfaces.All(name => name == "lo"), string.Join(',', interfaces));
        Assert.True(confinement.HasNoNetwork);
    }
}
