using Braintrust.Logging.Configuration;

namespace Braintrust.Logging.Session;

/// <summary>Where a process runs, as a row's <c>context.span_origin.environment</c> says it. A part that is not known is null.</summary>
sealed record SpanEnvironment(string? Type, string? Name);

/// <summary>Tells where this process runs from its environment variables (PROTOCOL section 22). The first signal wins.</summary>
static class SpanOrigin
{
    static readonly (string Variable, string Start, string Type, string Name)[] Signals =
    [
        ("GITHUB_ACTIONS", "", "ci", "github_actions"),
        ("GITLAB_CI", "", "ci", "gitlab_ci"),
        ("CIRCLECI", "", "ci", "circleci"),
        ("BUILDKITE", "", "ci", "buildkite"),
        ("JENKINS_URL", "", "ci", "jenkins"),
        ("JENKINS_HOME", "", "ci", "jenkins"),
        ("TF_BUILD", "", "ci", "azure_pipelines"),
        ("TEAMCITY_VERSION", "", "ci", "teamcity"),
        ("TRAVIS", "", "ci", "travis"),
        ("BITBUCKET_BUILD_NUMBER", "", "ci", "bitbucket"),
        ("CI", "", "ci", "ci"),
        ("VERCEL", "", "server", "vercel"),
        ("NETLIFY", "", "server", "netlify"),
        ("ECS_CONTAINER_METADATA_URI", "", "server", "ecs"),
        ("ECS_CONTAINER_METADATA_URI_V4", "", "server", "ecs"),
        ("AWS_EXECUTION_ENV", "AWS_ECS_", "server", "ecs"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_", "server", "aws_lambda"),
        ("AWS_LAMBDA_FUNCTION_NAME", "", "server", "aws_lambda"),
        ("K_SERVICE", "", "server", "cloud_run"),
        ("FUNCTION_TARGET", "", "server", "gcp_functions"),
        ("KUBERNETES_SERVICE_HOST", "", "server", "kubernetes"),
        ("DYNO", "", "server", "heroku"),
        ("FLY_APP_NAME", "", "server", "fly"),
        ("RAILWAY_ENVIRONMENT", "", "server", "railway"),
        ("RENDER_SERVICE_NAME", "", "server", "render"),
    ];

    public static SpanEnvironment? Detect(Func<string, string?> read)
    {
        var (type, name) = (Nonblank(EnvironmentVariables.EnvironmentType), Nonblank(EnvironmentVariables.EnvironmentName));
        if (type is not null || name is not null) return new(type, name);

        foreach (var signal in Signals)
        {
            if (Nonblank(signal.Variable) is { } value && value.StartsWith(signal.Start, StringComparison.Ordinal) && !(signal.Variable == "CI" && IsNo(value)))
                return new(signal.Type, signal.Name);
        }
        return ByHostingName(Nonblank("ASPNETCORE_ENVIRONMENT") ?? Nonblank("DOTNET_ENVIRONMENT"));

        string? Nonblank(string variable) => read(variable) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
    }

    // Set by people who mean "this is no CI"; the others are set by machines, and only where they apply.
    static bool IsNo(string value) => value.ToLowerInvariant() is "false" or "0" or "no" or "off";

    static SpanEnvironment? ByHostingName(string? name) => name?.ToLowerInvariant() switch
    {
        "production" or "prod" or "staging" or "stage" => new("server", name.ToLowerInvariant()),
        "development" or "dev" or "local" => new("local", name.ToLowerInvariant()),
        _ => null,
    };
}
