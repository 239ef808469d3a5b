using System.Text;
using Braintrust.Logging.Llm;

namespace Braintrust.Logging.Rows;

/// <summary>A value that was turned into JSON when it was logged, and cannot change any more.</summary>
/// <param name="utf8">The JSON.</param>
/// <param name="attachments">What it may refer to; the finished row decides.</param>
class JsonText(ReadOnlyMemory<byte> utf8, BraintrustAttachment[]? attachments = null)
{
    public ReadOnlySpan<byte> Utf8 => utf8.Span;

    public ReadOnlyMemory<byte> Memory => utf8;

    public ReadOnlySpan<BraintrustAttachment> Attachments => attachments;

    /// <summary>What a model's answer says of its call; null: it is none of a library's.</summary>
    public virtual AnswerHead? Head => null;

    /// <summary>A copy of what was written.</summary>
    public static JsonText Of(JsonBuffer json, AnswerHead? head = null) =>
        head is null ? new JsonText(json.Written.ToArray(), json.CopyAttachments()) : new AnswerText(json.Written.ToArray(), json.CopyAttachments(), head);

    /// <summary>A value inside of this one.</summary>
    public JsonText Part(ReadOnlyMemory<byte> json) => new(json, attachments is null ? null : Array.FindAll(attachments, attachment => IsNamed(attachment, json.Span)));

    /// <summary>The same, said in another way.</summary>
    public JsonText As(JsonText other) => new(other.Memory, attachments);

    static bool IsNamed(BraintrustAttachment attachment, ReadOnlySpan<byte> json) => json.IndexOf(Encoding.ASCII.GetBytes(attachment.Key!)) >= 0;

    public override string ToString() => Encoding.UTF8.GetString(Utf8);
}

/// <summary>A model's answer. A class of its own: the others, of which there are many, need no room for it.</summary>
sealed class AnswerText(ReadOnlyMemory<byte> utf8, BraintrustAttachment[]? attachments, AnswerHead head) : JsonText(utf8, attachments)
{
    public override AnswerHead? Head => head;
}
