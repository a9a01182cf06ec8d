using System.Threading.Channels;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.ServiceManager;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.Tests.ServiceManager;

/// <summary>When the service manager is told what: a sign of life only on the word of the actor system.</summary>
public sealed class ServiceNoticesTests : IAsyncDisposable
{
    private static readonly TimeSpan Watchdog = TimeSpan.FromSeconds(30), Interval = TimeSpan.FromSeconds(10), BeforeReady = TimeSpan.FromMilliseconds(100);
    private readonly ManagerSocket _manager = new();
    private readonly NotifySocket _socket;
    private readonly Channel<string?> _answers = Channel.CreateUnbounded<string?>();
    private readonly ManualTime _time = new();
    private readonly ManualLifetime _lifetime = new();
    private readonly SemaphoreSlim _asked = new(0);
    private readonly ServiceNotices _notices;
    private TimeSpan _patience;

    public ServiceNoticesTests()
    {
        _socket = NotifySocket.Find(name => name switch { "NOTIFY_SOCKET" => _manager.Address, "WATCHDOG_USEC" => "30000000", _ => null }, 1)!;
        _notices = new(_socket, AnswerAsync, _lifetime, _time, NullLogger<ServiceNotices>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _notices.StopAsync(CancellationToken.None);
        _notices.Dispose();
        _socket.Dispose();
        _manager.Dispose();
        _lifetime.Dispose();
        _asked.Dispose();
    }

    [Fact]
    public async Task Ready_is_said_when_the_api_listens_and_the_node_answers()
    {
        Answer(null, "libvirt lost; no VMs");
        await _notices.StartAsync(CancellationToken.None);
        Assert.True(_manager.IsSilent);

        _lifetime.Start();
        await _time.FireNextAsync(BeforeReady);
        Assert.Equal("READY=1\nSTATUS=libvirt lost; no VMs", await _manager.HearAsync());
    }

    [Fact]
    public async Task A_sign_of_life_follows_each_answer_and_none_follows_silence()
    {
        Assert.Equal(Watchdog, _socket.Watchdog);
        await ReadyAsync("1 running");

        Answer("1 running");
        await _time.FireNextAsync(Interval);
        Assert.Equal("WATCHDOG=1", await _manager.HearAsync());

        Answer([null]);
        await _time.FireNextAsync(Interval);

        // The timer behind the silence was set when the look was over: whatever it had said would be here.
        Answer("1 running");
        await _time.FireNextAsync(Interval);
        Assert.Equal("WATCHDOG=1", await _manager.HearAsync());
        Assert.True(_manager.IsSilent);
    }

    [Fact]
    public async Task A_node_that_hangs_gives_no_sign_of_life()
    {
        await ReadyAsync("1 running");
        await _asked.WaitAsync(TimeSpan.FromSeconds(10));

        await _time.FireNextAsync(Interval);

        await _asked.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(ServiceNotices.MostPatience, _patience);
        Assert.True(_manager.IsSilent);
    }

    [Fact]
    public async Task A_status_is_told_when_it_changes()
    {
        await ReadyAsync("1 running");

        Answer("2 running");
        await _time.FireNextAsync(Interval);
        Assert.Equal("WATCHDOG=1", await _manager.HearAsync());
        Assert.Equal("STATUS=2 running", await _manager.HearAsync());
    }

    [Fact]
    public async Task A_look_that_fails_is_silence_and_not_the_end()
    {
        await ReadyAsync("1 running");

        _answers.Writer.Complete(new InvalidOperationException("The registry broke."));
        await _time.FireNextAsync(Interval);
        await _time.FireNextAsync(Interval);
        Assert.True(_manager.IsSilent);
    }

    [Fact]
    public async Task The_end_is_told_at_its_beginning()
    {
        await ReadyAsync("1 running");

        _lifetime.StopApplication();
        Assert.StartsWith("STOPPING=1\n", await _manager.HearAsync(), StringComparison.Ordinal);
    }

    private async Task ReadyAsync(string status)
    {
        Answer(status);
        await _notices.StartAsync(CancellationToken.None);
        _lifetime.Start();
        Assert.Equal($"READY=1\nSTATUS={status}", await _manager.HearAsync());
    }

    private Task<string?> AnswerAsync(TimeSpan within, CancellationToken cancellation)
    {
        _patience = within;
        _asked.Release();
        return _answers.Reader.ReadAsync(cancellation).AsTask();
    }

    private void Answer(params string?[] answers) => Assert.All(answers, answer => Assert.True(_answers.Writer.TryWrite(answer)));
}
