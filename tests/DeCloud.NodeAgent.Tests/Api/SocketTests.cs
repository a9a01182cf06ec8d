using System.Net.Sockets;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Tests.Api;

/// <summary>The API over the agent's Unix socket.</summary>
public sealed class SocketTests : IDisposable
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private readonly string _folder = Directory.CreateTempSubdirectory("decloud-sock-").FullName;

    private string Path => System.IO.Path.Join(_folder, "run", "agent.sock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Who_opens_the_socket_needs_no_token_and_still_passes_the_rest_of_the_gate()
    {
        await using var host = new StartedHost(await ApiHost.StartAsync(("Http:ApiToken", Token), ("Http:Socket", Path)));

        Assert.Equal(200, await StatusAsync("/api/vms"));
        Assert.Equal(401, (await host.Host.Get("/api/vms")).Status);
        Assert.Equal(421, await StatusAsync("/api/vms", ("Host", "evil.example")));
        Assert.Equal(403, await StatusAsync("/api/vms", ("Origin", "http://evil.example")));
        Assert.Equal(403, await StatusAsync("/api/events", ("Sec-Fetch-Site", "cross-site")));
    }

    [Fact]
    public async Task The_socket_is_its_owners_and_groups_alone_and_goes_with_the_agent()
    {
        var host = await ApiHost.StartAsync(("Http:Socket", Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(Path));
        Assert.Equal(["agent.sock"], Directory.GetFiles(System.IO.Path.GetDirectoryName(Path)!).Select(System.IO.Path.GetFileName));
        await host.StopAsync();
        Assert.False(File.Exists(Path));
        await host.DisposeAsync();
    }

    [Fact]
    public async Task What_a_dead_agent_left_is_replaced()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        using (var dead = AgentSocket.Bind(Path))
        {
            dead.Listen();
        }

        await File.WriteAllTextAsync(Path + ".new", "half made");
        Assert.True(File.Exists(Path));
        await using var host = new StartedHost(await ApiHost.StartAsync(("Http:Socket", Path)));
        Assert.Equal(200, await StatusAsync("/healthz"));
    }

    [Fact]
    public async Task A_living_agents_socket_and_a_file_that_is_none_are_left_alone()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        using (var living = AgentSocket.Bind(Path))
        {
            living.Listen();
            Assert.Contains("somebody answers", Assert.Throws<AgentSocketException>(() => AgentSocket.Bind(Path)).Message, StringComparison.Ordinal);
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(new UnixDomainSocketEndPoint(Path));
        }

        File.Delete(Path);
        await File.WriteAllTextAsync(Path, "precious");
        Assert.Contains("no socket", Assert.Throws<AgentSocketException>(() => AgentSocket.Bind(Path)).Message, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(Path));
    }

    private async Task<int> StatusAsync(string path, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://localhost" + path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return (int)response.StatusCode;
    }
}
