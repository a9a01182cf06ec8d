using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>A socket to the kernel's netfilter (netlink(7)). A request is carried out while it is sent, so the answers are there when that returns.</summary>
internal sealed partial class NetlinkSocket : IDisposable
{
    private const int AddressFamilyNetlink = 16, Raw = 3, CloseOnExec = 0x80000, NetfilterProtocol = 12;
    private const int NetlinkLevel = 270, AddMembership = 1;
    private const int SocketLevel = 1, ReceiveTimeout = 20;
    private const int TablesGroup = 7;
    private readonly SafeSocketHandle _handle;

    private NetlinkSocket(SafeSocketHandle handle) => _handle = handle;

    /// <summary>A socket for requests.</summary>
    /// <exception cref="Win32Exception">The kernel has no netfilter, or does not let this process.</exception>
    public static NetlinkSocket Open()
    {
        var handle = OpenHandle();
        try
        {
            // struct timeval. The kernel answers at once; what does not come is a fault, and shall not hold a thread for ever.
            long[] twoSeconds = [2, 0];
            Check(SetTimeout(handle, SocketLevel, ReceiveTimeout, twoSeconds, 2 * sizeof(long)));
            return new(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>A socket that hears of every change of the ruleset (NFNLGRP_NFTABLES).</summary>
    /// <exception cref="Win32Exception">The kernel has no netfilter, or does not let this process.</exception>
    public static Socket OpenWatch()
    {
        var handle = OpenHandle();
        try
        {
            var group = TablesGroup;
            Check(SetOption(handle, NetlinkLevel, AddMembership, group, sizeof(int)));
            return new(handle) { Blocking = false };
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Sends requests.</summary>
    /// <exception cref="Win32Exception">They were not taken.</exception>
    public void Send(ReadOnlySpan<byte> messages)
    {
        if (Send(_handle, messages, (nuint)messages.Length, 0) != messages.Length)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Receives one datagram of answers.</summary>
    /// <param name="buffer">At least 32 KiB, the most the kernel puts into one.</param>
    /// <exception cref="Win32Exception">Nothing came.</exception>
    public int Receive(Span<byte> buffer)
    {
        var received = Receive(_handle, buffer, (nuint)buffer.Length, 0);
        return received >= 0 ? (int)received : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static SafeSocketHandle OpenHandle()
    {
        var fd = OpenSocket(AddressFamilyNetlink, Raw | CloseOnExec, NetfilterProtocol);
        Check(fd);
        var handle = new SafeSocketHandle(fd, ownsHandle: true);
        try
        {
            // struct sockaddr_nl with nothing but the family: the kernel gives the number.
            Check(Bind(handle, [AddressFamilyNetlink, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 12));
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int OpenSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(SafeSocketHandle socket, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(SafeSocketHandle socket, int level, int name, in int value, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetTimeout(SafeSocketHandle socket, int level, int name, ReadOnlySpan<long> value, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle socket, ReadOnlySpan<byte> bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(SafeSocketHandle socket, Span<byte> bytes, nuint length, int flags);
}
