using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

public class MaskTests
{
    const string Secret = "s3cret-4711";

    [Fact]
    public async Task LogCallsAndScopesAreMaskedBeforeTheyAreQueued()
    {
        await using var world = await World.OnSocketsAsync();
        var thread = Environment.CurrentManagedThreadId;
        var others = 0;
        var logger = world.Logger(options => options.Mask = (_, value) =>
        {
            others += Environment.CurrentManagedThreadId == thread ? 0 : 1;
            return Stars(value);
        });

        using (logger.BeginScope("Serving {User}", Secret))
        {
            logger.LogError(new InvalidOperationException(Secret), "Asked {Input} by {User}", new { Question = Secret }, Secret);
            logger.LogInformation("No template, " + Secret);
        }
        Assert.Equal(0, others);
        var rows = await world.FlushAsync();

        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains(Secret, StringComparison.Ordinal));
        Assert.Equal("***", (string?)rows.Named("Serving ***").Meta("User"));
        var asked = rows.Named("Asked {Input} by {User}");
        Assert.Equal(("***", "***"), ((string?)asked["input"]!["Question"], (string?)asked.Meta("User")));
        Assert.StartsWith("System.InvalidOperationException: ***", (string?)asked["error"]);
        Assert.Equal(rows.Named("Serving ***").SpanId(), asked.Parent());
        Assert.Equal("No template, ***", (string?)rows.Named("No template, ***")["output"]);
        Assert.Equal(0, others);
    }

    [Theory]
    [InlineData(EventsAs.ApplicationLogs)]
    [InlineData(EventsAs.Auto)]
    public async Task NativeLogRowsAreMaskedToo(EventsAs eventsAs)
    {
        var row = await World.RowOfAsync(logger => logger.LogInformation(new InvalidOperationException(Secret), "Hello {Name}", Secret), options =>
        {
            options.EventsAs = eventsAs;
            options.Mask = (_, value) => Stars(value);
        });
        Assert.DoesNotContain(Secret, row.ToJsonString(), StringComparison.Ordinal);
        Assert.StartsWith("Hello ***", (string?)row["output"]);
        Assert.Equal("log", row.Type());
    }

    [Fact]
    public async Task AProviderOverAGivenClientTakesItsMaskUnlessItHasOne()
    {
        await using var world = await World.StartAsync();
        var given = new BraintrustOptions { Mask = static (_, value) => Stars(value) };
        world.Lead(given);
        await using var client = new BraintrustClient(given);
        world.Logger(options => options.Client = client).LogInformation("one {Name}", Secret);
        world.Logger(options =>
        {
            options.Client = client;
            options.Mask = static (field, value) => field == "metadata" ? null : Stars(value);
        }).LogInformation("two {Name}", Secret);
        await client.FlushAsync();

        var rows = await world.StoredAsync(World.Project);
        Assert.Equal("***", (string?)rows.Named("one {Name}").Meta("Name"));
        Assert.Null(rows.Named("two {Name}")["metadata"]);
        Assert.Equal("two ***", (string?)rows.Named("two {Name}")["output"]);
    }

    static object? Stars(object? value) => value switch
    {
        string text => text.Replace(Secret, "***", StringComparison.Ordinal),
        IReadOnlyDictionary<string, object?> map => map.ToDictionary(member => member.Key, member => Stars(member.Value)),
        IReadOnlyList<object?> list => list.Select(Stars).ToList(),
        _ => value,
    };
}
