using System.Runtime.CompilerServices;
using Braintrust.Logging.Attachments;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Attachments of delivered rows on their way out, beside the rows: store the bytes, then say so (PROTOCOL section 16). What is given up is
/// reported, and Braintrust is told, so that no row refers for ever to what will not come. The loop's own.
/// </summary>
sealed class Uploads(AttachmentTransport transport, Ledger ledger, Fates fates, TimeProvider clock, Action<Action> answered, CancellationToken abort)
{
    const int AtOnce = 3;
    const int Attempts = 8;

    // What has been uploaded is remembered for as long as somebody holds it, and keeps nothing alive.
    readonly ConditionalWeakTable<BraintrustAttachment, Upload> _known = [];
    readonly LinkedList<Upload> _waiting = new();
    readonly HashSet<Upload> _running = [];
    readonly CancellationTokenSource _giveUp = CancellationTokenSource.CreateLinkedTokenSource(abort);
    long _stopBy = long.MaxValue;
    bool _hasGivenUp;
    bool _isInTrouble; // the last bytes that were sent did not arrive

    public bool AreRunning => _running.Count > 0;

    public bool AreDone => _running.Count == 0 && _waiting.Count == 0;

    /// <summary>When one of those that wait may be tried; 0 when none waits.</summary>
    public long NextChance
    {
        get
        {
            var next = _waiting.Count == 0 ? 0 : long.MaxValue;
            for (var node = _waiting.First; node is not null && next > 0; node = node.Next) // there may be many, and mostly the first is due
            {
                next = Math.Min(next, node.Value.DueAt);
            }
            return next;
        }
    }

    /// <summary>When <see cref="Start"/> will have something to do.</summary>
    public long NextStart => _waiting.Count == 0 || _running.Count == AtOnce ? long.MaxValue : NextChance;

    bool IsStopping => _stopBy != long.MaxValue;

    /// <summary>Takes over what delivered rows refer to.</summary>
    public void Add(Batch batch)
    {
        foreach (ref var row in batch.Rows)
        {
            foreach (var reference in row.Attachments ?? [])
            {
                var upload = Of(reference, row.FrontEnd);
                if (upload.Stage != UploadStage.Over)
                {
                    upload.WaitFor(row.Epoch);
                }
            }
        }
        if (_hasGivenUp)
        {
            GiveUp();
        }
    }

    /// <summary>Starts what may be tried now, a few at a time.</summary>
    public void Start()
    {
        var now = clock.GetTimestamp();
        for (var node = _waiting.First; node is not null && _running.Count < AtOnce;)
        {
            var next = node.Next;
            if (node.Value.DueAt <= now)
            {
                _waiting.Remove(node);
                _running.Add(node.Value);
                node.Value.IsLastTry = IsStopping;
                _ = RunAsync(node.Value);
            }
            node = next;
        }
    }

    /// <summary>The end has begun: one more try for each, without a pause, unless the server set a time that is too late.</summary>
    public void Hurry(long stopBy)
    {
        _stopBy = stopBy;
        foreach (var upload in TakeWaiting())
        {
            Wait(upload);
        }
    }

    /// <summary>There is time left to say what will not come, and for nothing else.</summary>
    public void GiveUp()
    {
        _hasGivenUp = true;
        try
        {
            _giveUp.Cancel(); // those under way come back, and go the same way
        }
        catch (AggregateException) // callbacks of a handler that was given
        {
        }
        foreach (var upload in TakeWaiting())
        {
            if (upload.Stage == UploadStage.Storing)
            {
                GiveUp(upload, null);
            }
            else
            {
                _waiting.AddLast(upload);
            }
        }
    }

    /// <summary>Nothing more can be done.</summary>
    public void Close()
    {
        foreach (var upload in _running.Concat(TakeWaiting()).ToArray())
        {
            if (upload.Stage != UploadStage.Excusing)
            {
                fates.Lose(upload, Message(upload, null));
            }
            End(upload, upload.Error);
        }
        _running.Clear();
    }

    /// <summary>Rows are refused for want of room. A store that is out of order must not cost them: the youngest uploads are given up for it.</summary>
    /// <param name="bytes">What those that wait may keep.</param>
    public void MakeRoom(long bytes)
    {
        for (var node = _waiting.Last; _isInTrouble && node is not null && ledger.UploadBytes > bytes;)
        {
            var earlier = node.Previous;
            if (node.Value.Stage == UploadStage.Storing)
            {
                _waiting.Remove(node);
                GiveUp(node.Value, "The object store does not take them, and the queue was full.");
            }
            node = earlier;
        }
    }

