using System.Text.Json;
using Braintrust.Logging.Privacy;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Llm;

/// <summary>What an event of a library says about a call, in the words of a row: pure.</summary>
static class LlmReading
{
    const string Connectors = "Microsoft.SemanticKernel.Connectors.";

    /// <summary>How a call begins. Where contents are not logged, that is its name alone.</summary>
    public static SpanStart Beginning(in LlmEvent it, BraintrustLogger logger, FrontEnd frontEnd)
    {
        var metadata = new List<KeyValuePair<string, object?>>();
        var withContent = frontEnd.Settings.CaptureContent;
        object? input = null;
        string name;
        string type;
        switch (it.Source)
        {
            case LlmSource.Tools:
                (name, type, input) = ("execute_tool " + it.Method, SpanTypes.Tool, ChatMessages.Json(it.Value("Arguments")));
                break;
            case LlmSource.Function:
                (name, type) = (Function(it, metadata), SpanTypes.Tool);
                break;
            case LlmSource.Agent:
                (name, type, input) = ("invoke_agent", SpanTypes.Task, ChatMessages.Input(it.Value("Messages")));
                Options(it.Text("Options"), withContent, metadata, ref input);
                Client(it.Text("Metadata"), metadata);
                break;
            case LlmSource.Embeddings:
                (name, type, input) = ("embeddings", SpanTypes.Llm, ChatMessages.Json(it.Value("Values")));
                Options(it.Text("EmbeddingGenerationOptions"), withContent, metadata, ref input);
                name = Model(name, Client(it.Text("EmbeddingGeneratorMetadata"), metadata));
                break;
            case LlmSource.Connector:
                (name, type, input) = ("chat", SpanTypes.Llm, ChatMessages.Input(it.Value("ChatHistory")));
                metadata.Add(new("provider", Provider(it.Category)));
                name = Model(name, Settings(it.Text("Settings"), withContent, metadata));
                break;
            default:
                (name, type, input) = ("chat", SpanTypes.Llm, ChatMessages.Input(it.Value("Messages")));
                Options(it.Text("ChatOptions"), withContent, metadata, ref input);
                name = Model(name, Client(it.Text("ChatClientMetadata"), metadata));
                break;
        }
        return new SpanStart
        {
            Logger = logger,
            FrontEnd = frontEnd,
            Name = ValueMarks.Cut(name, ValueLimits.NameChars),
            Type = type,
            Input = input is string text ? ValueMarks.Cut(text, ValueLimits.StringChars) : input,
            Metadata = metadata,
            LoggerName = it.Category,
        };
    }

    /// <summary>What an event says of a tool call that has a span already.</summary>
    public static RowPatch Tool(in LlmEvent it, bool hasFailed)
    {
        var arguments = ChatMessages.Json(it.Value("Arguments"));
        var result = hasFailed ? null : ChatMessages.Json(it.Source == LlmSource.Function ? it.Value("ResultValue") : it.Value("Result"));
        return new RowPatch { Input = Cut(arguments), Output = Cut(result), Error = Error(it) };
    }

    /// <summary>Why a call failed; null if it did not.</summary>
    public static string? Error(in LlmEvent it) =>
        it.Exception is { } exception ? ErrorText.Of(exception) : it.Name == LlmEvent.Canceled ? "The call was canceled." : it.Step == LlmStep.Error ? "The call failed." : null;

    /// <summary>The provider that Semantic Kernel's connector is for, by OpenTelemetry's names where they are known.</summary>
    public static string Provider(string category)
    {
        var name = category.AsSpan(Math.Min(Connectors.Length, category.Length));
        var dot = name.IndexOf('.');
        return (dot < 0 ? name : name[..dot]) switch
        {
            "OpenAI" => "openai",
            "AzureOpenAI" => "azure.ai.openai",
            "AzureAIInference" => "azure.ai.inference",
            "MistralAI" => "mistral_ai",
            "Amazon" => "aws.bedrock",
            var other => other.ToString().ToLowerInvariant(),
        };
    }

    static object? Cut(object? value) => value is string text ? ValueMarks.Cut(text, ValueLimits.StringChars) : value;

    static string Model(string operation, string? model) => string.IsNullOrEmpty(model) ? operation : $"{operation} {model}";

    /// <summary>A function made of a prompt has a made-up name, another each time.</summary>
    static string Function(in LlmEvent it, List<KeyValuePair<string, object?>> metadata)
    {
        metadata.Add(new("gen_ai.tool.name", it.Method));
        if (it.Text("PluginName") is { Length: > 0 } plugin)
        {
            metadata.Add(new("plugin", plugin));
            return $"execute_tool {plugin}-{it.Method}";
        }
        return StableName.Of("execute_tool " + it.Method);
    }

    /// <summary>The request's options in OpenAI's names.</summary>
    static void Options(string? json, bool withContent, List<KeyValuePair<string, object?>> metadata, ref object? input)
    {
        if (json is null || ChatMessages.Parse(json) is not { } document)
        {
            return;
        }
        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return;
            }
            foreach (var option in document.RootElement.EnumerateObject())
            {
                switch (option.Name)
                {
                    case "instructions" when option.Value.ValueKind == JsonValueKind.String && (input is null || ChatMessages.IsList(input)):
                        input = ChatMessages.WithInstructions(option.Value.GetString()!, input);
                        break;
                    case "modelId" when option.Value.ValueKind == JsonValueKind.String:
                        metadata.Add(new("model", option.Value.GetString()));
                        break;
                    default:
                        Add(ChatReader.OptionName(option.Name), option.Value, withContent, metadata);
                        break;
                }
            }
        }
    }

    /// <summary>Who answers; gives the model that is asked.</summary>
    static string? Client(string? json, List<KeyValuePair<string, object?>> metadata)
    {
        var asked = metadata.Find(static entry => entry.Key == "model").Value as string;
        if (json is null || ChatMessages.Parse(json) is not { } document)
        {
            return asked;
        }
        using (document)
        {
            if (ChatPart.Member(document.RootElement, "providerName") is { Length: > 0 } provider)
            {
                metadata.Add(new("provider", provider));
            }
            if (ChatPart.Member(document.RootElement, "providerUri") is { Length: > 0 } address)
            {
                metadata.Add(new("server.address", address));
            }
            if (asked is null && ChatPart.Member(document.RootElement, "defaultModelId") is { Length: > 0 } model)
            {
                metadata.Add(new("model", asked = model));
            }
            return asked;
        }
    }

    /// <summary>Semantic Kernel's settings of a call; gives the model that is asked.</summary>
    static string? Settings(string? json, bool withContent, List<KeyValuePair<string, object?>> metadata)
    {
        if (json is null || ChatMessages.Parse(json) is not { } document)
        {
            return null;
        }
        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }
            foreach (var setting in document.RootElement.EnumerateObject())
            {
                if (setting.Value.ValueKind != JsonValueKind.Null)
                {
                    Add(setting.NameEquals("model_id") ? "model" : setting.Name, setting.Value, withContent, metadata);
                }
            }
            return ChatPart.Member(document.RootElement, "model_id");
        }
    }

    static void Add(string name, JsonElement value, bool withContent, List<KeyValuePair<string, object?>> metadata)
    {
        if (withContent || ModelContent.IsPlainOption(name, value.ValueKind))
        {
            metadata.Add(new(name, Scalar(value)));
        }
    }

    static object? Scalar(JsonElement value) => value.ValueKind == JsonValueKind.String ? Cut(value.GetString()) : ChatMessages.Whole(value);
}
