using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Braintrust.Extensions.Logging;
using Braintrust.Logging.Local;
using Samples;

namespace ChatApi;

/// <summary>Talks to the service over HTTP as its users would, then shows what was logged.</summary>
static class Demo
{
    public static readonly string Question = Json(new Question("Where is my order 1017?"));

    public static string Praise(string id) => Json(new Feedback(id, Helpful: true, Comment: "Thank you!"));

    /// <summary>True: everything arrived.</summary>
    public static async Task<bool> RunAsync(WebApplication app, Account account)
    {
        Console.OutputEncoding = Encoding.UTF8;
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        using var whole = await PostAsync(http, "/chat", Question);
        var answer = await whole.Content.ReadFromJsonAsync<Answer>();
        Console.WriteLine($"POST /chat         {answer!.Text}");

        Console.Write("POST /chat/stream ");
        using var stream = await PostAsync(http, "/chat/stream", Question);
        await foreach (var piece in SseParser.Create(await stream.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            Console.Write(piece.EventType == "text" ? $"·{piece.Data}" : "");
        }
        Console.WriteLine();

        using var thanks = await PostAsync(http, "/feedback", Praise(answer.Id));
        Console.WriteLine($"POST /feedback     {(int)thanks.StatusCode}");

        await app.StopAsync(); // the requests have ended now, and not only their answers arrived
        var flush = await app.Services.GetRequiredService<BraintrustLoggerProvider>().Client.FlushAsync();
        Show(account);
        Console.WriteLine(flush.Completed ? "Nothing was lost." : $"Something is missing. {flush.LastError}");
        return flush is { Completed: true, Dropped: 0 };
    }

    static void Show(Account account)
    {
        Console.WriteLine();
        if (account.Local is not { } local)
        {
            Console.WriteLine($"The traces are in the project {ChatApp.Project} {account}.");
            return;
        }
        foreach (var trace in local.Traces(ChatApp.Project).Reverse())
        {
            Console.Write(TraceText.Render([trace]));
            foreach (var call in trace.SelfAndDescendants())
            {
                if (call.Row["metrics"]?["time_to_first_token"] is { } seconds)
                {
                    Console.WriteLine($"   first token of {call.Name} after {(double)seconds * 1000:0} ms");
                }
            }
            foreach (var comment in trace.Comments)
            {
                Console.WriteLine($"   comment: {comment["comment"]?["text"]}");
            }
            Console.WriteLine();
        }
    }

    static async Task<HttpResponseMessage> PostAsync(HttpClient http, string path, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        return (await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)).EnsureSuccessStatusCode();
    }

    static string Json<T>(T value) => JsonSerializer.Serialize(value, JsonSerializerOptions.Web);
}
