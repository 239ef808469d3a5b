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
    public static async Task<Answer> AnswerAsync(Question question, HttpContext context, SupportDesk desk)
    {
        var span = Begin(context, question.Text);
        var answer = await desk.AnswerAsync(question.Text, context.RequestAborted);
        span.Log(output: answer);
        return new Answer(span.Id, answer);
    }
    // end

    public static IResult StreamAnswer(Question question, HttpContext context, SupportDesk desk) =>
        TypedResults.ServerSentEvents(Pieces(question, context, desk, context.RequestAborted));

    // snippet: chat-stream
    static async IAsyncEnumerable<SseItem<string>> Pieces(
        Question question, HttpContext context, SupportDesk desk, [EnumeratorCancellation] CancellationToken cancel)
    {
        // Held by hand: an iterator loses what it made current as soon as it has yielded.
        var span = Begin(context, question.Text);
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
    public static IResult TakeFeedback(Feedback feedback, HttpContext context)
    {
        if (string.IsNullOrWhiteSpace(feedback.Id))
        {
            return TypedResults.BadRequest("The id of the answer is missing.");
        }
        Begin(context, feedback).Logger.LogFeedback(
            feedback.Id, scores: new Dictionary<string, double> { ["helpful"] = feedback.Helpful ? 1 : 0 }, comment: feedback.Comment, source: "app");
        return TypedResults.Accepted((string?)null);
    }
    // end

    /// <summary>The request's own span, the root of its trace. It is named by its path, since the event that knows the method is filtered out.</summary>
    static BraintrustSpan Begin(HttpContext context, object input)
    {
        var span = BraintrustSpan.Current!;
        span.SetAttributes(name: $"{context.Request.Method} {context.Request.Path}");
        span.Log(input: input);
        return span;
    }
}
