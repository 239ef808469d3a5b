using System.Text;
using Braintrust.Logging.Llm;

namespace Braintrust.Logging.Rows;

/// <summary>A value that was turned into JSON when it was logged, and cannot change any more.</summary>
/// <param name="utf8">The JSON.</param>
/// <param name="attachments">What it may refer to; the finished row decides.</param>
sealed class JsonText(ReadOnlyMemory<byte> utf8, BraintrustAttachment[]? attachments = null)
{
    public ReadOnlySpan<byte> Utf8 => utf8.Span;

    public ReadOnlyMemory<byte> Memory => utf8;

    public ReadOnlySpan<BraintrustAttachment> Attachments => attachments;

    /// <summary>What a model's answer says of its call; null: it is none of a library's.</summary>
    public AnswerHead? Head { get; init; }

    /// <summary>A copy of what was written.</summary>
    public static JsonText Of(JsonBuffer json, AnswerHead? head = null) => new(json.Written.ToArray(), json.CopyAttachments()) { Head = head };

    /// <summary>A value inside of this one.</summary>
    public JsonText Part(ReadOnlyMemory<byte> json) => new(json, attachments is null ? null : Array.FindAll(attachments, attachment => IsNamed(attachment, json.Span)));

    /// <summary>The same, said in another way.</summary>
    public JsonText As(JsonText other) => new(other.Memory, attachments);

    static bool IsNamed(BraintrustAttachment attachment, ReadOnlySpan<byte> json) => json.IndexOf(Encoding.ASCII.GetBytes(attachment.Key!)) >= 0;

    public override string ToString() => Encoding.UTF8.GetString(Utf8);
}