    async Task RunAsync(Upload upload)
    {
        Answer answer;
        try
        {
            answer = upload.Reference is { } reference
                ? await transport.StoreAsync(reference, _giveUp.Token).ConfigureAwait(false)
                : await transport.TellAsync(upload.Key, upload.Error, abort).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            answer = Answer.Retry($"Uploading failed: {error.GetType()}.", error);
        }
        answered(() => Settle(upload, answer));
    }

    void Settle(Upload upload, in Answer answer)
    {
        if (!_running.Remove(upload))
        {
            return; // the shutdown did not wait for it
        }
        if (upload.Stage == UploadStage.Storing)
        {
            _isInTrouble = !answer.IsAccepted;
        }
        if (answer.IsAccepted)
        {
            Advance(upload);
        }
        else if (MayTryAgain(upload, answer))
        {
            var delay = answer.RetryAfter ?? RetrySchedule.Delay(upload.Failures, Random.Shared.NextDouble());
            upload.IsTimed = answer.RetryAfter is not null;
            upload.DueAt = clock.After(clock.GetTimestamp(), delay);
            BraintrustDiagnostics.Warn("upload", $"An attachment is not uploaded yet. {answer.Message}", 1);
            Wait(upload);
        }
        else
        {
            GiveUp(upload, answer.Message);
        }
    }

    bool MayTryAgain(Upload upload, in Answer answer) =>
        answer.Kind is AnswerKind.Retry or AnswerKind.Unacknowledged or AnswerKind.Denied && ++upload.Failures < Attempts && !upload.IsLastTry && !_hasGivenUp;

    /// <summary>At the end nobody waits, save for a time that the server set; and not for one that is too late.</summary>
    void Wait(Upload upload)
    {
        if (IsStopping && !upload.IsTimed)
        {
            upload.DueAt = 0;
        }
        if (upload.DueAt > _stopBy)
        {
            GiveUp(upload, null);
        }
        else
        {
            _waiting.AddLast(upload);
        }
    }

    void Advance(Upload upload)
    {
        switch (upload.Stage)
        {
            case UploadStage.Storing:
                Turn(upload, UploadStage.Confirming, null);
                break;
            case UploadStage.Confirming:
                ledger.FinishingUpload();
                End(upload, null);
                break;
            default:
                End(upload, upload.Error);
                break;
        }
    }

    void GiveUp(Upload upload, string? why)
    {
        var message = upload.Error ?? Message(upload, why);
        if (upload.Error is null)
        {
            fates.Lose(upload, message);
        }
        if (upload.Stage == UploadStage.Storing)
        {
            Turn(upload, UploadStage.Excusing, message);
        }
        else
        {
            End(upload, message);
        }
    }

    /// <summary>On to the next stage, which needs no bytes.</summary>
    void Turn(Upload upload, UploadStage stage, string? error)
    {
        Weigh(upload, AttachmentReference.Overhead);
        upload.Turn(stage, error);
        _waiting.AddFirst(upload);
    }

    void End(Upload upload, string? error)
    {
        Weigh(upload, 0);
        upload.End(error);
    }

    void Weigh(Upload upload, long bytes)
    {
        ledger.Uploading(bytes - upload.Weight);
        upload.Weight = bytes;
    }

    Upload Of(AttachmentReference reference, FrontEnd frontEnd)
    {
        if (_known.TryGetValue(reference.Attachment, out var known) && known is not { Stage: UploadStage.Over, Error: not null })
        {
            return known;
        }
        var upload = new Upload(reference, frontEnd); // what was given up may have better luck with a later row
        _known.AddOrUpdate(reference.Attachment, upload);
        _waiting.AddLast(upload);
        Weigh(upload, AttachmentReference.Overhead + reference.Attachment.Length);
        return upload;
    }

    Upload[] TakeWaiting()
    {
        var waiting = _waiting.ToArray();
        _waiting.Clear();
        return waiting;
    }

    string Message(Upload upload, string? why)
    {
        var what = upload.Stage == UploadStage.Confirming ? "An attachment was uploaded, but Braintrust could not be told" : "An attachment could not be uploaded";
        return $"{what}{(IsStopping ? " before the client was closed" : "")}. {why}".TrimEnd();
    }
}
