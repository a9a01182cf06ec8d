using System.ComponentModel;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>
/// What the agent asks of nf_tables without a program between: the generation of the ruleset, what is in its own tables, and changes of elements in one transaction
/// (linux/netfilter/nf_tables.h). Not safe for use by several threads at once.
/// </summary>
internal sealed class NfTables : IDisposable
{
    private const int NoSuchThing = 2, Restart = 85;
    private const int TriesToLook = 5;

    /// <summary>Elements of one message: an attribute is at most 64 KiB long, and an element takes less than 64 bytes.</summary>
    private const int ElementsPerMessage = 500;

    private static readonly byte[] Families = [FilterElement.Inet, FilterElement.Bridge];
    private readonly NetlinkSocket _socket;
    private readonly byte[] _buffer = new byte[64 << 10];
    private uint _sequence;

    private NfTables(NetlinkSocket socket) => _socket = socket;

    private delegate void Take(NetlinkMessage message);

    /// <summary>Connects to the kernel.</summary>
    /// <exception cref="Win32Exception">It has no netfilter, or does not let this process.</exception>
    public static NfTables Open() => new(NetlinkSocket.Open());

    /// <summary>The generation of the ruleset of this network namespace.</summary>
    /// <exception cref="Win32Exception">The kernel has no nf_tables, or this process lacks CAP_NET_ADMIN.</exception>
    public uint Generation()
    {
        var request = new NetlinkWriter();
        request.BeginMessage(NetlinkType.GetGeneration, NetlinkFlags.Request, ++_sequence, 0);
        request.EndMessage();
        uint generation = 0;
        Ask(request, isList: false, message =>
        {
            var id = message.Attributes;
            while (id.Next())
            {
                generation = id.Type == NftAttribute.GenerationId ? id.Number : generation;
            }
        });
        return generation;
    }

    /// <summary>What is in the tables of a name, with nobody's change in the middle.</summary>
    /// <param name="table">The name.</param>
    /// <returns>Null when others changed the ruleset at every try.</returns>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public TableImage? Look(string table)
    {
        for (var i = 0; i < TriesToLook; i++)
        {
            var before = Generation();
            using var frame = new MemoryStream();
            var elements = new HashSet<FilterElement>();
            var isWhole = true;
            foreach (var family in Families)
            {
                isWhole &= Look(family, table, frame, elements);
            }

            if (isWhole && Generation() == before)
            {
                return new(before, frame.ToArray(), elements);
            }
        }

        return null;
    }

    /// <summary>
    /// The handles of the rules of a chain of another's, in the chain's order, to tell whether they changed: a rule that is made anew has another one, and its counters are no change.
    /// </summary>
    /// <param name="family">The family of its table.</param>
    /// <param name="table">The table.</param>
    /// <param name="chain">The chain.</param>
    /// <returns>Empty when there is no such chain, or it has no rules.</returns>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public byte[] Rules(byte family, string table, string chain)
    {
        using var rules = new MemoryStream();
        List(NetlinkType.GetRule, family, table, chain, message => Append(rules, message, type => type == NftAttribute.RuleHandle));
        return rules.ToArray();
    }

