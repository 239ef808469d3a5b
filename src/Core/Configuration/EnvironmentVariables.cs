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

    /// <summary>What <c>.env.braintrust</c> may set. Any other name in that file does not exist for us.</summary>
    public static readonly IReadOnlyCollection<string> AllowedInFile = new HashSet<string>(StringComparer.Ordinal)
    {
        ApiKey, AppUrl, ApiUrl, OrgName, Project, ProjectId, EnvironmentType, EnvironmentName,
    };
}
