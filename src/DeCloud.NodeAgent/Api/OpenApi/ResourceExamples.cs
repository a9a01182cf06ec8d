using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Api.OpenApi;

/// <summary>An example of a machine.</summary>
internal static class ResourceExamples
{
    private const long GiB = 1L << 30;
    private static readonly DateTimeOffset Time = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    /// <summary>What it is made of.</summary>
    public static NodeResources Inventory { get; } = new()
    {
        ReadAt = Time,
        Host = new()
        {
            Hostname = "node-a1",
            OperatingSystem = "Debian GNU/Linux 12 (bookworm)",
            KernelVersion = "6.1.0-28-amd64",
            Architecture = "x86_64",
            Vendor = "Supermicro",
            Product = "AS -2024US-TRT",
            Confinement = "none",
            BootedAt = Time.AddDays(-30),
        },
        Cpu = new()
        {
            Model = "AMD EPYC 7313 16-Core Processor",
            Vendor = "AuthenticAMD",
            Sockets = 2,
            Cores = 32,
            Threads = 64,
            MaxFrequencyMegahertz = 3729.492,
            MinFrequencyMegahertz = 1500,
            Flags = ["aes", "avx2", "svm"],
            Virtualization = new("svm", true, true),
            Iommu = new(true, "amd-vi", 64),
            NumaNodes = [new(0, 32, "0-15,32-47"), new(1, 32, "16-31,48-63")],
        },
        Memory = new()
        {
            TotalBytes = 252 * GiB,
            AvailableBytes = 238 * GiB,
            SwapTotalBytes = 0,
            HugePages = [new(GiB, 32, 28, 0)],
            NumaNodes = [new(0, 126 * GiB, 119 * GiB, []), new(1, 126 * GiB, 119 * GiB, [])],
        },
        Storage = new(
            [new() { Name = "nvme0n1", Kind = "nvme", Model = "SAMSUNG MZQL21T9HCJR-00A07", SizeBytes = 1920383410176, IsRotational = false, IsRemovable = false, IsReadOnly = false, LogicalBlockBytes = 512 }],
            [
                new()
                {
                    MountPoint = "/",
                    Type = "ext4",
                    Source = "/dev/nvme0n1p2",
                    Devices = ["nvme0n1"],
                    IsReadOnly = false,
                    TotalBytes = 1888 * GiB,
                    AvailableBytes = 1500 * GiB,
                    InodesTotal = 117000000,
                    InodesAvailable = 116500000,
                    HoldsVms = true,
                    HoldsImages = true,
                },
            ]),
        Network = new(
            [new() { Name = "enp65s0f0", Kind = "ethernet", IsPhysical = true, State = "up", MacAddress = "b4:96:91:aa:00:10", MtuBytes = 1500, SpeedMegabits = 25000, Driver = "mlx5_core", Addresses = ["203.0.113.20/24"] }],
            [new("ipv4", "enp65s0f0", "203.0.113.1", 0)]),
        Gpus = new(
            [
                new()
                {
                    Address = "0000:81:00.0",
                    Class = "3d",
                    VendorId = "10de",
                    DeviceId = "2236",
                    Vendor = "NVIDIA Corporation",
                    Model = "GA102GL [A10]",
                    Driver = "vfio-pci",
                    IsBootDisplay = false,
                    NumaNode = 1,
                    IommuGroup = new(48, true, [new("0000:81:00.0", "030200", false, "vfio-pci")]),
                    IsAssignable = true,
                },
            ],
            null),
        Gaps = [],
    };

    /// <summary>What it is doing.</summary>
    public static NodeSnapshot Snapshot { get; } = new()
    {
        At = Time,
        IntervalSeconds = 1.001,
        Cpu = new(34.5, 3.1, 0, 2.2, 64.9, 0.6, 0, 0.2, 0, 29),
        Load = new(21.4, 20.9, 18.2),
        Memory = new(252 * GiB, 98 * GiB, 40 * GiB, 55 * GiB, 0, 0),
        Disks = [new("nvme0n1", 1048576, 4194304, 64, 256, 3.5)],
        FileSystems = [new("/", 1888 * GiB, 1500 * GiB, 117000000, 116500000)],
        Interfaces = [new("enp65s0f0", 1250000, 2500000, 900, 1800, 0, 0)],
        Pressure = new(new(0.12, 0.08, 0.05, 0, 0, 0), new(0, 0, 0, 0, 0, 0), new(0.3, 0.2, 0.1, 0.2, 0.1, 0.1)),
        Vms = new([new(Guid.Parse("4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1"), 2.9, 1.86, 2 * GiB, 0, 65536, 120000, 240000)], null),
    };
}
