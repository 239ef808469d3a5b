#if BRAINTRUST_SDK
using System.Diagnostics;
using OpenTelemetry.Trace;

namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>The official SDK, which has no log events: a span each.</summary>
sealed class SdkContender : IContender
{
    readonly TracerProvider _provider;
    readonly ActivitySource _source;

    public SdkContender(Setup setup)
    {
        Environment.SetEnvironmentVariable("BRAINTRUST_API_KEY", "sk-benchmark");
        Environment.SetEnvironmentVariable("BRAINTRUST_API_URL", setup.Url);
        var braintrust = Sdk.Braintrust.Get();
        _provider = braintrust.OpenTelemetryCreate();
        _source = braintrust.GetActivitySource();
    }

    public void Emit(int i)
    {
        using var activity = _source.StartActivity(Work.Template);
        activity?.SetTag("Input", Work.Input(i)).SetTag("Output", Work.Answer).SetTag("Model", Work.Model)
            .SetTag("PromptTokens", Work.PromptTokens).SetTag("CompletionTokens", Work.CompletionTokens).SetTag("Elapsed", Work.Elapsed);
    }

    public void EmitInScope(int i)
    {
        using var activity = _source.StartActivity("Turn");
        activity?.SetTag("Turn", i).SetTag("Conversation", "conversation");
        Emit(i);
    }

    public ValueTask DisposeAsync()
    {
        _provider.ForceFlush();
        _provider.Dispose();
        return default;
    }
}
#endif
