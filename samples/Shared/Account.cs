using Braintrust.Logging.Local;

namespace Samples;

/// <summary>Where the rows go. A local Braintrust is announced through the same variables that a real account is.</summary>
sealed class Account(BraintrustLocal? local) : IAsyncDisposable
{
    public BraintrustLocal? Local => local;

    public static async Task<Account> OpenAsync()
    {
        if (!string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable("BRAINTRUST_API_KEY")))
        {
            return new Account(null);
        }

        // snippet: local
        var local = await BraintrustLocal.StartAsync();
        Environment.SetEnvironmentVariable("BRAINTRUST_API_KEY", local.ApiKey);
        Environment.SetEnvironmentVariable("BRAINTRUST_ORG_NAME", local.Organization);
        Environment.SetEnvironmentVariable("BRAINTRUST_APP_URL", local.Url.ToString());
        Environment.SetEnvironmentVariable("BRAINTRUST_API_URL", local.Url.ToString());
        // end
        return new Account(local);
    }

    /// <summary>Prints what a local Braintrust has got by now, oldest first, or says where else to look.</summary>
    public void Show(params IEnumerable<string> projects)
    {
        foreach (var project in projects)
        {
            Console.WriteLine();
            Console.WriteLine($"Project {project} {this}");
            if (local is not null)
            {
                Console.WriteLine();
                Console.Write(TraceText.Render(local.Traces(project).Reverse()));
            }
        }
    }

    public ValueTask DisposeAsync() => local?.DisposeAsync() ?? default;

    public override string ToString() => local is null ? "of your Braintrust account" : $"of the local Braintrust at {local.Url}";
}
