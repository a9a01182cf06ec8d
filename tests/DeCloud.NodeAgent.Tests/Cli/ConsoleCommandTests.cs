using System.IO.Pipelines;
using System.Text;
using DeCloud.NodeAgent.Cli.Consoles;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Api;

namespace DeCloud.NodeAgent.Tests.Cli;

/// <summary>The console's command against the real server, with a scripted guest behind it.</summary>
public sealed class ConsoleCommandTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly ApiHost _host = new();
    private readonly ScriptedConsoles _consoles = new();
    private readonly Pipe _typed = new();
    private readonly Pipe _printed = new();
    private int _madeRaw;
    private int _restored;

    public async Task InitializeAsync()
    {
        await _host.InitializeAsync();
        _host.Board.Publish(new(Samples.Id), Samples.Vm());
        _host.Vms.Answers(new VmReply.Found(Samples.Vm()));
        _host.Node.Answers(new ConsoleAccess(_consoles, null));
    }

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task What_is_typed_goes_to_the_guest_until_the_key_that_leaves_and_the_terminal_is_put_back()
    {
        var running = RunAsync(isTerminal: true, default, "web-1");
        await TypeAsync("ls\u0003\n");
        await UntilOpenAsync();
        Assert.Equal("ls\u0003\n", await _consoles.Line.TypedAsync());
        _consoles.Line.Print("answer\u001b[0m");
        Assert.Equal("answer\u001b[0m", await PrintedAsync());
        Assert.Equal((1, 0), (_madeRaw, _restored));

        await TypeAsync("x\u001dlost");
        var ran = await running;

        Assert.Equal("x", await _consoles.Line.TypedAsync());
        Assert.Equal((0, 1), (ran.Exit, _restored));
        Assert.Contains("the VM goes on", ran.Error, StringComparison.Ordinal);
        await _consoles.Line.HungUp.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task The_end_of_the_vm_ends_the_command_and_puts_the_terminal_back()
    {
        var running = RunAsync(isTerminal: true, default, "web-1");
        await UntilOpenAsync();

        _consoles.Line.End(null);

        var ran = await running;
        Assert.Equal((0, 1), (ran.Exit, _restored));
        Assert.Contains("(4000)", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_terminal_it_is_refused_with_the_ways_that_work()
    {
        var ran = await RunAsync(isTerminal: false, default, "web-1");
        Assert.Equal(2, ran.Exit);
        Assert.Contains("--read-only", ran.Error, StringComparison.Ordinal);
        Assert.Contains("--stdin", ran.Error, StringComparison.Ordinal);
        Assert.Empty(_consoles.TookOver);
        Assert.Equal(2, (await RunAsync(isTerminal: true, default, "web-1", "--read-only", "--stdin")).Exit);
    }

    [Fact]
    public async Task A_pipe_may_look_and_sends_nothing()
    {
        await TypeAsync("not for the guest");
        using var end = new CancellationTokenSource();
        var running = RunAsync(isTerminal: false, end.Token, "web-1", "--read-only", "--takeover");
        await UntilOpenAsync();
        _consoles.Line.Print("boot");
        Assert.Equal("boot", await PrintedAsync());
        Assert.Equal([true], _consoles.TookOver);

        await end.CancelAsync();

        Assert.Equal(130, (await running).Exit);
        Assert.False(_consoles.Line.WasTyped);
        Assert.Equal(0, _madeRaw);
    }

    [Fact]
    public async Task A_pipe_may_send_all_its_bytes_and_what_comes_behind_its_end_is_still_printed()
    {
        await TypeAsync("a\u001db");
        await _typed.Writer.CompleteAsync();
        var running = RunAsync(isTerminal: false, default, "web-1", "--stdin");
        await UntilOpenAsync();
        Assert.Equal("a\u001db", await _consoles.Line.TypedAsync());
        _consoles.Line.Print("late");
        Assert.Equal("late", await PrintedAsync());

        _consoles.Line.End(null);

        Assert.Equal((0, 0), ((await running).Exit, _madeRaw));
    }

    [Theory]
    [InlineData("abc", "abc", false)]
    [InlineData("ab\u001dcd", "ab", true)]
    [InlineData("\u001d", "", true)]
    [InlineData("", "", false)]
    public void The_key_that_leaves_keeps_what_is_before_it(string typed, string toGuest, bool leaves)
    {
        var split = EscapeKey.Split(Encoding.ASCII.GetBytes(typed));
        Assert.Equal((toGuest, leaves), (Encoding.ASCII.GetString(split.ToGuest.Span), split.Leaves));
    }

    private Task<Ran> RunAsync(bool isTerminal, CancellationToken cancellation, params string[] arguments) => Cockpit.RunAsync(
        new Dictionary<string, string> { ["DECLOUD_URL"] = _host.Address.GetLeftPart(UriPartial.Authority) },
        world => world with
        {
            InIsTerminal = isTerminal,
            OpenIn = () => _typed.Reader.AsStream(),
            OpenOut = () => _printed.Writer.AsStream(leaveOpen: true),
            MakeRaw = () =>
            {
                _madeRaw++;
                return new Restoring(() => _restored++);
            },
        },
        cancellation,
        ["vm", "console", .. arguments]);

    private async Task TypeAsync(string text) => await _typed.Writer.WriteAsync(Encoding.ASCII.GetBytes(text));

    private async Task<string> PrintedAsync()
    {
        var read = await _printed.Reader.ReadAsync().AsTask().WaitAsync(Deadline);
        var text = Encoding.ASCII.GetString(read.Buffer.FirstSpan);
        _printed.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }

    private async Task UntilOpenAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (_consoles.TookOver.Count == 0)
        {
            await Task.Delay(5, deadline.Token);
        }
    }

    private sealed class Restoring(Action restore) : IDisposable
    {
        public void Dispose() => restore();
    }
}
