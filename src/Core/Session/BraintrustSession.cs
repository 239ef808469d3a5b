using Braintrust.Logging.Configuration;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Session;

/// <summary>What is known of one account: its login, its projects, its limits. Shared by all who log in alike; each brings its own connection.</summary>
sealed class BraintrustSession(ConnectionSettings settings, Func<string?> keySource)
{
    const string NoKey = "There is no API key. Set ApiKey in the options, the environment variable BRAINTRUST_API_KEY, or BRAINTRUST_API_KEY in a .env.braintrust file.";

    readonly SingleFlight<Login> _login = new();
    readonly ProjectDirectory _projects = new();

    public ConnectionSettings Settings => settings;

    public PayloadLimit PayloadLimit { get; } = new();

    /// <summary>The login, if there has been one.</summary>
    public Login? Current => _login.Known;

    /// <summary>The organisation's name as far as it is known: for links.</summary>
    public string? OrgName => Current?.OrgName ?? settings.OrgName;

    public ValueTask<(Answer Answer, Login? Login)> LoginAsync(HttpExchange http, CancellationToken cancel) =>
        _login.GetAsync(() => FreshLoginAsync(http), cancel);

    /// <summary>The next call logs in afresh, unless another has done so since.</summary>
    public void ForgetLogin(Login stale) => _login.Forget(stale);

    public async ValueTask<(Answer Answer, string? ProjectId)> ProjectAsync(HttpExchange http, ProjectKey project, CancellationToken cancel)
    {
        if (project.Id is { } id)
        {
            // The id is all that delivery needs; the name is nice to have and asked for once.
            if (project.Name is null && Current is { } known) await _projects.LearnNameAsync(http, settings.AppUrl, known, id, cancel).ConfigureAwait(false);
            return (Answer.Accepted, id);
        }
        var (answer, current) = await LoginAsync(http, cancel).ConfigureAwait(false);
        if (current is null) return (answer, null);
        (answer, var found) = await _projects.FindAsync(http, settings.AppUrl, current, project.Name ?? "Global", cancel).ConfigureAwait(false);
        if (answer.Kind == AnswerKind.Denied) ForgetLogin(current);
        return (answer, found);
    }

    /// <summary>The id of a project that has been looked up: for links, which do not wait.</summary>
    public string? KnownProjectId(string name) => Current is { } current ? _projects.KnownId(current.OrgId, name) : null;

    /// <summary>The name of a project given by id, when the service has told it.</summary>
    public string? KnownProjectName(string id) => _projects.KnownName(id);

    async Task<(Answer, Login?)> FreshLoginAsync(HttpExchange http)
    {
        var key = keySource(); // each time: one that is set or replaced later resumes
        if (string.IsNullOrWhiteSpace(key)) return (Answer.Denied(NoKey), null);
        if (SettingRules.Key(key) is { } error) return (Answer.Denied($"{EnvironmentVariables.ApiKey} {error}"), null);
        var reply = await http.PostAsync($"{settings.AppUrl}/api/apikey/login", key, default, CancellationToken.None).ConfigureAwait(false);
        return LoginRule.Judge(reply, settings, key, http.Time.GetUtcNow());
    }
}
