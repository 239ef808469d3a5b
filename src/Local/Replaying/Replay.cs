using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Replaying;

/// <summary>
/// Sends stored rows to a Braintrust as whole rows under their own ids, so that sending them again changes nothing. The files they refer to follow them.
/// </summary>
sealed class Replay(HttpClient http, ReplayTarget target, TimeProvider clock)
{
    const int MostRows = 100;

    /// <summary>Sends all rows to the project, which is made if need be, and gives their number.</summary>
    /// <exception cref="ReplayException">It was refused, or not reachable for too long. What was sent until then has arrived.</exception>
    public async Task<int> SendAsync(IEnumerable<string> rows, string project, Func<string, Attachment?> attachment, Action<int> progress, CancellationToken cancellationToken)
    {
        var account = await Account.OpenAsync(new RetryingClient(http, clock), target, project, cancellationToken).ConfigureAwait(false);
        var sent = 0;
        var files = new HashSet<string>();
        foreach (var batch in Batches(rows, account))
        {
            await account.SendRowsAsync(batch, cancellationToken).ConfigureAwait(false);
            sent += batch.Count;
            progress(sent);
            foreach (var row in batch)
                files.UnionWith(AttachmentKeys.In(row.Row));
        }
        foreach (var key in files)
            if (attachment(key) is { Bytes: not null } file)
                await account.SendFileAsync(file, cancellationToken).ConfigureAwait(false);
        return sent;
    }

    /// <summary>As a client of the SDKs' manners does: a hundred rows, half of the limit. A larger row goes alone.</summary>
    static IEnumerable<IReadOnlyList<ReplayRow>> Batches(IEnumerable<string> rows, Account account)
    {
        var batch = new List<ReplayRow>();
        var bytes = 0;
        foreach (var text in rows)
        {
            var row = RowText.Read(text);
            row["project_id"] = account.ProjectId;
            row["log_id"] = "g";
            var size = Encoding.UTF8.GetByteCount(RowText.Write(row));
            if (batch.Count > 0 && (batch.Count == MostRows || bytes + size > account.PayloadLimitBytes / 2))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }
            batch.Add(new ReplayRow(row, size));
            bytes += size;
        }
        if (batch.Count > 0)
            yield return batch;
    }
}

/// <summary>Where to, and as whom.</summary>
sealed record ReplayTarget(Uri AppUrl, string ApiKey, string? Organization)
{
    public AuthenticationHeaderValue Authorization => new("Bearer", ApiKey.Trim());

    // A record would print the key.
    public override string ToString() => AppUrl.ToString();
}

sealed record ReplayRow(JsonObject Row, int Bytes);

sealed class ReplayException(string message) : Exception(message);
