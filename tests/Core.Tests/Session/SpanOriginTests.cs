using Braintrust.Logging.Session;

namespace Braintrust.Logging.Tests.Session;

public class SpanOriginTests
{
    [Theory]
    [InlineData("", null, null)]
    [InlineData("BRAINTRUST_ENVIRONMENT_TYPE=server CI=1", "server", null)]
    [InlineData("BRAINTRUST_ENVIRONMENT_NAME=blue CI=1", null, "blue")]
    [InlineData("GITHUB_ACTIONS=true CI=true", "ci", "github_actions")]
    [InlineData("GITLAB_CI=1", "ci", "gitlab_ci")]
    [InlineData("CIRCLECI=1", "ci", "circleci")]
    [InlineData("BUILDKITE=1", "ci", "buildkite")]
    [InlineData("JENKINS_HOME=/j", "ci", "jenkins")]
    [InlineData("TF_BUILD=True", "ci", "azure_pipelines")]
    [InlineData("TEAMCITY_VERSION=1", "ci", "teamcity")]
    [InlineData("TRAVIS=1", "ci", "travis")]
    [InlineData("BITBUCKET_BUILD_NUMBER=1", "ci", "bitbucket")]
    [InlineData("CI=true VERCEL=1", "ci", "ci")]
    [InlineData("CI=false VERCEL=1", "server", "vercel")]
    [InlineData("NETLIFY=1", "server", "netlify")]
    [InlineData("ECS_CONTAINER_METADATA_URI_V4=x AWS_EXECUTION_ENV=AWS_ECS_FARGATE", "server", "ecs")]
    [InlineData("AWS_EXECUTION_ENV=AWS_ECS_EC2", "server", "ecs")]
    [InlineData("AWS_EXECUTION_ENV=AWS_Lambda_dotnet8", "server", "aws_lambda")]
    [InlineData("AWS_EXECUTION_ENV=CloudShell", null, null)]
    [InlineData("AWS_LAMBDA_FUNCTION_NAME=f", "server", "aws_lambda")]
    [InlineData("K_SERVICE=s FUNCTION_TARGET=f", "server", "cloud_run")]
    [InlineData("FUNCTION_TARGET=f", "server", "gcp_functions")]
    [InlineData("KUBERNETES_SERVICE_HOST=h ASPNETCORE_ENVIRONMENT=Production", "server", "kubernetes")]
    [InlineData("DYNO=d", "server", "heroku")]
    [InlineData("FLY_APP_NAME=a", "server", "fly")]
    [InlineData("RAILWAY_ENVIRONMENT=e", "server", "railway")]
    [InlineData("RENDER_SERVICE_NAME=s", "server", "render")]
    [InlineData("ASPNETCORE_ENVIRONMENT=Production DOTNET_ENVIRONMENT=Development", "server", "production")]
    [InlineData("DOTNET_ENVIRONMENT=Stage", "server", "stage")]
    [InlineData("DOTNET_ENVIRONMENT=Development", "local", "development")]
    [InlineData("DOTNET_ENVIRONMENT=test", null, null)]
    [InlineData("DOTNET_ENVIRONMENT=Blue", null, null)]
    public void TheFirstSignalTellsWhereWeRun(string environment, string? type, string? name)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        var expected = type is null && name is null ? null : new SpanEnvironment(type, name);
        Assert.Equal(expected, SpanOrigin.Detect(variables.GetValueOrDefault));
    }
}
