using System.Net;
using System.Text.Json;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.IntegrationTests.Windows;

/// <summary>What the agent is on Windows: the API, Swagger and what the machine has; no VMs. Its own program runs, on Wine.</summary>
public sealed class WindowsAgentTests(WineHost host) : IClassFixture<WineHost>
{
    private static readonly string[] Methods = ["get", "post", "put", "delete", "patch"];

    [Fact]
    public async Task It_starts_serves_api_and_swagger_says_what_it_is_and_ends_in_good_order()
    {
        await using (var agent = await WindowsAgent.StartAsync(host))
        {
            Assert.True(agent.StartedIn < TimeSpan.FromSeconds(30), $"The first answer took {agent.StartedIn}.");
            Assert.Equal("ok\n", (await agent.Api.SendAsync(HttpMethod.Get, "/healthz")).Body);

            var ready = await agent.Api.GetAsync("/readyz", RestJson.Default.ReadinessResource);
            Assert.Equal((true, "journal"), (ready.Ready, Assert.Single(ready.Checks)));
            Assert.Contains("Windows", ready.Note, StringComparison.Ordinal);

            var node = await agent.Api.NodeAsync();
            Assert.Equal(("unsupported", true, 0), (node.Hypervisor.State, node.Reconciled, node.Vms.Count));

            foreach (var page in new[] { "/swagger/index.html", "/swagger/swagger-ui-bundle.js", "/swagger/v1/swagger.json", "/docs/errors" })
            {
                Assert.Equal(HttpStatusCode.OK, (await agent.Api.SendAsync(HttpMethod.Get, page)).Status);
            }

            Assert.Equal(0, await agent.StopAsync());
            Assert.DoesNotContain("   at ", agent.Log, StringComparison.Ordinal);
            Assert.DoesNotContain("libvirt", agent.Log, StringComparison.Ordinal);
        }

        // The journal is where Windows keeps such things, closed to other users, and nothing was made for VMs.
        Assert.True(File.Exists(Path.Combine(host.DefaultState, "journal.db")));
        Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(host.DefaultState) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute));
        Assert.Empty(Directory.GetDirectories(host.DefaultState));

        // What is there is taken again.
        await using var again = await WindowsAgent.StartAsync(host);
        Assert.Equal(0, await again.StopAsync());
    }

    [Fact]
    public async Task Whatever_is_asked_of_vms_and_images_is_refused_with_a_reason_and_touches_nothing()
    {
        await using var agent = await WindowsAgent.StartAsync(host);
        var document = JsonDocument.Parse((await agent.Api.SendAsync(HttpMethod.Get, "/swagger/v1/swagger.json")).Body).RootElement;
        var routes = document.GetProperty("paths").EnumerateObject()
            .Where(p => p.Name.StartsWith("/api/vms", StringComparison.Ordinal) || p.Name.StartsWith("/api/images", StringComparison.Ordinal))
            .SelectMany(p => p.Value.EnumerateObject().Where(m => Methods.Contains(m.Name)).Select(m => (Method: new HttpMethod(m.Name.ToUpperInvariant()), Path: p.Name)))
            .ToList();
        Assert.Contains(routes, r => r.Method == HttpMethod.Post && r.Path == "/api/vms");
        Assert.Contains(routes, r => r.Method == HttpMethod.Delete && r.Path == "/api/images/{digest}");

        foreach (var (method, path) in routes)
        {
            // Neither a wrong id nor a body that is no JSON comes before the refusal.
            var answer = await agent.Api.SendAsync(method, path.Replace("{id}", Guid.NewGuid().ToString(), StringComparison.Ordinal).Replace("{digest}", "none", StringComparison.Ordinal), method == HttpMethod.Post ? "{" : null);
            Assert.True(answer is { Status: HttpStatusCode.NotImplemented, Code: FailureCodes.VmsUnsupported }, $"{method} {path}: {answer}");
            var problem = answer.ToProblem();
            Assert.Contains("VMs run on Linux only", problem.Detail, StringComparison.Ordinal);
        }

        Assert.Empty((await agent.Api.NodeAsync()).Vms);
        Assert.Equal(0, await agent.StopAsync());
        Assert.Empty(Directory.GetDirectories(host.DefaultState));
    }

    [Fact]
    public async Task A_state_folder_that_others_get_at_is_refused_with_the_command_that_closes_it()
    {
        var open = Directory.CreateDirectory(Path.Combine(host.DriveC, "open"), (UnixFileMode)0b111_111_111);
        File.SetUnixFileMode(open.FullName, (UnixFileMode)0b111_111_111);

        var (exit, log) = await WindowsAgent.RefusalAsync(host, @"StatePath=C:\open");

        Assert.Equal(69, exit);
        Assert.Contains(@"icacls ""C:\open""", log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", log, StringComparison.Ordinal);
        Assert.Empty(open.GetFileSystemInfos());
    }

    [Fact]
    public async Task A_token_file_that_others_read_is_refused_and_a_private_one_is_taken()
    {
        var file = Path.Combine(host.DriveC, "token.txt");
        await File.WriteAllTextAsync(file, new string('k', 40));
        File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);

        var (exit, log) = await WindowsAgent.RefusalAsync(host, @"Http:ApiTokenFile=C:\token.txt");
        Assert.Equal(78, exit);
        Assert.Contains("can be read or written by", log, StringComparison.Ordinal);
        Assert.Contains("icacls", log, StringComparison.Ordinal);

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var agent = await WindowsAgent.StartAsync(host, @"Http:ApiTokenFile=C:\token.txt");
        Assert.Equal(HttpStatusCode.Unauthorized, (await agent.Api.SendAsync(HttpMethod.Get, "/api/node")).Status);
    }

    [Fact]
    public async Task Paths_of_another_system_are_errors_of_the_configuration()
    {
        var (exit, log) = await WindowsAgent.RefusalAsync(host, "StatePath=/var/lib/decloud", @"Libvirt:VmStoragePath=C:\vms\NUL");

        Assert.Equal(78, exit);
        Assert.Contains("StatePath", log, StringComparison.Ordinal);
        Assert.Contains("Libvirt:VmStoragePath", log, StringComparison.Ordinal);
        Assert.Contains(@"D:\DeCloud", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_agent_on_the_same_state_does_not_start()
    {
        await using var first = await WindowsAgent.StartAsync(host);
        var (exit, log) = await WindowsAgent.RefusalAsync(host);
        Assert.Equal(69, exit);
        Assert.Contains("can't be taken", log, StringComparison.Ordinal);
    }
}
