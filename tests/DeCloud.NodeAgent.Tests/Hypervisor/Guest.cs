namespace DeCloud.NodeAgent.Tests.Hypervisor;

/// <summary>What the guest of a test's domain does once it runs.</summary>
public enum Guest
{
    /// <summary>Nothing: it hears no power button and never ends by itself.</summary>
    Idles,

    /// <summary>It resets the machine.</summary>
    Reboots,

    /// <summary>It powers the machine off.</summary>
    PowersOff,
}
