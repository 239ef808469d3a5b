using System.Security.Cryptography;

namespace Braintrust.Logging.Local.Storage;

/// <summary>What is uploaded beside the rows: attachments, which stay as long as a row refers to them, and oversized bodies, which stay until their rows are stored and a while longer (<see cref="Retention"/>).</summary>
sealed class BlobStore(Database database, Writer writer, TimeProvider clock)
{
    /// <summary>Notes that bytes are to come, and gives the ticket they are to come with. Announced again, it is the same attachment.</summary>
    public Task<string> AnnounceAsync(string key, string filename, string contentType) => writer.RunAsync(it =>
    {
        it.Execute(
            """
            insert into attachment (key, ticket, filename, content_type, status, arrived) values ($1, $2, $3, $4, '{"upload_status":"uploading"}', $5)
            on conflict (key) do update set filename = excluded.filename, content_type = excluded.content_type, arrived = excluded.arrived
            """, key, NewTicket(), filename, contentType, RowStore.Seconds(clock));
        return it.First("select ticket from attachment where key = $1", row => row.GetString(0), key)!;
    });

    public bool IsAnnounced(string ticket)
    {
        using var connection = database.Connect();
        return Sql.Query(connection, "select 1 from attachment where ticket = $1 union all select 1 from overflow where ticket = $1", ticket).Any();
    }

    /// <summary>False: nothing was announced under the ticket.</summary>
    public Task<bool> UploadAsync(string ticket, byte[] bytes) => writer.RunAsync(it =>
        it.Execute("update attachment set bytes = $2 where ticket = $1", ticket, bytes) > 0 || it.Execute("update overflow set bytes = $2 where ticket = $1", ticket, bytes) > 0);

    public Task<bool> SetStatusAsync(string key, string status) => writer.RunAsync(it => it.Execute("update attachment set status = $2 where key = $1", key, status) > 0);

    public Attachment? Find(string key) => Find("key", key);

    public Attachment? FindByTicket(string ticket) => Find("ticket", ticket);

    /// <summary>The key to name in <c>/logs3</c> and the ticket to upload with.</summary>
    public Task<(string Key, string Ticket)> AnnounceOverflowAsync() => writer.RunAsync(it =>
    {
        var (key, ticket) = ($"overflow/{Guid.NewGuid()}", NewTicket());
        it.Execute("insert into overflow (key, ticket, arrived) values ($1, $2, $3)", key, ticket, RowStore.Seconds(clock));
        return (key, ticket);
    });

    public byte[]? Overflow(string key)
    {
        using var connection = database.Connect();
        return Sql.Query(connection, "select bytes from overflow where key = $1 and bytes is not null", key).Select(row => (byte[])row[0]).FirstOrDefault();
    }

    Attachment? Find(string column, string value)
    {
        using var connection = database.Connect();
        return Sql.Query(connection, $"select key, ticket, filename, content_type, status, bytes from attachment where {column} = $1", value)
            .Select(row => new Attachment(row.GetString(0), row.GetString(1), row.Text(2), row.Text(3), row.GetString(4), row.IsDBNull(5) ? null : (byte[])row[5]))
            .FirstOrDefault();
    }

    static string NewTicket() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}

sealed record Attachment(string Key, string Ticket, string? Filename, string? ContentType, string Status, byte[]? Bytes);
