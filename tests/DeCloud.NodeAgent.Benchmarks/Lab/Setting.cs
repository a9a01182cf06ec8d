namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>Where a benchmark finds what scripts/bench.sh set up.</summary>
/// <param name="Agent">The published agent's program.</param>
/// <param name="Cli">The published decloud program.</param>
/// <param name="Host">The folder of the private libvirt host.</param>
/// <param name="Script">scripts/lab.sh.</param>
/// <param name="Image">A small bootable qcow2.</param>
/// <param name="Work">A folder for files; the agents' state goes below it.</param>
/// <param name="Rows">The file to which rows of the table are appended.</param>
internal sealed record Setting(string Agent, string Cli, string Host, string Script, string Image, string Work, string Rows)
{
    public string Socket => Path.Combine(Host, "run/libvirt/libvirt-sock");

    public string QemuUri => $"qemu+unix:///system?socket={Socket}";

    public string TestDriverUri => $"test+unix:///default?socket={Socket}";

    public static Setting Read(IReadOnlyList<string> arguments)
    {
        var given = arguments.Select(a => a.Split('=', 2)).Where(a => a.Length == 2).ToDictionary(a => a[0].TrimStart('-'), a => a[1]);
        return new(Of("agent"), Of("cli"), Of("host"), Of("script"), Of("image"), Of("work"), Of("rows"));

        string Of(string name) => given.TryGetValue(name, out var value) ? value : throw new ArgumentException($"--{name}= is missing; scripts/bench.sh gives it.");
    }

    /// <summary>A folder below <see cref="Work"/> that is new and that QEMU can reach.</summary>
    public string NewFolder(string name)
    {
        var folder = Path.Combine(Work, $"{name}-{Guid.NewGuid():n}"[..(name.Length + 7)]);
        Directory.CreateDirectory(folder);
        return folder;
    }
}
