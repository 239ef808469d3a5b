using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Llm;

/// <summary>Who writes log events about model and tool calls.</summary>
enum LlmSource : byte
{
    None,
    /// <summary>Microsoft.Extensions.AI's <c>UseLogging</c>.</summary>
    ChatClient,
    /// <summary>Microsoft.Extensions.AI's <c>UseFunctionInvocation</c>.</summary>
    Tools,
    /// <summary>Microsoft.Extensions.AI's <c>UseLogging</c> of an embedding generator.</summary>
    Embeddings,
    /// <summary>Microsoft.Extensions.AI's <c>UseOpenTelemetry</c>: repeats failures.</summary>
    Telemetry,
    /// <summary>Agent Framework's <c>UseLogging</c>.</summary>
    Agent,
    /// <summary>Semantic Kernel's functions.</summary>
    Function,
    /// <summary>Semantic Kernel's connectors to models.</summary>
    Connector,
}

static class LlmSources
{
    const string Connectors = "Microsoft.SemanticKernel.Connectors.";
    const string FunctionTemplate = "Function {PluginName}-{FunctionName} ";

    public static LlmSource Of(string category) => category switch
    {
        "Microsoft.Extensions.AI.LoggingChatClient" => LlmSource.ChatClient,
        "Microsoft.Extensions.AI.FunctionInvokingChatClient" => LlmSource.Tools,
        "Microsoft.Extensions.AI.LoggingEmbeddingGenerator" => LlmSource.Embeddings,
        "Microsoft.Extensions.AI.OpenTelemetryChatClient" => LlmSource.Telemetry,
        "LoggingAgent" or "Microsoft.Agents.AI.LoggingAgent" => LlmSource.Agent,
        "Microsoft.SemanticKernel.KernelFunction" => LlmSource.Function,
        _ => category.StartsWith(Connectors, StringComparison.Ordinal) ? LlmSource.Connector : LlmSource.None,
    };

    /// <summary>A kernel function that streams logs under a category of its own name; its template gives it away.</summary>
    public static LlmSource Of(string category, string? template) =>
        Of(category) is not LlmSource.None and var source ? source : IsFunction(template) ? LlmSource.Function : LlmSource.None;

    public static bool IsFunction(string? template) => template is not null && template.StartsWith(FunctionTemplate, StringComparison.Ordinal);

    /// <summary>Whether a template could be one of theirs: for front ends that know the category only after a look-up.</summary>
    public static bool MayWrite(string template) => template.Length >= 10 && template[0] switch
    {
        '{' => template.StartsWith("{MethodName} ", StringComparison.Ordinal),
        'G' => template.StartsWith("GetStreamingResponseAsync ", StringComparison.Ordinal) || template.StartsWith("GenerateAsync ", StringComparison.Ordinal),
        'R' => template.StartsWith("RunStreamingAsync ", StringComparison.Ordinal),
        'I' => template.StartsWith("Invoking {MethodName}", StringComparison.Ordinal),
        'g' => template == LlmEvent.Repetition,
        'F' => IsFunction(template),
        'P' => template.StartsWith("Prompt tokens: {InputTokenCount}", StringComparison.Ordinal),
        'C' => template.StartsWith("ChatHistory: {ChatHistory}", StringComparison.Ordinal),
        _ => false,
    };
}

enum LlmStep : byte
{
    None,
    Begin,
    /// <summary>A piece of a streamed answer.</summary>
    Update,
    /// <summary>Something about a call that goes on.</summary>
    Note,
    /// <summary>It failed; its end is still to come.</summary>
    Error,
    End,
    /// <summary>A failure that is told elsewhere too.</summary>
    Repetition,
}

/// <summary>An event of such a library, as its front end read it on the caller's thread.</summary>
readonly record struct LlmEvent(LlmSource Source, string Category, string? Name, Property[] Properties, Exception? Exception)
{
    public const string Repetition = "gen_ai.client.operation.exception";
    public const string Canceled = "LogInvocationCanceled";

    public LlmStep Step => Source switch
    {
        LlmSource.Telemetry => Name == Repetition ? LlmStep.Repetition : LlmStep.None,
        LlmSource.Connector => Text("ChatHistory") is not null ? LlmStep.Begin : Count("TotalTokenCount") is not null ? LlmStep.End : LlmStep.None,
        LlmSource.Function => Name switch
        {
            "LogFunctionInvoking" or "LogFunctionStreamingInvoking" => LlmStep.Begin,
            "LogFunctionComplete" or "LogFunctionStreamingComplete" => LlmStep.End,
            "LogFunctionError" => LlmStep.Error,
            "LogFunctionInvokedSuccess" => LlmStep.Note,
            null => Text("Arguments") is not null || Text("ResultValue") is not null ? LlmStep.Note : LlmStep.None,
            _ => LlmStep.None,
        },
        _ => Name switch
        {
            "LogInvoked" or "LogInvokedSensitive" or "LogInvoking" or "LogInvokingSensitive" => LlmStep.Begin,
            "LogStreamingUpdate" or "LogStreamingUpdateSensitive" => LlmStep.Update,
            "LogCompleted" or "LogCompletedSensitive" or "LogInvocationCompleted" or "LogInvocationCompletedSensitive" => LlmStep.End,
            Canceled or "LogInvocationFailed" => Source == LlmSource.Tools ? LlmStep.Error : LlmStep.End,
            _ => LlmStep.None,
        },
    };

    public bool IsTool => Source is LlmSource.Tools or LlmSource.Function;

    /// <summary>Which method or function; by it an end finds its beginning.</summary>
    public string Method => (Source == LlmSource.Function ? Text("FunctionName") : Text("MethodName")) ?? "";

    /// <summary>Whether the answer comes in pieces, and what logs them loses its async flow at each. Semantic Kernel's connectors do not say.</summary>
    public bool IsStream => Source switch
    {
        LlmSource.ChatClient or LlmSource.Agent => Method.Contains("Streaming", StringComparison.Ordinal),
        LlmSource.Connector => true,
        _ => Name == "LogFunctionStreamingInvoking",
    };

    public string? Text(string name) => Value(name) as string;

    public long? Count(string name) => Values.TryInteger(Value(name), out var count) ? count : null;

    public object? Value(string name)
    {
        foreach (var property in Properties)
        {
            if (property.Name == name)
            {
                return property.Value;
            }
        }
        return null;
    }
}
