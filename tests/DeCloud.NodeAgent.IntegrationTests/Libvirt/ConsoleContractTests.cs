using System.Text;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Streams;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Libvirt;

[Collection(LibvirtHostCollection.Name)]
public sealed class ConsoleContractTests(LibvirtHost host) : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly Guid _uuid = Guid.NewGuid();
    private LibvirtConnection _connection = null!;
    private DomainRef _domain;

    public async Task InitializeAsync()
    {
        _connection = await host.ConnectAsync();
        _domain = await _connection.Domains.DefineAsync(TinyDomain.Xml("t-" + _uuid.ToString("n")[..8], _uuid, TinyDomain.Echoes(host)).ToString());
    }

    public async Task DisposeAsync()
    {
        await TinyDomain.RemoveAsync(_connection, _uuid);
        await _connection.DisposeAsync();
    }

    [Fact]
    public async Task A_console_carries_bytes_both_ways_and_ends_with_its_domain()
    {
        await _connection.Domains.StartAsync(_domain);
        await using var console = await _connection.Domains.OpenConsoleAsync(_domain);
        await UntilAsync(console, "abc", async () => await console.WriteAsync("abc"u8.ToArray()));

        await _connection.Domains.DestroyAsync(_domain);

        try
        {
            while (await console.ReadAsync(new byte[100]).AsTask().WaitAsync(Deadline) > 0)
            {
            }
        }
        catch (LibvirtException)
        {
            // The daemon tells it in one way or the other.
        }

        Assert.False(_connection.Closed.IsCompleted);
    }

    [Fact]
    public async Task One_has_the_console_until_it_gives_it_up_or_is_forced_out()
    {
        Assert.Equal(LibvirtErrorCode.OperationInvalid, (await Assert.ThrowsAsync<LibvirtException>(() => _connection.Domains.OpenConsoleAsync(_domain))).Code);
        await _connection.Domains.StartAsync(_domain);
        var first = await _connection.Domains.OpenConsoleAsync(_domain);
        var busy = await Assert.ThrowsAsync<LibvirtException>(() => _connection.Domains.OpenConsoleAsync(_domain));
        Assert.Equal(LibvirtErrorCode.OperationFailed, busy.Code);

        await using (var second = await _connection.Domains.OpenConsoleAsync(_domain, ConsoleFlags.Safe | ConsoleFlags.Force))
        {
            await Assert.ThrowsAsync<LibvirtException>(async () =>
            {
                while (await first.ReadAsync(new byte[100]).AsTask().WaitAsync(Deadline) > 0)
                {
                }
            });
            await UntilAsync(second, "x", async () => await second.WriteAsync("x"u8.ToArray()));
        }

        await using var third = await _connection.Domains.OpenConsoleAsync(_domain);
        await first.DisposeAsync();
        await UntilAsync(third, "y", async () => await third.WriteAsync("y"u8.ToArray()));
    }

    /// <summary>Types until it is echoed: what comes before the firmware is done is not.</summary>
    private static async Task UntilAsync(LibvirtStream console, string wanted, Func<Task> type)
    {
        var seen = new StringBuilder();
        using var deadline = new CancellationTokenSource(Deadline);
        var buffer = new byte[4096];
        while (!seen.ToString().Contains(wanted, StringComparison.Ordinal))
        {
            await type();
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
            pause.CancelAfter(TimeSpan.FromMilliseconds(200));
            try
            {
                while (await console.ReadAsync(buffer, pause.Token) is > 0 and var count)
                {
                    seen.Append(Encoding.Latin1.GetString(buffer, 0, count));
                }
            }
            catch (OperationCanceledException) when (!deadline.IsCancellationRequested)
            {
                // Nothing more came for now.
            }
        }
    }
}
