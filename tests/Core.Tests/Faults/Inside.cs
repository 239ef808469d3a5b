using System.Collections;
using System.Reflection;
using Braintrust.Logging.Pipeline;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>What nothing outside shows.</summary>
static class Inside
{
    public static Gate GateOf(BraintrustClient client) => (Gate)Field(Field(client, "_loop"), "_api");

    public static BodyLimit BodyLimitOf(BraintrustClient client) => (BodyLimit)Field(Field(client, "_loop"), "_bodyLimit");

    public static bool IsSending(BraintrustClient client) => ((Outbox)Field(Field(client, "_loop"), "_outbox")).Sending > 0;

    /// <summary>Whether an answer of the server is awaited.</summary>
    public static bool IsAsking(BraintrustClient client) => IsSending(client) || (int)Field(Field(client, "_loop"), "_lookUps") > 0;

    public static int ReadyBatches(BraintrustClient client) => ((Outbox)Field(Field(client, "_loop"), "_outbox")).Ready;

    /// <summary>How many entries a collection of one of the loop's parts has.</summary>
    public static int Size(BraintrustClient client, string part, string collection) => ((ICollection)Field(Field(Field(client, "_loop"), part), collection)).Count;

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
