using System.Collections.Concurrent;
using System.Collections.Immutable;
using DeCloud.NodeAgent.Actors.Overlay;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Infrastructure.WireGuard;

namespace DeCloud.NodeAgent.Tests.Simulation;

/// <summary>A host's network in memory, and the agent's keys on a disk that survives it.</summary>
public sealed class SimulatedOverlay : IOverlayInterface, IOverlayKeys
{
    public const string Mark = "decloud-agent test";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SeenLink> _links = [];
    private readonly Dictionary<PublicKey, SeenPeer> _peers = [];
    private PublicKey? _key;
    private int _port;
    private bool _isDevice;

    /// <summary>Why nothing works; null when it does.</summary>
    public string? Broken { get; set; }

    /// <summary>Everything that was done, by kind.</summary>
    public ConcurrentQueue<OverlayStep> Steps { get; } = new();

    /// <summary>The files of keys, by name.</summary>
    public ConcurrentDictionary<string, string> Files { get; } = new();

    /// <summary>Writing a key fails with this.</summary>
    public FailureException? KeyFault { get; set; }

    public IReadOnlyList<PublicKey> Peers
    {
        get
        {
            lock (_gate)
            {
                return [.. _peers.Keys];
            }
        }
    }

    public PublicKey? Key
    {
        get
        {
            lock (_gate)
            {
                return _key;
            }
        }
    }

    public OverlayParts Parts(OverlaySettings settings) => new(settings, Mark, this, this);

    public SeenLink? Link(string name)
    {
        lock (_gate)
        {
            return _links.GetValueOrDefault(name);
        }
    }

    /// <summary>Somebody else makes an interface.</summary>
    public void Plant(SeenLink link)
    {
        lock (_gate)
        {
            _links[link.Name] = link;
        }
    }

    /// <summary>Somebody removes the interface.</summary>
    public void Remove(string name)
    {
        lock (_gate)
        {
            Clear(name);
        }
    }

    /// <summary>Somebody removes a peer.</summary>
    public void RemovePeer(PublicKey key)
    {
        lock (_gate)
        {
            _peers.Remove(key);
        }
    }

    public Task<OverlaySighting> LookAsync(string interfaceName, string mark, CancellationToken cancellation)
    {
        lock (_gate)
        {
            ThrowIfBroken();
            return Task.FromResult(new OverlaySighting(
                [.. _links.Values.Where(l => l.Name == interfaceName || l.Alias == mark)],
                _isDevice && _links.ContainsKey(interfaceName) ? new(_key, _port, [.. _peers.Values]) : null,
                false));
        }
    }

    public Task ApplyAsync(OverlayStep step, OverlayTarget? target, CancellationToken cancellation)
    {
        lock (_gate)
        {
            ThrowIfBroken();
            Steps.Enqueue(step);
            switch (step)
            {
                case OverlayStep.MakeLink s:
                    _links[s.InterfaceName] = new(s.InterfaceName, "wireguard", null, false, []);
                    _isDevice = true;
                    break;
                case OverlayStep.Mark s:
                    _links[s.InterfaceName] = _links[s.InterfaceName] with { Alias = s.Text };
                    break;
                case OverlayStep.AddAddress s:
                    _links[s.InterfaceName] = _links[s.InterfaceName] with { Addresses = _links[s.InterfaceName].Addresses.Add(s.Address) };
                    break;
                case OverlayStep.RemoveAddress s:
                    _links[s.InterfaceName] = _links[s.InterfaceName] with { Addresses = _links[s.InterfaceName].Addresses.Remove(s.Address) };
                    break;
                case OverlayStep.SetUp s:
                    _links[s.InterfaceName] = _links[s.InterfaceName] with { IsUp = true };
                    break;
                case OverlayStep.RemoveLink s:
                    Clear(s.InterfaceName);
                    break;
                case OverlayStep.Configure s:
                    Configure(s.Change);
                    break;
                default:
                    throw new InvalidOperationException();
            }

            return Task.CompletedTask;
        }
    }

    public Task<PublicKey> MakeAsync(int keyId, CancellationToken cancellation)
    {
        if (KeyFault is { } fault)
        {
            throw fault;
        }

        var key = Curve25519.NewPrivateKey();
        Files[$"private.{keyId}"] = key.Reveal();
        return Task.FromResult(Curve25519.PublicKeyOf(key));
    }

    public Task<PrivateKey> LoadAsync(int keyId, PublicKey expected, CancellationToken cancellation) =>
        PrivateKey.TryParse(Files.GetValueOrDefault($"private.{keyId}"), out var key) && Curve25519.PublicKeyOf(key) == expected
            ? Task.FromResult(key)
            : throw FailureException.Permanent(FailureCodes.WireGuardUnavailable, "The key is missing.");

    public Task<int> KeepAsync(PublicKey peer, int? current, int next, PresharedKey key, CancellationToken cancellation)
    {
        if (KeyFault is { } fault)
        {
            throw fault;
        }

        if (current is { } id && Files.GetValueOrDefault($"{peer}.{id}") == key.Reveal())
        {
            return Task.FromResult(id);
        }

        Files[$"{peer}.{next}"] = key.Reveal();
        return Task.FromResult(next);
    }

    public Task<PresharedKey> LoadAsync(PublicKey peer, int id, CancellationToken cancellation) =>
        PresharedKey.TryParse(Files.GetValueOrDefault($"{peer}.{id}"), out var key)
            ? Task.FromResult(key)
            : throw FailureException.Permanent(FailureCodes.WireGuardUnavailable, "The preshared key is missing.");

    public Task SweepAsync(OverlayState state, CancellationToken cancellation)
    {
        var used = state.Peers.Values.Select(p => $"{p.PublicKey}.{p.PresharedKeyId}").Append($"private.{state.KeyId}").ToHashSet();
        foreach (var name in Files.Keys.Where(n => !used.Contains(n)))
        {
            Files.TryRemove(name, out _);
        }

        return Task.CompletedTask;
    }

    private void ThrowIfBroken()
    {
        if (Broken is { } reason)
        {
            throw FailureException.Transient(FailureCodes.WireGuardUnavailable, reason);
        }
    }

    private void Clear(string name)
    {
        _links.Remove(name);
        _peers.Clear();
        (_key, _port, _isDevice) = (null, 0, false);
    }

    private void Configure(WgChange change)
    {
        _key = change.PrivateKey is null ? _key : Curve25519.PublicKeyOf(change.PrivateKey);
        _port = change.ListenPort ?? _port;
        foreach (var key in change.Remove)
        {
            _peers.Remove(key);
        }

        foreach (var (peer, preshared, setsEndpoint) in change.Set)
        {
            var before = _peers.GetValueOrDefault(peer.PublicKey);
            _peers[peer.PublicKey] = new(
                peer.PublicKey, preshared, setsEndpoint ? peer.Endpoint : before?.Endpoint, peer.AllowedIps, before?.HandshakeAt, before?.ReceivedBytes ?? 0, before?.SentBytes ?? 0, peer.KeepaliveSeconds);
        }
    }
}
