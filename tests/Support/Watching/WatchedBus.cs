using Xunit.Abstractions;
using Xunit.Sdk;

namespace Braintrust.Logging.Tests.Watching;

/// <summary>Stands where every test begins and ends, in its own flow, and turns a pass into a failure where the watch objects.</summary>
public sealed class WatchedBus(IMessageBus inner, Watch watch) : IMessageBus
{
    public bool QueueMessage(IMessageSinkMessage message)
    {
        if (message is ITestStarting starting)
        {
            watch.Begin(starting.Test.DisplayName); // on the thread of the test, whose flow begins here
        }
        else if (message is ITestResultMessage result)
        {
            Canary.Check("the test's output", result.Output);
            var faults = watch.Finish();
            if (faults.Count > 0 && message is ITestPassed)
            {
                return inner.QueueMessage(new TestFailed(result.Test, result.ExecutionTime, result.Output, new WatchException(faults)));
            }
        }
        return inner.QueueMessage(message);
    }

    public void Dispose() => inner.Dispose();
}

/// <summary>What a test, or the whole run, left wrong.</summary>
public sealed class WatchException(IEnumerable<string> faults) : Exception(string.Join(Environment.NewLine, faults));
