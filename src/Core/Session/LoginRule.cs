using System.Text.Json;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Session;

/// <summary>Which organisation and which data plane an answer to the login gives us (PROTOCOL section 3.2).</summary>
static class LoginRule
{
    public static (Answer Answer, Login? Login) Judge(HttpReply reply, ConnectionSettings settings, string key, DateTimeOffset now)
    {
        var answer = ControlPlane.Judge("Login", reply, now);
        if (!answer.IsAccepted) return (answer, null);
        try
        {
            using var json = JsonDocument.Parse(reply.Body);
            var organisations = json.RootElement.GetProperty("org_info").EnumerateArray().ToList();
            return Choose(organisations, settings, key);
        }
        catch (Exception exception) when (ControlPlane.IsMisread(exception))
        {
            return (ControlPlane.NotUnderstood("Login", reply.Status), null);
        }
    }

    static (Answer Answer, Login? Login) Choose(List<JsonElement> organisations, ConnectionSettings settings, string key)
    {
        if (organisations.Count == 0)
            return (Answer.Denied("The API key belongs to no organisation. Check BRAINTRUST_API_KEY."), null);

        var chosen = organisations.FindIndex(organisation => settings.OrgName is not { } wanted || NameOf(organisation) == wanted);
        if (chosen < 0)
        {
            var names = string.Join(", ", organisations.Take(20).Select(organisation => ControlPlane.Quoted(NameOf(organisation))));
            return (Answer.Misconfigured($"The API key has no organisation {ControlPlane.Quoted(settings.OrgName!)}, but {names}. Check BRAINTRUST_ORG_NAME."), null);
        }

        var (id, name) = (organisations[chosen].GetProperty("id").GetString() ?? throw new JsonException(), NameOf(organisations[chosen]));
        var answered = organisations[chosen].TryGetProperty("api_url", out var url) ? url.GetString() : null;
        if (settings.ApiUrl is { } given) return (Answer.Accepted, new(key, id, name, given) { OtherApiUrl = Other(answered, given) });
        if (string.IsNullOrWhiteSpace(answered))
            return (Answer.Misconfigured($"The login named no API URL for the organisation {ControlPlane.Quoted(name)}. Set BRAINTRUST_API_URL."), null);
        if (SettingRules.Url(answered, settings.AllowInsecureTransport) is { } error)
            return (Answer.Misconfigured($"The API URL that the login named for the organisation {ControlPlane.Quoted(name)} {error}"), null);
        return (Answer.Accepted, new(key, id, name, SettingRules.Normalized(answered)));
    }

    static string? Other(string? answered, string given) =>
        !string.IsNullOrWhiteSpace(answered) && SettingRules.Url(answered, allowInsecure: true) is null && SettingRules.Normalized(answered) is var other && other != given ? other : null;

    static string NameOf(JsonElement organisation) => organisation.GetProperty("name").GetString() ?? "";
}
