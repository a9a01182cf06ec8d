namespace DeCloud.Libvirt.Domains;

/// <summary>
/// Which domain is meant. The UUID decides: a name can be changed, and an id lives only as long as one run.
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Uuid">The UUID.</param>
/// <param name="Id">The id of the present run; -1 when the domain is not running.</param>
public readonly record struct DomainRef(string Name, Guid Uuid, int Id)
{
    /// <summary>The id of a domain that is not running.</summary>
    public const int NotRunning = -1;

    /// <summary>A reference for a domain whose UUID is known. The daemon looks domains up by UUID alone.</summary>
    /// <param name="uuid">The UUID.</param>
    /// <param name="name">The name, where it is known.</param>
    public static DomainRef Of(Guid uuid, string name = "") => new(name, uuid, NotRunning);

    /// <summary>Whether the domain was running when this reference was made.</summary>
    public bool WasRunning => Id != NotRunning;
}
