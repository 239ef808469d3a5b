using Braintrust.Logging.Local;

namespace ChatApi;

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

        var local = await BraintrustLocal.StartAsync();
        Environment.SetEnvironmentVariable("BRAINTRUST_API_KEY", local.ApiKey);
        Environment.SetEnvironmentVariable("BRAINTRUST_ORG_NAME", local.Organization);
        Environment.SetEnvironmentVariable("BRAINTRUST_APP_URL", local.Url.ToString());
        Environment.SetEnvironmentVariable("BRAINTRUST_API_URL", local.Url.ToString());
        return new Account(local);
    }

    public ValueTask DisposeAsync() => local?.DisposeAsync() ?? default;

    public override string ToString() => local is null ? "of your Braintrust account" : $"of the local Braintrust at {local.Url}";
}
