namespace Braintrust.Logging.Configuration;

/// <summary>The variables this library reads for itself (PROTOCOL section 2.2, 2.3).</summary>
static class EnvironmentVariables
{
    public const string ApiKey = "BRAINTRUST_API_KEY";
    public const string AppUrl = "BRAINTRUST_APP_URL";
    public const string AppPublicUrl = "BRAINTRUST_APP_PUBLIC_URL";
    public const string ApiUrl = "BRAINTRUST_API_URL";
    public const string OrgName = "BRAINTRUST_ORG_NAME";
    public const string Project = "BRAINTRUST_PROJECT";
    public const string ProjectId = "BRAINTRUST_PROJECT_ID";

    // What Braintrust's own .NET SDK calls the same (PROTOCOL section 2.4).
    public const string SdkProject = "BRAINTRUST_DEFAULT_PROJECT_NAME";
    public const string SdkProjectId = "BRAINTRUST_DEFAULT_PROJECT_ID";

    public const string MaxRequestSize = "BRAINTRUST_MAX_REQUEST_SIZE";
    public const string SyncFlush = "BRAINTRUST_SYNC_FLUSH";
    public const string EnvironmentType = "BRAINTRUST_ENVIRONMENT_TYPE";
    public const string EnvironmentName = "BRAINTRUST_ENVIRONMENT_NAME";

    const string Prefix = "BRAINTRUST_";

    // Two letters wrong; more is another word, and other SDKs have variables of their own.
    const int Slip = 2;

    static readonly string[] All =
    [
        ApiKey, AppUrl, AppPublicUrl, ApiUrl, OrgName, Project, ProjectId, SdkProject, SdkProjectId, MaxRequestSize, SyncFlush, EnvironmentType, EnvironmentName,
    ];

    /// <summary>The variable that a name was meant for which is none: a slip, or a word too many or too few. Null: it is one, or means something else.</summary>
    public static string? Meant(string name)
    {
        if (All.Contains(name, StringComparer.Ordinal) || !name.StartsWith("BRAIN", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        var nearest = Spelling.Nearest(Letters(name), All.Select(Letters));
        if (Spelling.Distance(Letters(name), nearest) <= Slip)
        {
            return Array.Find(All, variable => Letters(variable) == nearest);
        }
        var words = Words(name);
        return words.Count == 0 ? null : Array.Find(All, variable => words.IsSubsetOf(Words(variable)) || words.IsSupersetOf(Words(variable)));
    }

    static string Letters(string name) => name.Replace("_", "", StringComparison.Ordinal);

    static HashSet<string> Words(string name) =>
        new(name[(name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? Prefix.Length : 0)..].Split('_', StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase);

    /// <summary>What <c>.env.braintrust</c> may set. Any other name in that file does not exist for us.</summary>
    public static readonly IReadOnlyCollection<string> AllowedInFile = new HashSet<string>(StringComparer.Ordinal)
    {
        ApiKey, AppUrl, ApiUrl, OrgName, Project, ProjectId, EnvironmentType, EnvironmentName,
    };
}
