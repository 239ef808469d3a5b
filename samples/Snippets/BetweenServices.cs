using Braintrust.Logging;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Snippets;

/// <summary>One trace over several processes.</summary>
public static class BetweenServices
{
    public static void AddClients(IServiceCollection services)
    {
        // snippet: propagation-handler
        services.AddHttpClient("handbook", client => client.BaseAddress = new Uri("https://handbook.example"))
            .AddHttpMessageHandler(() => new BraintrustPropagationHandler("handbook.example"));
        // end
    }

    public static HttpClient Client()
    {
        // snippet: propagation-client
        var http = new HttpClient(new BraintrustPropagationHandler("*.shop.example") { InnerHandler = new SocketsHttpHandler() });
        // end
        return http;
    }

    public static async Task<string> AskAsync(HttpClient http, BraintrustSpan span)
    {
        // snippet: inject
        using var call = new HttpRequestMessage(HttpMethod.Get, "https://handbook.example/search");
        var headers = new Dictionary<string, string>();
        span.Inject(headers);
        foreach (var (name, value) in headers)
        {
            call.Headers.TryAddWithoutValidation(name, value);
        }
        // end
        using var response = await http.SendAsync(call);
        return await response.Content.ReadAsStringAsync();
    }

    public static string Search(BraintrustLogger logger, HttpRequest request)
    {
        // snippet: extract
        using var span = logger.StartSpan("search", parent: BraintrustPropagation.Extract(request.Headers));
        // end
        return span.RootSpanId;
    }
}
