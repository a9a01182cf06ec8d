using System.Text.Json;

namespace DeCloud.NodeAgent.Contracts.Remote;

/// <summary>
/// Node to orchestrator: something happened. Events come from the node's journal in its order; between two of them places may be missing, which other things took. After an interruption they
/// begin again after the last acknowledged place, so an event may come twice and never not at all.
/// </summary>
/// <param name="Session">The session.</param>
/// <param name="Number">Number of the event within the session, from 1, without gaps: one that is missing was lost on the way, and the orchestrator attaches again.</param>
/// <param name="Place">Its place in the node's journal; grows.</param>
/// <param name="Subject">What it is about, for example <c>/api/vms/{id}</c>.</param>
/// <param name="At">When it happened, by the node's clock.</param>
/// <param name="Type">What happened, a stable word such as <c>step-completed</c>.</param>
/// <param name="By">Who caused it, where somebody did.</param>
/// <param name="Summary">A sentence for people.</param>
/// <param name="Data">The event itself; null when it is too long for a frame, and <paramref name="IsShortened"/> says so.</param>
/// <param name="IsShortened">Whether the data was left out. The VM's history at the node's REST API has it.</param>
/// <param name="Ended">For the end of an operation: what became of it.</param>
public sealed record VmEvent(
    Guid Session = default,
    long Number = 0,
    long Place = 0,
    string Subject = "",
    DateTimeOffset At = default,
    string Type = "",
    string? By = null,
    string Summary = "",
    JsonElement? Data = null,
    bool IsShortened = false,
    OperationEnd? Ended = null) : IRemoteMessage;

/// <summary>What became of an operation.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="CommandId">The command it was accepted under; null when it was asked for in another way than by a command of this protocol.</param>
/// <param name="Kind">What was asked: <c>create</c>, <c>start</c>, …</param>
/// <param name="Status"><c>succeeded</c>, <c>failed</c> or <c>superseded</c>.</param>
/// <param name="Code">A stable word for the cause, when it failed.</param>
/// <param name="Message">The cause in a sentence.</param>
public sealed record OperationEnd(string OperationId = "", string? CommandId = null, string Kind = "", string Status = "", string? Code = null, string? Message = null);

/// <summary>Node to orchestrator: I am there. Not repeated when it is lost; the next one tells the same, later.</summary>
/// <param name="Session">The session.</param>
/// <param name="Number">Number of the heartbeat within the session, from 1.</param>
/// <param name="At">The node's clock.</param>
/// <param name="LastNumber">The <see cref="VmEvent.Number"/> of the last event that was sent; one that did not arrive was lost.</param>
/// <param name="Vms">How many VMs are in which state.</param>
/// <param name="Capacity">What the node has, and how much of it its VMs were promised.</param>
/// <param name="IsReady">Whether commands can be carried out: libvirt answers and every VM was compared with it.</param>
/// <param name="NotReadyBecause">Why not.</param>
/// <param name="IsDraining">Whether the node takes no new VMs.</param>
public sealed record Heartbeat(
    Guid Session = default,
    long Number = 0,
    DateTimeOffset At = default,
    long LastNumber = 0,
    IReadOnlyDictionary<string, int>? Vms = null,
    NodeCapacity? Capacity = null,
    bool IsReady = false,
    string? NotReadyBecause = null,
    bool IsDraining = false) : IRemoteMessage;

/// <summary>What a node has for VMs, and how much of it is promised: the figures by which it lets VMs in, those of <c>GET /api/node/capacity</c>.</summary>
/// <param name="Threads">Hardware threads, less those that are kept for the host.</param>
/// <param name="MemoryBytes">Memory that is offered.</param>
/// <param name="DiskFreeBytes">What is left for further VMs on the file system of their disks.</param>
/// <param name="PromisedVCpus">Virtual CPUs of all VMs.</param>
/// <param name="PromisedMemoryBytes">Memory of all VMs, QEMU's own included.</param>
/// <param name="PromisedDiskBytes">Disks of all VMs at their full size, with their logs and tables.</param>
public sealed record NodeCapacity(int Threads = 0, long MemoryBytes = 0, long DiskFreeBytes = 0, int PromisedVCpus = 0, long PromisedMemoryBytes = 0, long PromisedDiskBytes = 0);

/// <summary>Node to orchestrator: one page of the answer to <see cref="Report"/>. Long answers are split so that each page fits a frame.</summary>
/// <param name="Session">The session.</param>
/// <param name="CommandId">The command.</param>
/// <param name="Page">Which page this is, from 1.</param>
/// <param name="Pages">How many there are.</param>
/// <param name="At">The node's clock.</param>
/// <param name="Capacity">What the node has.</param>
/// <param name="Vms">VMs of this page, ordered by id over all pages.</param>
public sealed record NodeReport(
    Guid Session = default,
    string CommandId = "",
    int Page = 0,
    int Pages = 0,
    DateTimeOffset At = default,
    NodeCapacity? Capacity = null,
    IReadOnlyList<VmReport>? Vms = null) : IRemoteMessage;

/// <summary>A VM in a report.</summary>
/// <param name="Id">The VM.</param>
/// <param name="Name">Its name.</param>
/// <param name="Wanted">What was asked for: <c>running</c>, <c>paused</c>, <c>stopped</c> or <c>deleted</c>.</param>
/// <param name="By">Who asked.</param>
/// <param name="State">What libvirt says: <c>running</c>, <c>paused</c>, <c>stopped</c>, <c>absent</c> or <c>unknown</c>.</param>
/// <param name="Reason">Why it is so.</param>
/// <param name="VCpus">Virtual CPUs.</param>
/// <param name="MemoryBytes">Memory.</param>
/// <param name="DiskBytes">Size of the disk.</param>
/// <param name="Addresses">Addresses of the guest.</param>
/// <param name="Failure">Why it is not what was asked for, where that is known.</param>
/// <param name="Version">Number of the last event in its history.</param>
public sealed record VmReport(
    Guid Id = default,
    string Name = "",
    string Wanted = "",
    string By = "",
    string State = "",
    string Reason = "",
    int VCpus = 0,
    long MemoryBytes = 0,
    long DiskBytes = 0,
    IReadOnlyList<string>? Addresses = null,
    string? Failure = null,
    long Version = 0);
