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

    /// <summary>Whether an answer of the server is awaited.</summary>
    public static bool IsAsking(BraintrustClient client) => IsSending(client) || ((LookUps)Field(Field(client, "_loop"), "_lookUps")).AreRunning;

    public static int ReadyBatches(BraintrustClient client) => ((Outbox)Field(Field(client, "_loop"), "_outbox")).Ready;

    /// <summary>How many entries a collection has that one of the loop's parts holds, or a part of it.</summary>
    public static int Size(BraintrustClient client, params string[] path) => ((ICollection)path.Aggregate(Field(client, "_loop"), Field)).Count;

    /// <summary>Spans of which no row is on its way yet.</summary>
    public static int UnwrittenSpans(BraintrustClient client) => ((ICollection)Field(Field(Field(Field(client, "_loop"), "_inbox"), "<writer>P"), "_unwritten")).Count;

    public static object Field(object of, string name) => of.GetType().GetField(name, BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(of)!;

    public static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience.Limit), "It did not come about.");

    public static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
