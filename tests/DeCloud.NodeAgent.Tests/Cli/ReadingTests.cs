using System.Text;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Images;
using DeCloud.NodeAgent.Cli.Node;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Cli.Vms;
using Spectre.Console;

namespace DeCloud.NodeAgent.Tests.Cli;

/// <summary>What people and other programs write, as the program reads it.</summary>
public sealed class ReadingTests
{
    private const string Hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string OtherHex = "0f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("2 gib", 2L << 30)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("1TiB", 1L << 40)]
    [InlineData("4096", 4096L)]
    public void Sizes_are_read(string text, long bytes) => Assert.Equal((true, bytes), (Quantities.TryBytes(text, out var read), read));

    [Theory]
    [InlineData("2GB")]
    [InlineData("2G")]
    [InlineData("-1")]
    [InlineData("1,5GiB")]
    [InlineData("0.3KiB")]
    [InlineData("GiB")]
    [InlineData("99999999999TiB")]
    [InlineData("")]
    public void What_is_no_size_or_could_be_meant_otherwise_is_refused(string text) => Assert.False(Quantities.TryBytes(text, out _));

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("30s", 30_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("45", 45_000)]
    public void Times_are_read(string text, long milliseconds) => Assert.Equal((true, TimeSpan.FromMilliseconds(milliseconds)), (Quantities.TryDuration(text, out var read), read));

    [Theory]
    [InlineData("-1s")]
    [InlineData("1w")]
    [InlineData("soon")]
    [InlineData("999999d")]
    [InlineData("")]
    public void What_is_no_time_is_refused(string text) => Assert.False(Quantities.TryDuration(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(10L << 30, "10 GiB")]
    [InlineData(1L << 41, "2 TiB")]
    public void Sizes_are_shown(long bytes, string shown) => Assert.Equal(shown, Quantities.Show(bytes));

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(59, "59s")]
    [InlineData(3599, "59m")]
    [InlineData(86399, "23h")]
    [InlineData(864000, "10d")]
    public void Times_are_shown(long seconds, string shown) => Assert.Equal(shown, Quantities.Show(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(Hex + "  a.img\n" + OtherHex + "  b.img\n")]
    [InlineData(OtherHex + " *b.img\r\n" + Hex + " *a.img\r\n")]
    [InlineData("# SHA256 of a.img\nSHA256 (b.img) = " + OtherHex + "\nSHA256 (a.img) = " + Hex + "\n")]
    [InlineData(Hex + "  ./a.img\n" + Hex + "  a.img")]
    public void The_checksum_of_a_file_is_found(string text) => Assert.Equal(Hex, ChecksumFile.Find(text, "a.img"));

    [Theory]
    [InlineData("")]
    [InlineData(Hex + "  xa.img\n")]
    [InlineData(Hex + "00  a.img\n")]
    [InlineData("SHA512 (a.img) = " + Hex)]
    [InlineData(Hex + "  a.img\n" + OtherHex + "  a.img\n")]
    [InlineData("<html>a.img</html>")]
    public void No_checksum_is_made_up(string text) => Assert.Null(ChecksumFile.Find(text, "a.img"));

    [Fact]
    public async Task Events_are_read_and_heartbeats_and_gaps_are_none()
    {
        const string stream = "retry: 2000\n\n: still here\n\nid: 7\nevent: x\ndata: {\"a\":1}\n\nevent: gap\ndata: {}\n\nid:8\ndata:{\"b\":2}\n\nid: 9\ndata: cut";
        var read = new List<(long, string)>();
        await foreach (var e in EventLines.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(stream)), CancellationToken.None))
        {
            read.Add(e);
        }

        Assert.Equal([(7, "{\"a\":1}"), (8, "{\"b\":2}")], read);
    }

    [Fact]
    public void Labels_are_pairs_and_no_key_comes_twice()
    {
        Assert.Null(VmCreation.Labels([]));
        Assert.Equal("b=c", VmCreation.Labels(["a=b=c", "x="])!["a"]);
        Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => VmCreation.Labels(["a"])).ExitCode);
        Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => VmCreation.Labels(["=a"])).ExitCode);
        Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => VmCreation.Labels(["a=1", "a=2"])).ExitCode);
    }

    [Fact]
    public void The_own_catalogue_is_whole_and_asks_for_checksums_over_https()
    {
        var images = ImageCatalogue.Read(null, WorldWithout());
        Assert.NotEmpty(images);
        Assert.All(images, i => Assert.StartsWith("https://", i.Url, StringComparison.Ordinal));
        Assert.All(images, i => Assert.True(i.Sha256Url?.StartsWith("https://", StringComparison.Ordinal) ?? true));
    }

    [Fact]
    public void The_command_line_goes_before_the_environment_and_that_before_the_socket_that_is_there()
    {
        var socket = Path.GetTempFileName();
        try
        {
            var bare = WorldWithout() with { DefaultSocket = socket };
            var named = bare with { Environment = name => name == "DECLOUD_URL" ? "http://10.0.0.1:1" : null };
            Assert.Equal("http://[::1]:7", AgentAddress.Find("http://[::1]:7", null, null, named).Shown);
            Assert.Equal("/run/x", AgentAddress.Find(null, "/run/x", null, named).Socket);
            Assert.Equal("http://10.0.0.1:1", AgentAddress.Find(null, null, null, named).Shown);
            Assert.Equal(socket, AgentAddress.Find(null, null, null, bare).Socket);
            Assert.Equal(AgentAddress.DefaultUrl, AgentAddress.Find(null, null, null, WorldWithout()).Shown);
            Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => AgentAddress.Find("http://x", "/y", null, bare)).ExitCode);
            Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => AgentAddress.Find("ftp://x", null, null, bare)).ExitCode);
            Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => AgentAddress.Find("http://u:p@x", null, null, bare)).ExitCode);
        }
        finally
        {
            File.Delete(socket);
        }
    }

    [Theory]
    [InlineData("xterm", true)]
    [InlineData("dumb", false)]
    public void On_a_terminal_a_table_keeps_every_column_in_one_line(string terminal, bool coloured)
    {
        using var output = new StringWriter();
        var table = Cells.Table("NAME", "ID", "NOTE");
        table.AddRow(Cells.Of(new('n', 63)), Cells.Of(new('i', 36)), Cells.State("running"));
        table.AddRow(Cells.Of("short"), Cells.Of("[red]"), Cells.Of(new('x', 200)));
        new Screen(WorldWithout() with { Out = output, OutIsTerminal = true, Environment = name => name == "TERM" ? terminal : null }).Print(table);

        var lines = output.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal((coloured, coloured), (lines[0].Contains('\e', StringComparison.Ordinal), lines[1].Contains('\e', StringComparison.Ordinal)));
        Assert.Contains(new string('n', 63) + "  " + new string('i', 36), lines[1], StringComparison.Ordinal);
        Assert.Contains("[red]", lines[2], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
    }

    private static World WorldWithout() => new()
    {
        Out = TextWriter.Null, Error = TextWriter.Null, OutIsTerminal = false, ErrorIsTerminal = false, Environment = _ => null, Time = TimeProvider.System,
        DefaultSocket = "/nonexistent/agent.sock", SystemCatalogue = "/nonexistent/images.json",
    };
}
