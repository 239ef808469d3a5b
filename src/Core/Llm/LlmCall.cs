using System.Text.Json;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Llm;

/// <summary>A model or tool call that is shown by log events, from its first to its last.</summary>
/// <param name="it">The event it began with.</param>
/// <param name="span">Its span, or the captured activity's that shows the same call.</param>
/// <param name="isGuest">Whether the span is not the call's own: an activity's, which that ends, or one that will have no row.</param>
sealed class LlmCall(in LlmEvent it, BraintrustSpan span, bool isGuest)
{
    const int ManyPieces = 64;
    const string Incomplete = "braintrust.incomplete";

    readonly long _began = span.Logger.Client.Clock.GetTimestamp();
    readonly List<(string Piece, string? ResponseId)> _expected = [];
    TimeSpan? _firstToken;
    volatile bool _wasAbandoned;

    public LlmSource Source { get; } = it.Source;

    public string Method { get; } = it.Method;

    public bool IsStream { get; } = it.IsStream;

    public BraintrustSpan Span => span;

    /// <summary>The span it is below: kept, since the span forgets it when it ends.</summary>
    public BraintrustSpan? Above { get; } = span.Above;

    public LlmAnswer Answer { get; } = new();

    /// <summary>Stands in the flow for a call that the user's filter leaves out, so that its events find it and are left out too.</summary>
    public WithheldCall? Withheld { get; init; }

    /// <summary>Other calls began inside it.</summary>
    public bool IsContainer { get; set; }

    public bool HasFailed { get; private set; }

    public bool HasFinished => Answer.FinishReason is not null;

    /// <summary>Nothing more is to come: what it cost is said after the reason why it ended.</summary>
    public bool IsWhole => HasFinished && !Answer.Tokens.IsEmpty;

    /// <summary>When it was last heard of, on the monotonic clock.</summary>
    public long LastAt { get; private set; } = span.Logger.Client.Clock.GetTimestamp();

    /// <summary>Takes a piece of the answer.</summary>
    public void Update(JsonElement? piece)
    {
        Heard();
        _firstToken ??= span.Logger.Client.Clock.GetElapsedTime(_began, LastAt);
        if (piece is { } read)
        {
            lock (_expected) // the span around may end, and this one with it, while a piece arrives
            {
                Answer.Add(read);
            }
        }
    }

    /// <summary>A call inside passed this piece on: it comes by here next.</summary>
    public void Expect(string piece, string? responseId)
    {
        if (_expected.Count == ManyPieces)
        {
            _expected.RemoveAt(0);
        }
        _expected.Add((piece, responseId));
    }

    public bool Expects(string piece) => _expected.Exists(expected => expected.Piece == piece);

    /// <summary>The piece came, so those of the same answer before it will not; those of others may.</summary>
    public void Received(string piece, string? responseId)
    {
        if (_expected.FindIndex(expected => expected.Piece == piece) is var index and >= 0)
        {
            _expected.RemoveAt(index);
            for (index--; index >= 0; index--)
            {
                if (_expected[index].ResponseId == responseId)
                {
                    _expected.RemoveAt(index);
                }
            }
        }
    }

    /// <summary>Adds what an event says of a call that goes on.</summary>
    public void Note(in LlmEvent it)
    {
        Heard();
        HasFailed |= it.Step == LlmStep.Error;
        span.Add(LlmReading.Tool(it, HasFailed));
    }

    /// <summary>Adds what its end says.</summary>
    /// <param name="it">The event.</param>
    /// <param name="isCounted">Whether its tokens are not said elsewhere.</param>
    public void End(in LlmEvent it, bool isCounted = true)
    {
        if (Withheld is not null)
        {
            return;
        }
        if (it.IsTool)
        {
            Note(it);
            return;
        }
        if ((it.Text("ChatResponse") ?? it.Text("Response")) is { } response && ChatMessages.Parse(response) is { } document)
        {
            using (document)
            {
                lock (_expected)
                {
                    Answer.Read(document.RootElement);
                }
            }
        }
        Count("InputTokenCount", MetricNames.Prompt, it);
        Count("OutputTokenCount", MetricNames.Completion, it);
        Count("TotalTokenCount", MetricNames.Total, it);
        var said = Said(LlmReading.Error(it), it.Value("EmbeddingsCount"), isCounted);
        if (_wasAbandoned)
        {
            said.Metadata!.Add(new(Incomplete, false)); // it went on after all
        }
        span.Add(said);
    }

    /// <summary>Ends the span at its last event: nobody said that the call was over.</summary>
    public void Abandon()
    {
        if (Withheld is not null)
        {
            Withheld.Close();
            return;
        }
        var said = Said(null, null);
        said.Metadata!.Add(new(Incomplete, true));
        span.Add(said);
        _wasAbandoned = true;
        Finish(LastAt);
    }

    public void Finish(long? at = null)
    {
        Withheld?.Close();
        if (!isGuest)
        {
            span.Finish(at is { } timestamp ? new DateTimeOffset(span.CreatedTicks, TimeSpan.Zero) + span.Logger.Client.Clock.GetElapsedTime(_began, timestamp) : null);
        }
    }

    void Heard() => LastAt = span.Logger.Client.Clock.GetTimestamp();

    void Count(string property, string metric, in LlmEvent it)
    {
        if (it.Count(property) is { } count and >= 0)
        {
            Answer.Tokens.Add(metric, count);
        }
    }

    RowPatch Said(string? error, object? embeddings, bool isCounted = true)
    {
        lock (_expected)
        {
            return SaidByNow(error, embeddings, isCounted);
        }
    }

    RowPatch SaidByNow(string? error, object? embeddings, bool isCounted)
    {
        var metadata = new List<KeyValuePair<string, object?>>();
        if (Answer.Model is { } model)
        {
            metadata.Add(new("model", model));
        }
        if (Answer.ResponseId is { } id)
        {
            metadata.Add(new("gen_ai.response.id", id));
        }
        if (Answer.FinishReason is { } reason)
        {
            metadata.Add(new("finish_reason", reason));
        }
        if (embeddings is not null)
        {
            metadata.Add(new("embeddings", embeddings));
        }
        metadata.AddRange(Answer.Tokens.Others);
        var metrics = new List<KeyValuePair<string, double>>();
        if (_firstToken is { } first)
        {
            metrics.Add(new(MetricNames.TimeToFirstToken, first.TotalSeconds));
        }
        if (!Answer.Tokens.IsEmpty)
        {
            if (isCounted && IsCounted())
            {
                metrics.AddRange(Answer.Tokens.Metrics);
            }
            else
            {
                metadata.AddRange(Answer.Tokens.Plain);
            }
            span.TellUsage();
        }
        return new RowPatch { Output = Answer.Output, Error = error, Metadata = metadata, Metrics = [.. metrics] };
    }

    bool IsCounted()
    {
        var usage = Answer.Tokens.Usage(Answer.ResponseId);
        return !span.HasUsageBelow
            && (Source == LlmSource.Connector ? span.Logger.Usage.IsFirstWithoutId(span.Trace, usage) : span.Logger.Usage.IsFirst(span.Trace, usage));
    }
}
