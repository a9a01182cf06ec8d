using System.Data.Common;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>An event as it lies in the table.</summary>
/// <param name="Ordering">Its place in the whole journal.</param>
/// <param name="PersistenceId">Whose event it is.</param>
/// <param name="Sequence">Its place in the history of that subject.</param>
/// <param name="Created">When it was stored, in ticks of UTC.</param>
/// <param name="Manifest">Its type and version.</param>
/// <param name="Serializer">Who wrote the message.</param>
/// <param name="Message">The event itself.</param>
/// <param name="Writer">Which life of the actor wrote it; empty when that was not noted.</param>
internal readonly record struct StoredEvent(long Ordering, string PersistenceId, long Sequence, long Created, string Manifest, int Serializer, byte[] Message, string Writer)
{
    /// <summary>Reads a row of <see cref="JournalSql.ReadOne"/> or <see cref="JournalSql.ReadAll"/>.</summary>
    public static StoredEvent Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetString(4), row.GetInt32(5), row.GetFieldValue<byte[]>(6), row.IsDBNull(7) ? "" : row.GetString(7));
}
