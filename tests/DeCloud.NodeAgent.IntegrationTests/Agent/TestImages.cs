using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>The bootable images of <c>scripts/make-test-image.sh</c>.</summary>
internal static class TestImages
{
    private static readonly TimeSpan MakingDeadline = TimeSpan.FromMinutes(5);

    /// <summary>The small guest, described in <c>scripts/test-guest/README.md</c>.</summary>
    public static Task<string> SmallAsync() => FindAsync("DECLOUD_TEST_IMAGE");

    /// <summary>Debian with cloud-init and sshd.</summary>
    public static Task<string> CloudAsync() => FindAsync("DECLOUD_CLOUD_IMAGE", "--cloud");

    private static async Task<string> FindAsync(string variable, params string[] arguments)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given)
        {
            return given;
        }

        using var deadline = new CancellationTokenSource(MakingDeadline);
        var made = await Cli.Wrap(Path.Combine(LibvirtHost.RepositoryRoot(), "scripts", "make-test-image.sh"))
            .WithArguments(arguments)
            .ExecuteBufferedAsync(deadline.Token);
        return made.StandardOutput.TrimEnd().Split('\n')[^1];
    }
}
