namespace DeCloud.Libvirt;

/// <summary>Why a connection ended.</summary>
/// <param name="Kind">The kind of end, for decisions.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="Exception">What caused it, where something was thrown.</param>
public sealed record LibvirtCloseReason(LibvirtCloseKind Kind, string Message, Exception? Exception = null);
