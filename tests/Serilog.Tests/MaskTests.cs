using Braintrust.Logging;
using Braintrust.Logging.Tests;

namespace Serilog.Sinks.Braintrust.Tests;

public class MaskTests
{
    const string Secret = "s3cret-4711";

    [Fact]
    public async Task EventsAndSpansAreMaskedBeforeTheyAreQueued()
    {
        await using var world = await World.OnSocketsAsync(options => options.Mask = (_, value) => Stars(value));
        await using (var logger = world.Logger())
        {
            using (logger.BeginSpan(world.Client.GetLogger(world.Project), "Serving {User}", Secret))
            {
                logger.Error(new InvalidOperationException(Secret), "Asked {@Input} by {User}", new { Question = Secret }, Secret);
            }
            Parallel.For(0, 500, i => logger.Information("Number {I} {@Thing} " + Secret, i, new { I = i, Secret }));
        }
        var rows = await world.RowsAsync();

        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains(Secret, StringComparison.Ordinal));
        var span = rows.Single(row => row.Text("span_attributes", "name") == "Serving ***");
        Assert.Equal("***", span.Text("metadata", "User"));
        var asked = rows.Single(row => row.Text("input", "Question") == "***");
        Assert.Equal("***", asked.Text("metadata", "User"));
        Assert.StartsWith("System.InvalidOperationException: ***", asked.Text("error"));
        Assert.Equal(span.Text("span_id"), (string?)asked["span_parents"]![0]);
        Assert.Equal(502, rows.Count);
        Assert.All(Enumerable.Range(0, 500), i => Assert.Single(rows, row =>
            row.Text("metadata", "I") == $"{i}" && row.Text("output") == $$"""Number {{i}} {"I":{{i}},"Secret":"***"} ***"""));
    }

    [Fact]
    public async Task AFallbackGetsTheEventBackAsItWasLogged()
    {
        await using var world = await World.OnSocketsAsync();
        var login = new TaskCompletionSource();
        world.Server.OnLogin = async _ =>
        {
            await login.Task; // nothing leaves the queue before it was full
            return null;
        };
        var fallback = new RecordingSink();
        await using (var logger = new LoggerConfiguration().WriteTo.FallbackChain(
            to => to.Braintrust(options =>
            {
                world.PointTo(options);
                options.Mask = static (_, _) => "masked";
                options.QueueLimit = 1;
            }), to => to.Sink(fallback)).CreateLogger())
        {
            for (var i = 0; i < 20; i++)
            {
                logger.Information("Hello {Name}", "you");
            }
            login.SetResult();
        }
        Assert.NotEmpty(fallback.Events.Entries);
        Assert.All(fallback.Events.Entries, it => Assert.Equal("Hello {Name}", it.MessageTemplate.Text));
        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains("\"you\"", StringComparison.Ordinal));
    }

    static object? Stars(object? value) => value switch
    {
        string text => text.Replace(Secret, "***", StringComparison.Ordinal),
        IReadOnlyDictionary<string, object?> map => map.ToDictionary(member => member.Key, member => Stars(member.Value)),
        IReadOnlyList<object?> list => list.Select(Stars).ToList(),
        _ => value,
    };
}
