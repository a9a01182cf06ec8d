namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>What is wrong with a journal.</summary>
public enum JournalFault
{
    /// <summary>The database cannot tell, or nobody here knows what it says.</summary>
    Unknown,

    /// <summary>There is no room for more.</summary>
    DiskFull,

    /// <summary>The disk could not be read or written.</summary>
    InputOutput,

    /// <summary>Another process holds the lock.</summary>
    Locked,

    /// <summary>What is stored is not what was written.</summary>
    Damaged,

    /// <summary>The database may only be read.</summary>
    ReadOnly,

    /// <summary>The file cannot be opened, or the server cannot be reached.</summary>
    Unreachable,

    /// <summary>The database did not answer in time.</summary>
    TimedOut,

    /// <summary>Too many writes wait already, or the journal is closed.</summary>
    Overloaded,

    /// <summary>The same number of the same subject is stored already.</summary>
    Duplicate,

    /// <summary>The database does not take this value.</summary>
    Refused,
}

/// <summary>
/// The journal could not do what it was asked. Whether a write was stored is uncertain after <see cref="JournalFault.Unreachable"/> and <see cref="JournalFault.TimedOut"/>;
/// with any other fault it was not.
/// </summary>
public sealed class JournalException : Exception
{
    /// <summary>Tells a fault.</summary>
    /// <param name="fault">What is wrong.</param>
    /// <param name="message">The same in words, without a full stop.</param>
    /// <param name="cause">What the database said.</param>
    public JournalException(JournalFault fault, string message, Exception? cause = null)
        : base(message, cause) => Fault = fault;

    /// <summary>What is wrong.</summary>
    public JournalFault Fault { get; }

    /// <summary>Whether the write is to blame, and others would be stored.</summary>
    public bool IsOfTheWrite => Fault is JournalFault.Duplicate or JournalFault.Refused;
}
