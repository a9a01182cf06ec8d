namespace DeCloud.Libvirt.Networks;

/// <summary>Which network is meant.</summary>
/// <param name="Name">The name.</param>
/// <param name="Uuid">The UUID.</param>
public readonly record struct NetworkRef(string Name, Guid Uuid);
