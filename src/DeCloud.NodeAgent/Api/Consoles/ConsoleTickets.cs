using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Api.Consoles;

/// <summary>What of a VM is looked at.</summary>
internal enum ConsoleKind
{
    /// <summary>Its serial console.</summary>
    Serial,

    /// <summary>Its screen.</summary>
    Vnc,
}

/// <summary>What a ticket opens.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Kind">What of it.</param>
/// <param name="TakesOver">Whether it takes the serial console from whoever has it.</param>
/// <param name="IssuedTo">Who asked for it, for the log.</param>
/// <param name="ExpiresAt">Until when.</param>
internal sealed record ConsoleTicket(VmId Vm, ConsoleKind Kind, bool TakesOver, string IssuedTo, DateTimeOffset ExpiresAt);

/// <summary>
/// Tickets by which a browser, which can send no token with a WebSocket, opens a console: random, good once and for 30 seconds, in memory alone. Only their hashes are kept.
/// </summary>
internal sealed class ConsoleTickets(TimeProvider time)
{
    /// <summary>How long a ticket is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private const int RandomBytes = 32;
    private const int MostInAll = 256;
    private const int MostPerVm = 16;
    private readonly Lock _gate = new();
    private readonly List<(byte[] Hash, ConsoleTicket Ticket)> _issued = [];

    /// <summary>Issues a ticket; null when too many wait to be used.</summary>
    public (string Text, ConsoleTicket Ticket)? Issue(VmId vm, ConsoleKind kind, bool takesOver, string issuedTo)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            _issued.RemoveAll(i => i.Ticket.ExpiresAt <= now);
            if (_issued.Count >= MostInAll || _issued.Count(i => i.Ticket.Vm == vm) >= MostPerVm)
            {
                return null;
            }

            var text = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
            var ticket = new ConsoleTicket(vm, kind, takesOver, issuedTo, now + Lifetime);
            _issued.Add((HashOf(text), ticket));
            return (text, ticket);
        }
    }

    /// <summary>Uses a ticket up; null when it opens nothing. Takes as long for a wrong one as for a nearly right one.</summary>
    public ConsoleTicket? Redeem(string text)
    {
        var hash = HashOf(text);
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var found = -1;
            for (var i = 0; i < _issued.Count; i++)
            {
                found = CryptographicOperations.FixedTimeEquals(_issued[i].Hash, hash) ? i : found;
            }

            if (found < 0)
            {
                return null;
            }

            var ticket = _issued[found].Ticket;
            _issued.RemoveAt(found);
            return ticket.ExpiresAt > now ? ticket : null;
        }
    }

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
