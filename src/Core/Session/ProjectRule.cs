using System.Buffers;
using System.Text.Json;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Session;

/// <summary>How a project is asked for, and what the answers mean (PROTOCOL section 4).</summary>
static class ProjectRule
{
    public static ReadOnlyMemory<byte> Registration(string name, string orgId)
    {
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("project_name", name);
        json.WriteString("org_id", orgId);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    public static (Answer Answer, string? Id) Registered(HttpReply reply, string name, DateTimeOffset now)
    {
        var what = $"Looking up the project {ControlPlane.Quoted(name)}";
        var answer = ControlPlane.Judge(what, reply, now);
        if (!answer.IsAccepted) return (answer, null);
        return Text(reply, static root => root.GetProperty("project").GetProperty("id")) is { Length: > 0 } id
            ? (Answer.Accepted, id)
            : (ControlPlane.NotUnderstood(what, reply.Status), null);
    }

    /// <summary>The name in the answer to a look-up by id, if there is one.</summary>
    public static string? NameOf(HttpReply reply) =>
        reply.Failure is null && reply.Status is >= 200 and <= 299 ? Text(reply, static root => root.GetProperty("name")) : null;

    static string? Text(HttpReply reply, Func<JsonElement, JsonElement> member)
    {
        try
        {
            using var json = JsonDocument.Parse(reply.Body);
            return member(json.RootElement).GetString();
        }
        catch (Exception exception) when (ControlPlane.IsMisread(exception))
        {
            return null;
        }
    }
}
