using Braintrust.Logging;
using Microsoft.Extensions.AI;

namespace ChatApi;

/// <summary>The set-up: what a service needs so that each of its requests is one complete trace.</summary>
static class ChatApp
{
    public const string Project = "Support desk";

    /// <param name="args">Configuration, as on the command line.</param>
    /// <param name="clock">The time that the scripted model takes. Default: the system's.</param>
    public static WebApplication Build(string[] args, TimeProvider? clock = null)
    {
        // snippet: chat-setup
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddBraintrust(options =>
        {
            options.Project = Project;
            options.ActivitySources = BraintrustActivitySources.GenAI;
        });
        builder.Services.AddChatClient(Model)
            .UseFunctionInvocation() // first: then each call of the model is a span of its own, and not one for the whole loop
            .UseOpenTelemetry(configure: telemetry => telemetry.EnableSensitiveData = true); // messages and arguments, not only counts
        // end

        builder.Services.AddSingleton(clock ?? TimeProvider.System);
        builder.Services.AddSingleton<Orders>();
        builder.Services.AddSingleton<SupportDesk>();
        var app = builder.Build();
        app.MapPost("/chat", Endpoints.AnswerAsync);
        app.MapPost("/chat/stream", Endpoints.StreamAnswer);
        app.MapPost("/feedback", Endpoints.TakeFeedback);
        return app;
    }

    /// <summary>OpenAI's with a key; without one, a model that knows one conversation.</summary>
    static IChatClient Model(IServiceProvider services) =>
        Environment.GetEnvironmentVariable("OPENAI_API_KEY") is { Length: > 0 } key
            ? new OpenAI.Chat.ChatClient("gpt-4o-mini", key).AsIChatClient()
            : new ScriptedModel(services.GetRequiredService<TimeProvider>());
}
