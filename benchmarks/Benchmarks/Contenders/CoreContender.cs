using System.Text;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>Our pipeline alone: what a logging framework costs is left out, mapping and composing are not.</summary>
sealed class CoreContender : IContender
{
    readonly BraintrustClient _client;
    readonly BraintrustLogger _logger;
    readonly PlainFrontEnd _frontEnd;

    public CoreContender(Setup setup)
    {
        var options = new BraintrustOptions();
        Ready.Fill(options, setup);
        _client = new BraintrustClient(options);
        _logger = _client.GetLogger();
        _frontEnd = new PlainFrontEnd(FrontEndSettings.From(options));
    }

    public void Emit(int i)
    {
        _logger.Event(_frontEnd, Work.Input(i), _client.Clock.GetUtcNow().UtcTicks, null, 1000, out var entry);
        _client.Offer(entry);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}

/// <summary>A front end whose events are the workload's input, and all else is known.</summary>
sealed class PlainFrontEnd(FrontEndSettings settings) : FrontEnd(settings)
{
    static readonly object PromptTokens = Work.PromptTokens;
    static readonly object CompletionTokens = Work.CompletionTokens;
    static readonly object Elapsed = Work.Elapsed;

    public override string Name => "bench";

    public override void Read(object payload, EventRecord into)
    {
        into.Template = Work.Template;
        into.HasParameters = true;
        into.LoggerName = "Benchmarks.Work";
        into.Add("Input", payload, true);
        into.Add("Output", Work.Answer, true);
        into.Add("Model", Work.Model, true);
        into.Add("PromptTokens", PromptTokens, true);
        into.Add("CompletionTokens", CompletionTokens, true);
        into.Add("Elapsed", Elapsed, true);
    }

    public override void Render(object payload, StringBuilder into) => into.Append("Answered");
}
