using System.Text;
using System.Text.Json;
using CliWrap;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Seed;

namespace DeCloud.NodeAgent.IntegrationTests.Vms;

/// <summary>The seed as programs of other makers read it.</summary>
public sealed class SeedSpec : IDisposable
{
    private static readonly SeedContent Content = new("iid-1", "web-1", "ssh-ed25519 AAAAC3 me@home", "52:54:01:02:03:04");
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("-R")]
    [InlineData("-J")]
    public async Task Isoinfo_reads_every_file_back_byte_for_byte(string names)
    {
        byte[] userData = [.. "#!/bin/sh\necho \u00fc\r\n"u8, 0, 255, .. new byte[5000]];
        await File.WriteAllBytesAsync(_path, NoCloudSeed.Write(Content, userData));

        Assert.Equal(userData, await ReadAsync(names, "user-data"));
        using var meta = JsonDocument.Parse(await ReadAsync(names, "meta-data"));
        Assert.Equal("iid-1", meta.RootElement.GetProperty("instance-id").GetString());
        Assert.Equal("web-1", meta.RootElement.GetProperty("local-hostname").GetString());
        Assert.Equal(Content.SshPublicKey, meta.RootElement.GetProperty("public-keys")[0].GetString());
        using var network = JsonDocument.Parse(await ReadAsync(names, "network-config"));
        Assert.Equal(Content.MacAddress, network.RootElement.GetProperty("ethernets").GetProperty("eth0").GetProperty("match").GetProperty("macaddress").GetString());
        var vendor = Encoding.UTF8.GetString(await ReadAsync(names, "vendor-data"));
        Assert.StartsWith("#cloud-config\n{", vendor, StringComparison.Ordinal);
        Assert.Contains(Content.SshPublicKey, vendor, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_user_data_the_key_is_in_ours_and_there_is_no_vendor_data()
    {
        await File.WriteAllBytesAsync(_path, NoCloudSeed.Write(Content, null));
        Assert.Contains(Content.SshPublicKey, Encoding.UTF8.GetString(await ReadAsync("-R", "user-data")), StringComparison.Ordinal);
        Assert.Empty(await ReadAsync("-R", "vendor-data"));
    }

    [Fact]
    public async Task Xorriso_and_blkid_know_the_label_and_find_no_fault()
    {
        await File.WriteAllBytesAsync(_path, NoCloudSeed.Write(Content, "x"u8.ToArray()));
        var report = new StringBuilder();
        await Cli.Wrap("xorriso").WithArguments(["-indev", _path, "-find", "/", "-exec", "lsdl"])
            .WithStandardOutputPipe(PipeTarget.ToStringBuilder(report)).WithStandardErrorPipe(PipeTarget.ToStringBuilder(report)).ExecuteAsync();
        var text = report.ToString();
        Assert.Contains("Volume id    : 'cidata'", text, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", text, StringComparison.Ordinal);
        Assert.DoesNotContain("SORRY", text, StringComparison.Ordinal);
        foreach (var name in new[] { "meta-data", "network-config", "user-data", "vendor-data" })
        {
            Assert.Contains(name, text, StringComparison.Ordinal);
        }

        var label = new StringBuilder();
        await Cli.Wrap("blkid").WithArguments(["-p", "-o", "value", "-s", "LABEL", _path]).WithStandardOutputPipe(PipeTarget.ToStringBuilder(label)).ExecuteAsync();
        Assert.Equal("cidata", label.ToString().Trim());
    }

    [Fact]
    public void The_same_content_gives_the_same_bytes() =>
        Assert.Equal(NoCloudSeed.Write(Content, "x"u8.ToArray()), NoCloudSeed.Write(Content, "x"u8.ToArray()));

    private async Task<byte[]> ReadAsync(string names, string file)
    {
        using var content = new MemoryStream();
        await Cli.Wrap("isoinfo").WithArguments(["-i", _path, names, "-x", "/" + file]).WithStandardOutputPipe(PipeTarget.ToStream(content)).ExecuteAsync();
        return content.ToArray();
    }
}
