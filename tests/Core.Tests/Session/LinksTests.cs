using Braintrust.Logging.Session;

namespace Braintrust.Logging.Tests.Session;

public class LinksTests
{
    [Theory]
    [InlineData("my org", "P", "id-1", "https://app.example/app/my%20org/object?object_type=project_logs&object_id=id-1&id=row%261")]
    [InlineData("my org", "P/Q", null, "https://app.example/app/my%20org/p/P%2FQ/logs?oid=row%261")]
    [InlineData(null, "P", "id-1", "https://braintrust.dev/error-generating-link?msg=log-in-or-provide-org-name")]
    [InlineData("my org", null, null, "https://braintrust.dev/error-generating-link?msg=provide-project-name-or-id")]
    public void ALinkSaysAsMuchAsIsKnown(string? org, string? name, string? id, string link) =>
        Assert.Equal(link, Links.Row("https://app.example", org, new(name, id), "row&1"));
}
