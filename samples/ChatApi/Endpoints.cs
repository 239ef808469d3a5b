using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using Braintrust.Logging;

namespace ChatApi;

sealed record Question(string Text);

/// <param name="Id">What feedback is given to: the row of the request.</param>
sealed record Answer(string Id, string Text);

sealed record Feedback(string Id, bool Helpful, string? Comment);

static class Endpoints
{
    // snippet: chat-answer
    public static async Task<Answer> AnswerAsync(Question question, SupportDesk desk, CancellationToken cancel)
    {
        var span = Begin(question.Text);
        var answer = await desk.AnswerAsync(question.Text, cancel);
        span.Log(output: answer);
        return new Answer(span.Id, answer);
    }
    // end

    public static IResult StreamAnswer(Question question, SupportDesk desk, CancellationToken cancel) =>
        TypedResults.ServerSentEvents(Pieces(question, desk, cancel));

    // snippet: chat-stream
    static async IAsyncEnumerable<SseItem<string>> Pieces(Question question, SupportDesk desk, [EnumeratorCancellation] CancellationToken cancel)
    {
        // Held by hand: an iterator loses what it made current as soon as it has yielded.
        var span = Begin(question.Text);
        var answer = new StringBuilder();
        var isWhole = false;
        try
        {
            yield return new(span.Id, "id");
            await foreach (var piece in desk.StreamAsync(question.Text, cancel))
            {
                answer.Append(piece);
                yield return new(piece, "text");
            }
            isWhole = true;
        }
        finally // also when the reader has gone
        {
            span.Log(output: answer.ToString(), metadata: new { whole = isWhole });
        }
    }
    // end

    // snippet: chat-feedback
    public static IResult TakeFeedback(Feedback feedback)
    {
        if (string.IsNullOrWhiteSpace(feedback.Id))
        {
            return TypedResults.BadRequest("The id of the answer is missing.");
        }
        Begin(feedback).Logger.LogFeedback(
            feedback.Id, scores: new Dictionary<string, double> { ["helpful"] = feedback.Helpful ? 1 : 0 }, comment: feedback.Comment, source: "app");
        return TypedResults.Accepted((string?)null);
    }
    // end

    /// <summary>The request's own span, the root of its trace.</summary>
    static BraintrustSpan Begin(object input)
    {
        var span = BraintrustSpan.Current!;
        span.Log(input: input);
        return span;
    }
}
