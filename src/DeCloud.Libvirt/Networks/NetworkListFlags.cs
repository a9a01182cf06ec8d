namespace DeCloud.Libvirt.Networks;

/// <summary>Which networks to list (<c>virConnectListAllNetworksFlags</c>).</summary>
[Flags]
public enum NetworkListFlags : uint
{
    /// <summary>All.</summary>
    All = 0,

    /// <summary>Not started.</summary>
    Inactive = 1 << 0,

    /// <summary>Started.</summary>
    Active = 1 << 1,
}
