using System.Buffers;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Transport;

/// <summary>The way out, as the pipeline sees it. No member throws: what goes wrong, cancellation included, is an answer.</summary>
interface IRowTransport : IDisposable
{
    /// <summary>Logs in unless that is done, and says how large a body may be. An answer other than accepted concerns all rows.</summary>
    /// <returns><c>PayloadLimit</c>: the server's limit in bytes, null while it is unknown.</returns>
    ValueTask<(Answer Answer, long? PayloadLimit)> ReadyAsync(CancellationToken cancel);

    /// <summary>The id of a project, which is made if it does not exist. An answer other than accepted concerns the rows of this project.</summary>
    ValueTask<(Answer Answer, string? ProjectId)> ProjectAsync(ProjectKey project, CancellationToken cancel);

    /// <summary>Sends one batch. After a denial the next call, of any kind, logs in afresh.</summary>
    /// <param name="body">The complete JSON text; free to be changed once there is an answer.</param>
    /// <param name="rows">How many rows are in it.</param>
    /// <param name="overflow">How the body goes when it is larger than the server takes; null: as it is.</param>
    /// <param name="cancel">Ends the attempt, with an answer to try again.</param>
    ValueTask<Answer> SendAsync(ReadOnlySequence<byte> body, int rows, OverflowUpload? overflow, CancellationToken cancel);

    /// <summary>The server's limit for a body in bytes as far as it is known; null: it has none, or has not told it.</summary>
    long? PayloadLimit { get; }

    /// <summary>Asks for the limit once more, if asking failed or a body was refused, at most once a minute.</summary>
    /// <returns>Whether it may have changed.</returns>
    ValueTask<bool> LearnLimitAsync(bool isRefused);
}
