namespace DeCloud.NodeAgent.Core.Node;

/// <summary>Why something could not be done, in a form that can be stored, sent and shown.</summary>
/// <param name="Code">A stable word in kebab case, the same in the journal, the API's problem types and the logs; see <see cref="FailureCodes"/>.</param>
/// <param name="Message">The cause and the remedy in a sentence. Never holds a secret.</param>
/// <param name="IsPermanent">True when trying again without a change would fail again.</param>
public sealed record Failure(string Code, string Message, bool IsPermanent);

/// <summary>Thrown by the ports: the effect failed for a cause that is known and can be told.</summary>
public sealed class FailureException : Exception
{
    /// <summary>Makes the exception that carries a failure.</summary>
    /// <param name="failure">What to tell.</param>
    /// <param name="cause">What was caught, if anything.</param>
    public FailureException(Failure failure, Exception? cause = null)
        : base(failure.Message, cause) => Failure = failure;

    /// <summary>What to tell.</summary>
    public Failure Failure { get; }

    /// <summary>A failure that a later try may not meet again.</summary>
    /// <param name="code">A word of <see cref="FailureCodes"/>.</param>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="cause">What was caught, if anything.</param>
    public static FailureException Transient(string code, string message, Exception? cause = null) => new(new(code, message, false), cause);

    /// <summary>A failure that every later try would meet again.</summary>
    /// <param name="code">A word of <see cref="FailureCodes"/>.</param>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="cause">What was caught, if anything.</param>
    public static FailureException Permanent(string code, string message, Exception? cause = null) => new(new(code, message, true), cause);
}

/// <summary>The stable words for causes. A word is never reused for another meaning.</summary>
public static class FailureCodes
{
    /// <summary>libvirt can't be reached.</summary>
    public const string HypervisorUnavailable = "hypervisor-unavailable";

    /// <summary>libvirt answered with an error.</summary>
    public const string HypervisorError = "hypervisor-error";

    /// <summary>A call did not come back by its deadline.</summary>
    public const string Timeout = "timeout";

    /// <summary>The host has no usable KVM and emulation is not allowed.</summary>
    public const string NoAcceleration = "no-acceleration";

    /// <summary>A domain with this identity exists and is not the agent's.</summary>
    public const string ForeignDomain = "foreign-domain";

    /// <summary>The image's server could not be reached, broke off or stalled.</summary>
    public const string ImageUnreachable = "image-unreachable";

    /// <summary>The image's server answered with a status that a later try will not change.</summary>
    public const string ImageNotFound = "image-not-found";

    /// <summary>The URL may not be used for images.</summary>
    public const string ImageUrlRefused = "image-url-refused";

    /// <summary>The image does not hash to what was promised.</summary>
    public const string ImageHashMismatch = "image-hash-mismatch";

    /// <summary>The image is not of an accepted form.</summary>
    public const string ImageRefused = "image-refused";

    /// <summary>The image is larger than allowed or than the VM's disk.</summary>
    public const string ImageTooLarge = "image-too-large";

    /// <summary>The image is not in the cache (any more).</summary>
    public const string ImageMissing = "image-missing";

    /// <summary>VMs stand on the image.</summary>
    public const string ImageInUse = "image-in-use";

    /// <summary>There is not enough free space on a file system.</summary>
    public const string DiskFull = "disk-full";

    /// <summary>A file or program of the host failed.</summary>
    public const string HostError = "host-error";

    /// <summary>The guest went down when it should have come up.</summary>
    public const string GuestDown = "guest-down";

    /// <summary>The VM went down by itself.</summary>
    public const string VmCrashed = "vm-crashed";

    /// <summary>The VM is not in a state that allows the request.</summary>
    public const string VmNotRunning = "vm-not-running";

    /// <summary>Somebody else has the VM's serial console open.</summary>
    public const string ConsoleBusy = "console-busy";

    /// <summary>The VM was deleted or is being deleted.</summary>
    public const string VmDeleted = "vm-deleted";

    /// <summary>There is no such VM.</summary>
    public const string VmNotFound = "vm-not-found";

    /// <summary>The node has too little left of something.</summary>
    public const string CapacityExhausted = "capacity-exhausted";

    /// <summary>What the node has is not known yet.</summary>
    public const string CapacityUnknown = "capacity-unknown";

    /// <summary>The node has no such GPU, or none that a VM can be given.</summary>
    public const string GpuUnknown = "gpu-unknown";

    /// <summary>The VM's id is taken.</summary>
    public const string VmExists = "vm-exists";

    /// <summary>The idempotency key was used for another request.</summary>
    public const string IdempotencyConflict = "idempotency-conflict";

    /// <summary>There is no such operation.</summary>
    public const string OperationNotFound = "operation-not-found";

    /// <summary>The operation has ended, or has come to where breaking it off would do harm.</summary>
    public const string OperationNotCancellable = "operation-not-cancellable";

    /// <summary>There is no such warning.</summary>
    public const string WarningNotFound = "warning-not-found";

    /// <summary>There is no such actor.</summary>
    public const string ActorNotFound = "actor-not-found";

    /// <summary>The actor is none that may be started again by hand.</summary>
    public const string ActorNotRestartable = "actor-not-restartable";

    /// <summary>The actor has something in flight that a restart would break off.</summary>
    public const string ActorBusy = "actor-busy";

    /// <summary>The part of the agent that should answer is starting again.</summary>
    public const string Restarting = "restarting";

    /// <summary>The journal did not confirm that the request is stored. The same request under the same key is carried out once.</summary>
    public const string JournalUnavailable = "journal-unavailable";

    /// <summary>The node takes part in no overlay.</summary>
    public const string WireGuardOff = "wireguard-off";

    /// <summary>WireGuard can't be used on this host as it is.</summary>
    public const string WireGuardUnavailable = "wireguard-unavailable";

    /// <summary>The node attaches no VMs to an overlay.</summary>
    public const string OverlayNotOffered = "overlay-not-offered";

    /// <summary>The VM is not started because its way into the overlay is not there, or not guarded.</summary>
    public const string OverlayNotReady = "overlay-not-ready";

    /// <summary>The peer would speak for what is another's.</summary>
    public const string PeerConflict = "peer-conflict";

    /// <summary>No orchestrator is configured.</summary>
    public const string NoOrchestrator = "no-orchestrator";

    /// <summary>Nothing shows that a pushed command is the orchestrator's.</summary>
    public const string CommandNotProven = "command-not-proven";

    /// <summary>Commands are pushed too often.</summary>
    public const string TooManyPushes = "too-many-pushes";

    /// <summary>What was pushed is no command.</summary>
    public const string NoCommand = "no-command";

    /// <summary>What was asked about a host port can't be: a number, protocol or label is out of bounds.</summary>
    public const string PortRefused = "port-refused";

    /// <summary>The port is in use.</summary>
    public const string PortTaken = "port-taken";

    /// <summary>No port is left to give.</summary>
    public const string PortsExhausted = "ports-exhausted";

    /// <summary>There is no such forwarded port.</summary>
    public const string PortNotFound = "port-not-found";

    /// <summary>The host's packet filter can't be used, so ports can't be forwarded.</summary>
    public const string PacketFilterUnavailable = "packet-filter-unavailable";

    /// <summary>The VM is not started because its network is not shut off from the provider's yet.</summary>
    public const string NetworkNotIsolated = "network-not-isolated";

    /// <summary>This host runs no VMs, whatever is asked.</summary>
    public const string VmsUnsupported = "vms-unsupported";
}
