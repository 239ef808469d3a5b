using System.Collections;
using System.Reflection;
using Braintrust.Logging.Pipeline;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>What nothing outside shows.</summary>
static class Inside
{
    public static Gate GateOf(BraintrustClient client) => (Gate)Field(Field(client, "_loop"), "_api");

    public static BodyLimit BodyLimitOf(BraintrustClient client) => (BodyLimit)Field(Field(Field(client, "_loop"), "_outbox"), "<bodyLimit>P");

    public static bool IsSending(BraintrustClient client) => ((Outbox)Field(Field(client, "_loop"), "_outbox")).Sending > 0;

    /// <summary>Whether nothing happens but by time, or by a call: the loop waits for its bell, no answer is awaited, and all losses are told.</summary>
    public static bool Rests(BraintrustClient client) => (IsOver(client) || (Waits(client) && !IsAsking(client))) && ((LossReporter)Field(client, "_losses")).Told.IsCompleted;

    static bool IsOver(BraintrustClient client) => ((DeliveryLoop)Field(client, "_loop")).Completion.IsCompleted;

    /// <summary>Whether an answer of the server is awaited.</summary>
    static bool IsAsking(BraintrustClient client) =>
        IsSending(client) || ((LookUps)Field(Field(client, "_loop"), "_lookUps")).AreRunning || ((Uploads)Field(Field(client, "_loop"), "_uploads")).AreRunning;

    /// <summary>The bell is a channel, and knows who listens for it: from the moment it is rung nobody does.</summary>
    static bool Waits(BraintrustClient client)
    {
        var inbox = Field(Field(client, "_loop"), "_inbox");
        var bell = Field(Field(inbox, inbox is SpoolInbox ? "<handover>P" : "<queue>P"), "_bell");
        return Find(Field(bell, "_rung"), "_blockedReadersHead") is not null;
    }

    public static int ReadyBatches(BraintrustClient client) => ((Outbox)Field(Field(client, "_loop"), "_outbox")).Ready;

    /// <summary>How many entries a collection has that one of the loop's parts holds, or a part of it.</summary>
    public static int Size(BraintrustClient client, params string[] path) => ((ICollection)path.Aggregate(Field(client, "_loop"), Field)).Count;

    /// <summary>Spans of which no row is on its way yet.</summary>
    public static int UnwrittenSpans(BraintrustClient client) => ((ICollection)Field(Field(Field(Field(client, "_loop"), "_inbox"), "<writer>P"), "_unwritten")).Count;

    public static object Field(object of, string name) => Find(of, name)!;

    static object? Find(object of, string name) => (of.GetType().GetField(name, BindingFlags.NonPublic | BindingFlags.Instance) ?? throw new MissingFieldException(of.GetType().FullName, name)).GetValue(of);

    public static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
