namespace Quickstart;

/// <summary>Real HTTP requests, one after the other over one connection.</summary>
static class Visitor
{
    static readonly string[] Questions = ["When is tea?", "Is there cake with it?", "What is the meaning of life?"];

    public static async Task AskAsync(Uri app)
    {
        using var http = new HttpClient { BaseAddress = app };
        foreach (var question in Questions)
        {
            using var response = await http.GetAsync(new Uri($"/answer?question={Uri.EscapeDataString(question)}", UriKind.Relative));
            Console.WriteLine($"GET /answer  {question}  →  {(int)response.StatusCode}");
        }
    }
}
