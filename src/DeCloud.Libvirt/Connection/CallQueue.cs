using System.Diagnostics.CodeAnalysis;
using DeCloud.Libvirt.Protocol;

namespace DeCloud.Libvirt.Connection;

/// <summary>
/// Which calls wait and which are at the daemon. Turns are given in the order of arrival. A call that was abandoned
/// after it was sent keeps its place until its reply comes: the daemon is still busy with it, and handing its place
/// on would only move the queue into the socket, where nothing can be taken back. Guarded by its owner's lock.
/// </summary>
/// <param name="maxInFlight">Calls at the daemon at one time.</param>
internal sealed class CallQueue(int maxInFlight)
{
    private readonly LinkedList<PendingCall> _waiting = [];
    private readonly Dictionary<uint, PendingCall> _inFlight = [];
    private uint _lastSerial;

    /// <summary>Calls that were sent, that nobody waits for any more, and that the daemon has not answered.</summary>
    public int Abandoned { get; private set; }

    /// <summary>Puts a call at the end; false when it was given up before.</summary>
    public bool Enqueue(PendingCall call)
    {
        if (call.Phase != CallPhase.New)
        {
            return false;
        }

        call.Phase = CallPhase.Queued;
        call.Place = _waiting.AddLast(call);
        return true;
    }

    /// <summary>Takes the next call to send, when there is one and the daemon has room.</summary>
    public bool TryTakeNext([NotNullWhen(true)] out PendingCall? call)
    {
        call = null;
        if (_inFlight.Count >= maxInFlight || _waiting.First is not { } first)
        {
            return false;
        }

        call = first.Value;
        _waiting.Remove(first);
        call.Phase = CallPhase.Sent;
        call.Serial = NextSerial();
        _inFlight.Add(call.Serial, call);
        return true;
    }

    /// <summary>Gives a call up. The phase it was in tells what that means; <see cref="CallPhase.Done"/> when it was over already.</summary>
    public CallPhase Abandon(PendingCall call)
    {
        var phase = call.Phase;
        switch (phase)
        {
            case CallPhase.Queued:
                _waiting.Remove(call.Place!);
                call.Phase = CallPhase.Done;
                return phase;
            case CallPhase.New:
                call.Phase = CallPhase.Done;
                return phase;
            case CallPhase.Sent:
                call.Phase = CallPhase.Abandoned;
                Abandoned++;
                return phase;
            default:
                return CallPhase.Done;
        }
    }

    /// <summary>Takes the call that a reply belongs to; null when nobody waits for it any more.</summary>
    /// <exception cref="LibvirtProtocolException">No such call was sent.</exception>
    public PendingCall? TakeAnswered(MessageHeader header)
    {
        if (!_inFlight.Remove(header.Serial, out var call))
        {
            throw new LibvirtProtocolException($"a reply has the serial {header.Serial}, which no call has");
        }

        if (call.Procedure != header.Procedure)
        {
            _inFlight.Add(header.Serial, call);
            throw new LibvirtProtocolException($"the reply to {call.Procedure} says that it answers {header.Procedure}");
        }

        var wanted = call.Phase == CallPhase.Sent;
        if (!wanted)
        {
            Abandoned--;
        }

        call.Phase = CallPhase.Done;
        return wanted ? call : null;
    }

    /// <summary>Takes every call that somebody still waits for, with whether it was sent.</summary>
    public List<(PendingCall Call, bool WasSent)> TakeAll()
    {
        var all = new List<(PendingCall, bool)>();
        foreach (var call in _inFlight.Values)
        {
            if (call.Phase == CallPhase.Sent)
            {
                all.Add((call, true));
            }

            call.Phase = CallPhase.Done;
        }

        foreach (var call in _waiting)
        {
            call.Phase = CallPhase.Done;
            all.Add((call, false));
        }

        _inFlight.Clear();
        _waiting.Clear();
        Abandoned = 0;
        return all;
    }

    private uint NextSerial()
    {
        // 0 belongs to notifications, and after 2^32 calls an old one may still be under way.
        do
        {
            _lastSerial++;
        }
        while (_lastSerial == 0 || _inFlight.ContainsKey(_lastSerial));
        return _lastSerial;
    }
}
