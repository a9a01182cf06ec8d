using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Api.Consoles;

/// <summary>Who is at the VMs' consoles: bounds their number, a VM and in all, and lets one be sent away.</summary>
internal sealed class ConsoleSessions
{
    /// <summary>How many there may be at once.</summary>
    public const int MostInAll = 32;

    private const int MostPerVm = 4;
    private readonly Lock _gate = new();
    private readonly List<Place> _places = [];

    /// <summary>Takes a place, which is given back when it is disposed of; null when there is none.</summary>
    public Place? Enter(VmId vm, ConsoleKind kind)
    {
        lock (_gate)
        {
            if (_places.Count >= MostInAll || _places.Count(p => p.Vm == vm) >= MostPerVm)
            {
                return null;
            }

            var place = new Place(this, vm, kind);
            _places.Add(place);
            return place;
        }
    }

    /// <summary>Whether somebody is at a VM's serial console.</summary>
    public bool HasSerial(VmId vm)
    {
        lock (_gate)
        {
            return _places.Exists(p => p.Vm == vm && p.Kind == ConsoleKind.Serial);
        }
    }

    /// <summary>Sends whoever is at a VM's serial console away.</summary>
    /// <param name="successor">Who stays.</param>
    public void TakeOver(Place successor)
    {
        List<Place> former;
        lock (_gate)
        {
            former = [.. _places.Where(p => p != successor && p.Vm == successor.Vm && p.Kind == ConsoleKind.Serial)];
        }

        former.ForEach(p => p.Send(ConsoleEnd.TakenOver));
    }

    /// <summary>A place at a VM's console.</summary>
    internal sealed class Place(ConsoleSessions sessions, VmId vm, ConsoleKind kind) : IDisposable
    {
        private readonly TaskCompletionSource<ConsoleEnd> _sentAway = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The VM.</summary>
        public VmId Vm => vm;

        /// <summary>What of it.</summary>
        public ConsoleKind Kind => kind;

        /// <summary>Ends when whoever has the place must go, with why.</summary>
        public Task<ConsoleEnd> SentAway => _sentAway.Task;

        /// <summary>Sends whoever has the place away.</summary>
        public void Send(ConsoleEnd why) => _sentAway.TrySetResult(why);

        /// <inheritdoc/>
        public void Dispose()
        {
            lock (sessions._gate)
            {
                sessions._places.Remove(this);
            }
        }
    }
}
