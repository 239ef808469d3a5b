using Braintrust.Logging.Pipeline;

namespace Braintrust.Logging.Tests.Pipeline;

/// <summary>The variable is the process's: while it is set, every client that is made is one that sends on demand only. So these run alone.</summary>
[Collection("alone")]
public sealed class SyncFlushVariableTests
{
    [Theory]
    [InlineData("true", FlushMode.OnDemand), InlineData(" Yes ", FlushMode.OnDemand), InlineData("1", FlushMode.OnDemand)]
    [InlineData("false", FlushMode.Periodic), InlineData("", FlushMode.Periodic), InlineData(null, FlushMode.Periodic)]
    public void TheEnvironmentCanAskForIt(string? value, FlushMode mode)
    {
        var before = Environment.GetEnvironmentVariable("BRAINTRUST_SYNC_FLUSH");
        Environment.SetEnvironmentVariable("BRAINTRUST_SYNC_FLUSH", value);
        try
        {
            Assert.Equal(mode, DeliveryOptions.From(new BraintrustOptions()).FlushMode);
            Assert.Equal(FlushMode.Periodic, DeliveryOptions.From(new BraintrustOptions { FlushMode = FlushMode.Periodic }).FlushMode);
        }
        finally
        {
            Environment.SetEnvironmentVariable("BRAINTRUST_SYNC_FLUSH", before);
        }
    }
}
