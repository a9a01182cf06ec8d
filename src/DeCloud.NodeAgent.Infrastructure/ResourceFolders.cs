namespace DeCloud.NodeAgent.Infrastructure;

/// <summary>The folders whose file systems count for VMs.</summary>
/// <param name="Vms">Folder of the VMs' files; absolute.</param>
/// <param name="Images">Folder of the image cache; absolute.</param>
public sealed record ResourceFolders(string Vms, string Images);
