namespace DeCloud.NodeAgent.Cli.Doctor;

/// <summary>How a check of the host came out.</summary>
internal enum Verdict
{
    /// <summary>Nothing is wrong.</summary>
    Pass,

    /// <summary>It could not be looked at from here.</summary>
    Skip,

    /// <summary>VMs run, and something wants attention.</summary>
    Warn,

    /// <summary>VMs do not run as they should.</summary>
    Fail,
}

/// <summary>What a check found.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Verdict">How it came out.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">What to do; null when nothing is to be done.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Detail, string? Remedy = null)
{
    /// <summary>Nothing is wrong.</summary>
    public static Finding Pass(string check, string detail) => new(check, Verdict.Pass, detail);

    /// <summary>It could not be looked at.</summary>
    public static Finding Skip(string check, string detail) => new(check, Verdict.Skip, detail);

    /// <summary>Something wants attention.</summary>
    public static Finding Warn(string check, string detail, string remedy) => new(check, Verdict.Warn, detail, remedy);

    /// <summary>Something does not work.</summary>
    public static Finding Fail(string check, string detail, string remedy) => new(check, Verdict.Fail, detail, remedy);
}
