namespace DeCloud.Libvirt.Host;

/// <summary>The machine as libvirt sees it.</summary>
/// <param name="CpuModel">The architecture, such as <c>x86_64</c>.</param>
/// <param name="MemoryKiB">Memory in KiB.</param>
/// <param name="Cpus">Active processors.</param>
/// <param name="MHz">Their frequency; 0 when it is not known.</param>
/// <param name="NumaNodes">NUMA nodes; 1 when the topology is unusual or even.</param>
/// <param name="SocketsPerNode">Sockets in each node.</param>
/// <param name="CoresPerSocket">Cores in each socket.</param>
/// <param name="ThreadsPerCore">Threads in each core.</param>
public sealed record NodeInfo(
    string CpuModel, ulong MemoryKiB, int Cpus, int MHz, int NumaNodes, int SocketsPerNode, int CoresPerSocket, int ThreadsPerCore);
