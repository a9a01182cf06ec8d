using System.Text;
using System.Threading.Channels;
using DeCloud.NodeAgent.Core.Consoles;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Api;

/// <summary>Consoles whose other end is the test.</summary>
internal sealed class ScriptedConsoles : IDomainConsoles
{
    public ScriptedLine Line { get; private set; } = new();

    public List<bool> TookOver { get; } = [];

    public Task<IConsoleLine> OpenConsoleAsync(VmId id, bool takesOver, CancellationToken cancellation)
    {
        Assert.Equal(Samples.Id, id.Value);
        Line = new();
        TookOver.Add(takesOver);
        return Task.FromResult<IConsoleLine>(Line);
    }
}

/// <summary>A console whose other end is the test.</summary>
internal sealed class ScriptedLine : IConsoleLine
{
    private readonly Channel<byte[]> _printed = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<string> _typed = Channel.CreateUnbounded<string>();

    public TaskCompletionSource HungUp { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool WasTyped => _typed.Reader.TryPeek(out _);

    public void Print(string text) => _printed.Writer.TryWrite(Encoding.ASCII.GetBytes(text));

    public void End(Exception? cause) => _printed.Writer.TryComplete(cause);

    public async Task<string> TypedAsync() => await _typed.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (!await _printed.Reader.WaitToReadAsync(cancellation))
        {
            return 0;
        }

        _printed.Reader.TryRead(out var bytes);
        bytes!.CopyTo(buffer);
        return bytes!.Length;
    }

    public Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        _typed.Writer.TryWrite(Encoding.ASCII.GetString(data.Span));
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        HungUp.TrySetResult();
        return ValueTask.CompletedTask;
    }
}
