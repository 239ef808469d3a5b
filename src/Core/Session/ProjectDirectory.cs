using System.Collections.Concurrent;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Session;

/// <summary>The projects looked up so far. Names are compared as given, within their organisation.</summary>
sealed class ProjectDirectory
{
    // Far more than anybody has, and little memory: what is forgotten is looked up again.
    const int Remembered = 10_000;

    static readonly TimeSpan PatienceForNames = TimeSpan.FromSeconds(2);

    readonly ConcurrentDictionary<(string OrgId, string Name), SingleFlight<string>> _ids = new();
    readonly ConcurrentDictionary<string, string?> _names = new();

    public ValueTask<(Answer Answer, string? Id)> FindAsync(HttpExchange http, string appUrl, Login login, string name, CancellationToken cancel)
    {
        if (!_ids.TryGetValue((login.OrgId, name), out var flight))
        {
            if (_ids.Count >= Remembered) _ids.Clear();
            flight = _ids.GetOrAdd((login.OrgId, name), static _ => new());
        }
        return flight.GetAsync(() => RegisterAsync(http, appUrl, login, name), cancel);
    }

    /// <summary>Asks for the name behind an id, the first time only; whether that works makes no difference to anyone's rows.</summary>
    public async ValueTask LearnNameAsync(HttpExchange http, string appUrl, Login login, string id, CancellationToken cancel)
    {
        if (_names.Count >= Remembered) _names.Clear();
        if (!_names.TryAdd(id, null)) return;
        await AskAsync().WaitAsync(PatienceForNames, http.Time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        async Task AskAsync()
        {
            var reply = await http.GetAsync($"{appUrl}/api/project?id={Uri.EscapeDataString(id)}", login.Key, CancellationToken.None).ConfigureAwait(false);
            _names[id] = ProjectRule.NameOf(reply);
        }
    }

    public string? KnownId(string orgId, string name) => _ids.TryGetValue((orgId, name), out var flight) ? flight.Known : null;

    public string? KnownName(string id) => _names.GetValueOrDefault(id);

    static async Task<(Answer, string?)> RegisterAsync(HttpExchange http, string appUrl, Login login, string name)
    {
        var body = ProjectRule.Registration(name, login.OrgId);
        var reply = await http.PostAsync($"{appUrl}/api/project/register", login.Key, body, CancellationToken.None).ConfigureAwait(false);
        return ProjectRule.Registered(reply, name, http.Time.GetUtcNow());
    }
}
