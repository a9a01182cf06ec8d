using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Overlay;

/// <summary>
/// Leads VMs into the overlay: makes the bridge, the way to the tunnel and the rules what they shall be, when a VM comes or goes, when a peer does, and every ten seconds in case somebody took
/// something away. Which VM has which address is in their specs, so that this remembers nothing. Until it knows both the VMs and the peers it leaves everything as an earlier life left it.
/// </summary>
internal sealed class BridgeActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan PassEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PassDeadline = TimeSpan.FromSeconds(30);

    private readonly IOverlayBridge _bridge;
    private readonly string _mark;
    private readonly OverlayBoard _board;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stop = new();
    private VmRoster? _roster;
    private ImmutableArray<IPAddress>? _nodes;
    private VmBridge? _wanted;
    private VmBridge? _made;
    private string? _refusal;
    private bool _isPassing;
    private int _failures;

    public BridgeActor(IOverlayBridge bridge, string mark, OverlayBoard board)
    {
        _bridge = bridge;
        _mark = mark;
        _board = board;

        Receive<VmRegistry.RosterKnown>(known =>
        {
            _roster = known.Roster;
            Follow();
        });
        Receive<NodesKnown>(known =>
        {
            _nodes = known.Addresses;
            Follow();
        });
        Receive<Pass>(_ => StartPass());
        Receive<Passed>(EndPass);
        Receive<Removed>(EndRemoval);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private OverlaySettings Settings => _board.Settings;

    protected override void PreStart()
    {
        Publish();
        if (Settings.VmSubnet is null)
        {
            Run(stop => _bridge.RemoveAsync(_mark, stop), () => new Removed(null), cause => new Removed(cause));
        }
    }

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>Follows what is wanted now, when that changed.</summary>
    private void Follow()
    {
        if (_roster is not { } roster || _nodes is not { } nodes || Settings is not { Address: { } own, VmSubnet: { } subnet })
        {
            return;
        }

        var guests =
            from vm in roster.Vms
            where IPAddress.TryParse(vm.Value.Spec.OverlayAddress, out _)
            let address = IPAddress.Parse(vm.Value.Spec.OverlayAddress!)
            where subnet.Gives(address)
            orderby vm.Key
            select new BridgeGuest(vm.Key, address);
        var wanted = new VmBridge(Settings.VmBridge, _mark, Settings.InterfaceName, own.Network, subnet, [.. guests], nodes);
        var isNews = !wanted.Equals(_wanted);
        _wanted = wanted;
        Publish();
        if (isNews)
        {
            StartPass();
        }
    }

    private void StartPass()
    {
        if (_isPassing || _wanted is not { } target)
        {
            return;
        }

        _isPassing = true;
        Run(stop => BridgePass.RunAsync(_bridge, target, stop), result => new Passed(target, result), cause => new Passed(target, new(cause.Message, 0)));
    }

    private void EndPass(Passed passed)
    {
        _isPassing = false;
        var (target, result) = passed;
        if (result.Refusal is { } refusal)
        {
            _failures++;
            if (refusal != _refusal)
            {
                _log.Warning("VMs can't be led into the overlay: {0}", refusal);
            }

            _refusal = refusal;
            _made = null;
            var pause = FirstPause * Math.Pow(2, Math.Min(_failures, 10) - 1);
            Timers.StartSingleTimer(nameof(Pass), Pass.Instance, pause < PassEvery ? pause : PassEvery);
        }
        else
        {
            if (_made is null || result.Changes > 0)
            {
                _log.Info("The bridge {0} leads {1} VMs into the overlay, {2} steps were taken for it", target.Bridge, target.Guests.Length, result.Changes);
            }

            _failures = 0;
            _refusal = null;
            _made = target;
            Timers.StartSingleTimer(nameof(Pass), Pass.Instance, PassEvery);
        }

        Publish();
        if (!target.Equals(_wanted))
        {
            StartPass();
        }
    }

    private void EndRemoval(Removed removed)
    {
        if (removed.Cause is { } cause)
        {
            _log.Warning("What led VMs into the overlay could not be removed: {0}", cause.Message);
        }
    }

    private void Publish() => _board.Publish(
        _made is not null ? new("on", null, true)
        : Settings.VmSubnet is null ? new("off", new(FailureCodes.OverlayNotOffered, "WireGuard:VmSubnet is not set (any more). Set it again and start the agent.", true), false)
        : new("failed", _refusal is null ? null : new(FailureCodes.OverlayNotReady, _refusal, false), false),
        Settings.VmSubnet is { } subnet ? View(subnet) : null);

    private WireGuardVmsResource View(VmSubnet subnet)
    {
        var attached = (_roster ?? new()).Vms.Where(v => v.Value.Spec.OverlayAddress is not null).OrderBy(v => v.Key).ToList();
        var given = attached.Select(v => IPAddress.TryParse(v.Value.Spec.OverlayAddress, out var address) && subnet.Gives(address)).ToList();
        return new()
        {
            State = _made is not null ? "up" : _refusal is not null ? "unavailable" : "starting",
            Reason = _made is null ? _refusal : null,
            Subnet = subnet.Network.ToString(),
            Gateway = subnet.Gateway.ToString(),
            Bridge = Settings.VmBridge,
            FreeAddresses = subnet.Count - given.Count(g => g),
            Attached = [.. attached.Zip(given, (v, isGiven) => new AttachedVmResource(
                v.Key.Value,
                v.Value.Spec.Name,
                v.Value.Spec.OverlayAddress!,
                isGiven ? null : $"It is cut off: its address is not in WireGuard:VmSubnet, which is {subnet.Network} now. Delete the VM and create it anew, or set the subnet back."))],
        };
    }

    private void Run<T>(Func<CancellationToken, Task<T>> work, Func<T, object> success, Func<Exception, object> failure) => Task.Run(async () =>
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        deadline.CancelAfter(PassDeadline);
        return await work(deadline.Token).ConfigureAwait(false);
    }).PipeTo(Self, success: success, failure: failure);

    private void Run(Func<CancellationToken, Task> work, Func<object> success, Func<Exception, object> failure) => Run(
        async stop =>
        {
            await work(stop).ConfigureAwait(false);
            return true;
        },
        _ => success(),
        failure);

    /// <summary>The addresses of nodes of the overlay; told by the overlay's actor at the start and whenever a peer changes.</summary>
    internal sealed record NodesKnown(ImmutableArray<IPAddress> Addresses);

    private sealed record Pass
    {
        public static readonly Pass Instance = new();
    }

    private sealed record Passed(VmBridge Target, BridgePassResult Result);

    private sealed record Removed(Exception? Cause);
}
