using Braintrust.Logging.Attachments;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

enum UploadStage
{
    /// <summary>Its bytes are to be stored.</summary>
    Storing,
    /// <summary>Stored; Braintrust is to be told.</summary>
    Confirming,
    /// <summary>Given up; Braintrust is to be told, so that nobody waits for it.</summary>
    Excusing,
    /// <summary>Nothing is owed any more.</summary>
    Over,
}

/// <summary>An attachment of a delivered row on its way. The loop's own.</summary>
sealed class Upload(AttachmentReference reference, FrontEnd frontEnd)
{
    /// <summary>Kept while its bytes are needed.</summary>
    public AttachmentReference? Reference { get; private set; } = reference;

    public string Key { get; } = reference.Attachment.Key!;

    public FrontEnd FrontEnd => frontEnd;

    /// <summary>Those whose flush waits for it.</summary>
    public List<Epoch> Epochs { get; } = [];

    public UploadStage Stage { get; private set; }

    /// <summary>Why it was given up; null while there is hope.</summary>
    public string? Error { get; private set; }

    /// <summary>What it weighs in the queue's bound.</summary>
    public long Weight { get; set; }

    /// <summary>Failed attempts of this stage.</summary>
    public int Failures { get; set; }

    /// <summary>When it may be tried, on the monotonic clock.</summary>
    public long DueAt { get; set; }

    /// <summary>The server set the time.</summary>
    public bool IsTimed { get; set; }

    /// <summary>It was tried after the shutdown began: there is only one try.</summary>
    public bool IsLastTry { get; set; }

    public void WaitFor(Epoch epoch)
    {
        epoch.Uploads++;
        Epochs.Add(epoch);
    }

    public void Turn(UploadStage stage, string? error = null)
    {
        Stage = stage;
        Error = error;
        Reference = null;
        Failures = 0;
        DueAt = 0;
        IsTimed = IsLastTry = false;
    }

    /// <summary>Nobody has to wait any more.</summary>
    public void End(string? error)
    {
        Turn(UploadStage.Over, error);
        foreach (var epoch in Epochs)
        {
            epoch.Uploads--;
        }
        Epochs.Clear();
    }
}