    /// <summary>Removes and adds elements in one transaction, which is carried out wholly or not at all.</summary>
    /// <param name="table">The name of the tables.</param>
    /// <param name="generation">The generation that the ruleset must have.</param>
    /// <param name="removed">What is there and shall go.</param>
    /// <param name="added">What shall come.</param>
    /// <returns>Null when it is done; else the error's text.</returns>
    /// <exception cref="Win32Exception">The kernel did not answer.</exception>
    public string? Change(string table, uint generation, IEnumerable<FilterElement> removed, IEnumerable<FilterElement> added)
    {
        var first = _sequence + 1;
        var batch = Batch(table, generation, removed, added, first, out var last);
        _sequence = last + 1;
        _socket.Send(batch.Written);

        // A transaction that is refused as a whole is told of under its first number; else each fault under its own, and last of all the confirmation.
        var error = 0;
        while (true)
        {
            ReadOnlySpan<byte> received = _buffer.AsSpan(0, _socket.Receive(_buffer));
            while (NetlinkMessage.TryTake(ref received, out var message))
            {
                if (message.Type != NetlinkType.Error || message.Sequence - first > last - first)
                {
                    continue;
                }

                error = error == 0 ? -message.Error : error;
                if (message.Sequence == last || (message.Sequence == first && error != 0))
                {
                    return error == 0 ? null : error == Restart ? "the ruleset was changed by another meanwhile" : new Win32Exception(error).Message;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>The messages of a transaction: its begin, removals, additions, its end. The last but one is to be confirmed.</summary>
    /// <param name="table">The name of the tables.</param>
    /// <param name="generation">The generation that the ruleset must have.</param>
    /// <param name="removed">What shall go.</param>
    /// <param name="added">What shall come.</param>
    /// <param name="first">The number of the first message; the others follow.</param>
    /// <param name="last">The number of the message that is confirmed.</param>
    internal static NetlinkWriter Batch(string table, uint generation, IEnumerable<FilterElement> removed, IEnumerable<FilterElement> added, uint first, out uint last)
    {
        var batch = new NetlinkWriter();
        batch.BeginMessage(NetlinkType.BatchBegin, NetlinkFlags.Request, first, 0, NetlinkType.Tables);
        batch.Number(NftAttribute.BatchGeneration, generation);
        batch.EndMessage();

        var groups = Messages(NetlinkType.DeleteElement, removed).Concat(Messages(NetlinkType.NewElement, added)).ToList();
        var sequence = first;
        for (var i = 0; i < groups.Count; i++)
        {
            var (type, elements) = groups[i];
            var flags = NetlinkFlags.Request | (type == NetlinkType.NewElement ? NetlinkFlags.Create : 0) | (i == groups.Count - 1 ? NetlinkFlags.Confirm : 0);
            batch.BeginMessage(type, (ushort)flags, ++sequence, elements[0].Family);
            batch.Text(NftAttribute.Table, table);
            batch.Text(NftAttribute.Set, elements[0].Set);
            var list = batch.BeginNested(NftAttribute.Elements);
            foreach (var element in elements)
            {
                var one = batch.BeginNested(NftAttribute.ListElement);
                Write(batch, NftAttribute.ElementKey, element.Key);
                if (element.Data.Length > 0)
                {
                    Write(batch, NftAttribute.ElementData, element.Data);
                }

                batch.EndNested(one);
            }

            batch.EndNested(list);
            batch.EndMessage();
        }

        last = sequence;
        batch.BeginMessage(NetlinkType.BatchEnd, NetlinkFlags.Request, sequence + 1, 0, NetlinkType.Tables);
        batch.EndMessage();
        return batch;
    }

    private static IEnumerable<(ushort Type, FilterElement[] Elements)> Messages(ushort type, IEnumerable<FilterElement> elements) =>
        elements.GroupBy(e => (e.Family, e.Set)).SelectMany(g => g.Chunk(ElementsPerMessage)).Select(some => (type, some));

    private static void Write(NetlinkWriter batch, ushort type, string hexadecimal)
    {
        var start = batch.BeginNested(type);
        batch.Bytes(NftAttribute.Value, Convert.FromHexString(hexadecimal));
        batch.EndNested(start);
    }

    private bool Look(byte family, string table, MemoryStream frame, HashSet<FilterElement> elements)
    {
        var sets = new List<string>();
        var isWhole = List(NetlinkType.GetTable, family, null, null, message => AppendOf(table, message, _ => true));
        isWhole &= List(NetlinkType.GetChain, family, null, null, message => AppendOf(table, message, type => type != NftAttribute.ChainCounters));
        isWhole &= List(NetlinkType.GetRule, family, table, null, message => AppendOf(table, message, _ => true));
        isWhole &= List(NetlinkType.GetSet, family, table, null, message =>
        {
            AppendOf(table, message, type => type is < NftAttribute.SetDescription or NftAttribute.SetHandle);
            sets.Add(TextOf(message, NftAttribute.Set));
        });
        foreach (var set in sets)
        {
            var found = new List<FilterElement>();
            isWhole &= List(NetlinkType.GetElement, family, table, set, message => Collect(message, family, set, found));
            if (FilterElement.IsDynamic(set))
            {
                elements.UnionWith(found);
                continue;
            }

            // The kernel tells them in any order.
            foreach (var text in found.Select(e => e.Key + e.Data).Order(StringComparer.Ordinal))
            {
                frame.Write(Convert.FromHexString(text));
            }
        }

        return isWhole;

        void AppendOf(string owner, NetlinkMessage message, Func<int, bool> counts)
        {
            if (TextOf(message, NftAttribute.Table) == owner)
            {
                Append(frame, message, counts);
            }
        }
    }

    private static string TextOf(NetlinkMessage message, int type)
    {
        var attributes = message.Attributes;
        while (attributes.Next())
        {
            if (attributes.Type == type)
            {
                return attributes.Text;
            }
        }

        return "";
    }

    private static void Append(MemoryStream to, NetlinkMessage message, Func<int, bool> counts)
    {
        to.WriteByte((byte)message.Type);
        var attributes = message.Attributes;
        while (attributes.Next())
        {
            if (counts(attributes.Type))
            {
                to.WriteByte((byte)attributes.Type);
                to.Write(BitConverter.GetBytes(attributes.Value.Length));
                to.Write(attributes.Value);
            }
        }
    }

    private static void Collect(NetlinkMessage message, byte family, string set, List<FilterElement> to)
    {
        var elements = new NetlinkAttributes(NetlinkAttributes.Find(message.Attributes, NftAttribute.Elements));
        while (elements.Next())
        {
            var (key, data, rest) = ("", "", "");
            var parts = elements.Inside;
            while (parts.Next())
            {
                switch (parts.Type)
                {
                    case NftAttribute.ElementKey:
                        key = Convert.ToHexString(NetlinkAttributes.Find(parts.Inside, NftAttribute.Value));
                        break;
                    case NftAttribute.ElementData:
                        data = Convert.ToHexString(NetlinkAttributes.Find(parts.Inside, NftAttribute.Value));
                        break;
                    case NftAttribute.ElementFlags:
                        // The end of an interval, say; no element of a VM has any.
                        rest += Convert.ToHexString(parts.Value);
                        break;
                    case NftAttribute.ElementKeyEnd:
                        rest += Convert.ToHexString(NetlinkAttributes.Find(parts.Inside, NftAttribute.Value));
                        break;
                }
            }

            to.Add(new(family, set, key, data + rest));
        }
    }

    /// <returns>False when the list changed while it was told.</returns>
    private bool List(ushort type, byte family, string? table, string? inside, Take take)
    {
        var request = new NetlinkWriter();
        request.BeginMessage(type, NetlinkFlags.Request | NetlinkFlags.Dump, ++_sequence, family);
        if (table is not null)
        {
            request.Text(NftAttribute.Table, table);
        }

        if (inside is not null)
        {
            // NFTA_RULE_CHAIN and NFTA_SET_ELEM_LIST_SET have the same number.
            request.Text(NftAttribute.RuleChain, inside);
        }

        request.EndMessage();
        return Ask(request, isList: true, take);
    }

    private bool Ask(NetlinkWriter request, bool isList, Take take)
    {
        _socket.Send(request.Written);
        var isWhole = true;
        while (true)
        {
            ReadOnlySpan<byte> received = _buffer.AsSpan(0, _socket.Receive(_buffer));
            while (NetlinkMessage.TryTake(ref received, out var message))
            {
                if (message.Sequence != _sequence)
                {
                    continue;
                }

                isWhole &= (message.Flags & NetlinkFlags.Interrupted) == 0;
                switch (message.Type)
                {
                    case NetlinkType.Error or NetlinkType.Done when message.Error != 0 && !(isList && -message.Error == NoSuchThing):
                        throw new Win32Exception(-message.Error);
                    case NetlinkType.Error or NetlinkType.Done:
                        return isWhole;
                    default:
                        take(message);
                        if (!isList)
                        {
                            return isWhole;
                        }

                        break;
                }
            }
        }
    }
}
