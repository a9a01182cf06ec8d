namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>The tables as Akka.Persistence.Sql 1.5 makes them, so that an agent of either build opens the other's database.</summary>
internal static class JournalTables
{
    /// <summary>Makes what is missing in SQLite.</summary>
    public const string Sqlite = """
        CREATE TABLE IF NOT EXISTS journal (
            ordering        INTEGER       NOT NULL PRIMARY KEY AUTOINCREMENT,
            created         INTEGER       NOT NULL,
            deleted         Bit           NOT NULL,
            persistence_id  NVarChar(255) NOT NULL,
            sequence_number INTEGER       NOT NULL,
            message         VarBinary     NOT NULL,
            tags            NVarChar(100)     NULL,
            manifest        NVarChar(500)     NULL,
            identifier      INTEGER           NULL,
            writer_uuid     NVarChar(128)     NULL
        );
        CREATE TABLE IF NOT EXISTS snapshot (
            persistence_id  NVarChar(255) NOT NULL,
            sequence_number INTEGER       NOT NULL,
            created         INTEGER       NOT NULL,
            snapshot        VarBinary         NULL,
            manifest        NVarChar(500)     NULL,
            serializer_id   INTEGER           NULL,
            CONSTRAINT PK_snapshot PRIMARY KEY (persistence_id, sequence_number)
        );
        CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON journal (persistence_id, sequence_number);
        CREATE INDEX IF NOT EXISTS journal_created_idx ON journal (created);
        CREATE INDEX IF NOT EXISTS journal_sequence_number_idx ON journal (sequence_number);
        CREATE INDEX IF NOT EXISTS snapshot_sequence_number_idx ON snapshot (sequence_number);
        CREATE INDEX IF NOT EXISTS snapshot_created_idx ON snapshot (created);
        """;

    /// <summary>Whether SQLite has all of it: the tables with their five indices. Asking takes no lock.</summary>
    public const string SqliteIsComplete = """
        SELECT COUNT(*) = 7 FROM sqlite_schema WHERE name IN
            ('journal', 'snapshot', 'journal_uq', 'journal_created_idx', 'journal_sequence_number_idx', 'snapshot_sequence_number_idx', 'snapshot_created_idx')
        """;

    /// <summary>Makes what is missing in PostgreSQL.</summary>
    public const string PostgreSql = """
        CREATE TABLE IF NOT EXISTS journal (
            ordering        bigint  NOT NULL GENERATED ALWAYS AS IDENTITY,
            created         bigint  NOT NULL,
            deleted         boolean NOT NULL,
            persistence_id  text    NOT NULL,
            sequence_number bigint  NOT NULL,
            message         bytea   NOT NULL,
            tags            text,
            manifest        text,
            identifier      integer,
            writer_uuid     text,
            CONSTRAINT "PK_journal" PRIMARY KEY (ordering),
            CONSTRAINT journal_uq UNIQUE (persistence_id, sequence_number)
        );
        CREATE TABLE IF NOT EXISTS snapshot (
            persistence_id  text   NOT NULL,
            sequence_number bigint NOT NULL,
            created         bigint NOT NULL,
            snapshot        bytea,
            manifest        text,
            serializer_id   integer,
            CONSTRAINT "PK_snapshot" PRIMARY KEY (persistence_id, sequence_number)
        );
        CREATE INDEX IF NOT EXISTS journal_created_idx ON journal (created);
        CREATE INDEX IF NOT EXISTS journal_sequence_number_idx ON journal (sequence_number);
        CREATE INDEX IF NOT EXISTS snapshot_sequence_number_idx ON snapshot (sequence_number);
        CREATE INDEX IF NOT EXISTS snapshot_created_idx ON snapshot (created);
        """;

    /// <summary>Whether PostgreSQL has all of it.</summary>
    public const string PostgreSqlIsComplete = """
        SELECT to_regclass('journal') IS NOT NULL AND to_regclass('snapshot') IS NOT NULL
            AND to_regclass('journal_created_idx') IS NOT NULL AND to_regclass('journal_sequence_number_idx') IS NOT NULL
            AND to_regclass('snapshot_sequence_number_idx') IS NOT NULL AND to_regclass('snapshot_created_idx') IS NOT NULL
        """;
}
