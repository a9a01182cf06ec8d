using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Streams;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Connection;

/// <summary>Calls on a session with one deadline.</summary>
/// <param name="Session">The session.</param>
/// <param name="Deadline">How long each call may take; null for the connection's default.</param>
internal readonly record struct RpcCaller(RpcSession Session, TimeSpan? Deadline)
{
    /// <summary>The same session with another deadline.</summary>
    /// <param name="deadline">Positive.</param>
    public RpcCaller Within(TimeSpan deadline)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(deadline, TimeSpan.Zero);
        return this with { Deadline = deadline };
    }

    /// <summary>A call with arguments and a result.</summary>
    public Task<T> CallAsync<TArguments, T>(
        Procedure procedure, TArguments arguments, XdrEncode<TArguments> encode, XdrDecode<T> decode, CancellationToken cancellationToken) =>
        Session.CallAsync(procedure, arguments, encode, decode, Deadline, cancellationToken);

    /// <summary>A call with arguments and no result.</summary>
    public Task CallAsync<TArguments>(
        Procedure procedure, TArguments arguments, XdrEncode<TArguments> encode, CancellationToken cancellationToken) =>
        Session.CallAsync(procedure, arguments, encode, static (ref XdrReader _) => true, Deadline, cancellationToken);

    /// <summary>A call that opens a stream.</summary>
    /// <param name="procedure">What to call.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="encode">Writes them.</param>
    /// <param name="capacity">Bytes of the stream that may wait to be read.</param>
    /// <param name="cancellationToken">Gives up; a stream that is opened nonetheless is closed by itself.</param>
    public Task<LibvirtStream> OpenStreamAsync<TArguments>(
        Procedure procedure, TArguments arguments, XdrEncode<TArguments> encode, int capacity, CancellationToken cancellationToken) =>
        Session.OpenStreamAsync(procedure, arguments, encode, capacity, Deadline, cancellationToken);

    /// <summary>A call without arguments.</summary>
    public Task<T> CallAsync<T>(Procedure procedure, XdrDecode<T> decode, CancellationToken cancellationToken) =>
        Session.CallAsync(procedure, 0, static (_, _) => { }, decode, Deadline, cancellationToken);
}
