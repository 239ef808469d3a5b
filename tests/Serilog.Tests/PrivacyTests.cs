using Braintrust.Logging;

namespace Serilog.Sinks.Braintrust.Tests;

/// <summary>What is kept back does not come by another way: inside of a structure, as text, in a name.</summary>
public sealed class PrivacyTests
{
    [Theory]
    [InlineData(EventsAs.ApplicationLogs), InlineData(EventsAs.Spans)]
    public async Task ASecretInsideOfAStructureShowsNeitherInTheMessageNorInTheMetadata(EventsAs eventsAs)
    {
        await using var world = await World.StartAsync(options => options.EventsAs = eventsAs);

        var row = await world.RowAsync(logger => logger.Information("Calling {@Request} with {@Headers}", new { Url = "/x", Password = "s3cr\"et" }, new Dictionary<string, object>
        {
            ["Authorization"] = "Bearer s3cr\"et",
            ["X-Api-Key"] = new[] { "s3cr\"et-2" },
            ["Accept"] = "text/html",
        }));

        Assert.DoesNotContain("s3cr", row.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("text/html", (string?)row["output"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatASpanIsCalledShowsNeitherSecretsNorContentThatIsKeptBack()
    {
        await using var world = await World.OnSocketsAsync(options => options.CaptureContent = false);
        await using var logger = world.Logger();
        var project = world.Client.GetLogger(world.Project);

        using (logger.BeginSpan(project, "Answer {Input}", "said-in"))
        using (logger.BeginSpan(project, "Call {@Headers}", new { Authorization = "Bearer s3cret", Accept = "text/html" }))
        {
            await world.RowsAsync(); // what is written while they are open
        }

        var rows = await world.RowsAsync();
        Assert.Equal(["Answer {Input}", "Call {\"Authorization\":\"***\",\"Accept\":\"text/html\"}"], rows.Select(row => (string?)row["span_attributes"]!["name"]).Order(StringComparer.Ordinal));
        var sent = string.Concat(world.Server.Arrivals.Entries.Select(row => row.ToJsonString()));
        Assert.DoesNotContain("said-in", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", sent, StringComparison.Ordinal);
    }
}
