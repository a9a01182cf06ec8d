using DeCloud.NodeAgent.Configuration;

namespace DeCloud.NodeAgent.Tests.Configuration;

public sealed class RemoteConfigurationTests
{
    private static readonly (string Key, string Value)[] Right =
    [
        ("Remote:Enabled", "true"), ("Remote:Host", "10.80.0.7"), ("Remote:CertificateFile", "/c/node.pem"), ("Remote:KeyFile", "/c/node.key"), ("Remote:AuthorityFile", "/c/ca.pem"),
        ("Remote:Orchestrators", "orchestrator,spare"),
    ];

    [Fact]
    public void It_is_off_unless_it_is_asked_for()
    {
        Assert.Empty(Read([], out var options));
        Assert.Null(options.Remote);
        Assert.Empty(Read([("Remote:Host", "10.80.0.7"), ("Remote:KeyFile", "/not/there")], out options));
        Assert.Null(options.Remote);
    }

    [Fact]
    public void Every_value_arrives_where_it_belongs()
    {
        Assert.Empty(Read([.. Right, ("Remote:Port", "5000"), ("Remote:MaxFrameBytes", "64 KiB")], out var options));

        var remote = options.Remote!;
        Assert.Equal(("10.80.0.7:5000", 64 << 10, "/c/node.pem", "/c/node.key", "/c/ca.pem"), (remote.Address.ToString(), remote.MaxFrameBytes, remote.CertificateFile, remote.KeyFile, remote.AuthorityFile));
        Assert.Equal(["orchestrator", "spare"], remote.Orchestrators);
    }

    [Theory]
    [InlineData("Remote:Host")]
    [InlineData("Remote:CertificateFile")]
    [InlineData("Remote:KeyFile")]
    [InlineData("Remote:AuthorityFile")]
    [InlineData("Remote:Orchestrators")]
    public void What_is_missing_is_named(string key)
    {
        var error = Assert.Single(Read([.. Right.Where(r => r.Key != key)], out var options));
        Assert.Equal(key, error.Key);
        Assert.Null(options.Remote);
    }

    [Theory]
    [InlineData("Remote:Host", "0.0.0.0")]
    [InlineData("Remote:Host", "::")]
    [InlineData("Remote:Host", "node.example")]
    [InlineData("Remote:Orchestrators", "*")]
    [InlineData("Remote:KeyFile", "/open/to/all")]
    [InlineData("Remote:MaxFrameBytes", "1 GiB")]
    public void What_is_wrong_is_named_once(string key, string value)
    {
        var error = Assert.Single(Read([.. Right.Where(r => r.Key != key), (key, value)], out _));
        Assert.Equal(key, error.Key);
    }

    private static IReadOnlyList<ConfigurationError> Read((string Key, string Value)[] settings, out NodeOptions options) => NodeConfiguration.Read(
        settings.ToDictionary(s => s.Key, s => new Setting(s.Value, "test"), StringComparer.OrdinalIgnoreCase),
        path => path == "/open/to/all" ? Parsed<string>.Wrong("can be read by others.", "Close it.") : new("secret"),
        out options);
}
