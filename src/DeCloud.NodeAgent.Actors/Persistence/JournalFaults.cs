using Microsoft.Data.Sqlite;
using Npgsql;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>What the databases' errors mean. Numbers from SQLite's list of result codes and PostgreSQL's appendix of error codes.</summary>
internal static class JournalFaults
{
    private const int SqliteFull = 13;
    private const int SqliteIoError = 10;
    private const int SqliteIoErrorSharedMemorySize = 4874;
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteReadOnly = 8;
    private const int SqliteCorrupt = 11;
    private const int SqliteCannotOpen = 14;
    private const int SqliteTooBig = 18;
    private const int SqliteConstraint = 19;
    private const int SqliteMismatch = 20;
    private const int SqliteNotADatabase = 26;
    private const int SqliteConstraintPrimaryKey = 1555;
    private const int SqliteConstraintUnique = 2067;

    /// <summary>The exception that actors are told.</summary>
    public static JournalException Of(Exception cause) => cause switch
    {
        JournalException told => told,
        SqliteException e => new(OfSqlite(e), $"{Words(OfSqlite(e))} (SQLite {e.SqliteExtendedErrorCode}: {e.Message})", e),
        PostgresException e => new(OfPostgreSql(e), $"{Words(OfPostgreSql(e))} (PostgreSQL {e.SqlState}: {e.MessageText})", e),
        TimeoutException or OperationCanceledException or NpgsqlException { InnerException: TimeoutException or OperationCanceledException } =>
            new(JournalFault.TimedOut, Words(JournalFault.TimedOut), cause),
        NpgsqlException or IOException => new(JournalFault.Unreachable, $"{Words(JournalFault.Unreachable)} ({cause.Message})", cause),
        UnauthorizedAccessException => new(JournalFault.Unreachable, $"{Words(JournalFault.Unreachable)} ({cause.Message})", cause),
        _ => new(JournalFault.Unknown, $"{Words(JournalFault.Unknown)} ({cause.Message})", cause),
    };

    private static JournalFault OfSqlite(SqliteException e) => (e.SqliteErrorCode, e.SqliteExtendedErrorCode) switch
    {
        (SqliteConstraint, SqliteConstraintUnique or SqliteConstraintPrimaryKey) => JournalFault.Duplicate,
        (SqliteConstraint or SqliteTooBig or SqliteMismatch, _) => JournalFault.Refused,
        (SqliteFull, _) or (SqliteIoError, SqliteIoErrorSharedMemorySize) => JournalFault.DiskFull,
        (SqliteIoError, _) => JournalFault.InputOutput,
        (SqliteBusy or SqliteLocked, _) => JournalFault.Locked,
        (SqliteCorrupt or SqliteNotADatabase, _) => JournalFault.Damaged,
        (SqliteReadOnly, _) => JournalFault.ReadOnly,
        (SqliteCannotOpen, _) => JournalFault.Unreachable,
        _ => JournalFault.Unknown,
    };

    private static JournalFault OfPostgreSql(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.UniqueViolation => JournalFault.Duplicate,
        PostgresErrorCodes.DiskFull => JournalFault.DiskFull,
        PostgresErrorCodes.IoError => JournalFault.InputOutput,
        PostgresErrorCodes.LockNotAvailable => JournalFault.Locked,
        PostgresErrorCodes.QueryCanceled => JournalFault.TimedOut,
        PostgresErrorCodes.ReadOnlySqlTransaction => JournalFault.ReadOnly,
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => JournalFault.Damaged,
        ['2', '2' or '3', ..] or ['5', '4', ..] => JournalFault.Refused,
        ['0', '8', ..] or ['2', '8', ..] or ['3', 'D', ..] or ['5', '3' or '7', ..] => JournalFault.Unreachable,
        _ => JournalFault.Unknown,
    };

    private static string Words(JournalFault fault) => fault switch
    {
        JournalFault.DiskFull => "the journal's disk is full",
        JournalFault.InputOutput => "the journal's disk could not be read or written",
        JournalFault.Locked => "another process holds the journal's lock",
        JournalFault.Damaged => "the journal's file is damaged",
        JournalFault.ReadOnly => "the journal may only be read",
        JournalFault.Unreachable => "the journal's database cannot be reached",
        JournalFault.TimedOut => "the journal's database did not answer in time",
        JournalFault.Duplicate => "the journal holds another event under the same number",
        JournalFault.Refused => "the journal's database does not take this value",
        _ => "the journal's database failed",
    };
}
