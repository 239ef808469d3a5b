using System.Text.Json.Nodes;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Pipeline;

/// <summary>A gap in a project's traces has an explanation beside it.</summary>
public sealed class LossSummaryTests
{
    [Fact]
    public async Task AProjectIsToldOnceWhatItLostWhenDeliveryWorks()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.QueueLimit = 32);
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains("poison", StringComparison.Ordinal) ? new Reply(400, "{}") : null);

        for (var i = 0; i < 50; i++)
        {
            logger.Log(name: $"row {i}"); // more than the queue takes
        }
        await logger.Client.FlushAsync();
        logger.Log(name: "poison");
        await logger.Client.FlushAsync();
        var refused = world.Losses.Where(loss => loss.Reason == "queue_full").Sum(loss => loss.Count);
        Assert.True(refused > 0, "Nothing was refused.");

        await TellAsync(world, logger);
        var summary = world.Row("Rows lost");
        Assert.Equal($"{refused + 1} rows were lost on the way to this project (queue_full: {refused}, rejected: 1).", (string?)summary["output"]);
        Assert.True(JsonNode.DeepEquals(new JsonObject { ["queue_full"] = refused, ["rejected"] = 1 }, summary["metadata"]!["lost"]));
        Assert.Equal("warn", (string?)summary["span_attributes"]!["log_level"]);

        await TellAsync(world, logger);
        Assert.Single(world.Server.Stored(World.Project), row => (string?)row["span_attributes"]!["name"] == "Rows lost");
    }

    [Fact]
    public async Task EachProjectIsToldOfItsOwnLosses()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains("poison", StringComparison.Ordinal) ? new Reply(400, "{}") : null);

        client.GetLogger("hurt", setCurrent: false).Log(name: "poison");
        client.GetLogger("hurt", setCurrent: false).Log(name: "fine");
        client.GetLogger("well", setCurrent: false).Log(name: "fine");
        await client.FlushAsync();
        await TellAsync(world, client.GetLogger("hurt", setCurrent: false));

        Assert.Contains(world.Server.Stored("hurt"), row => (string?)row["span_attributes"]!["name"] == "Rows lost");
        Assert.Single(world.Server.Stored("well"));
    }

    [Fact]
    public async Task ASummaryThatIsLostItselfIsNotToldAgain()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains("poison", StringComparison.Ordinal) || request.Body.Contains("Rows lost", StringComparison.Ordinal) ? new Reply(400, "{}") : null);

        logger.Log(name: "poison");
        logger.Log(name: "fine");
        await logger.Client.FlushAsync();
        await TellAsync(world, logger);
        await TellAsync(world, logger);

        Assert.Equal(1, world.Server.Requests.Entries.Count(request => request.Body.Contains("Rows lost", StringComparison.Ordinal)));
        Assert.Equal(2, world.Losses.Sum(loss => loss.Count)); // the row and the summary: the books are exact
    }

    [Fact]
    public async Task WhileNothingCanBeDeliveredNothingIsTold()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.QueueLimit = 16);
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(Reply.Unavailable("300"));
        for (var i = 0; i < 40; i++)
        {
            logger.Log(name: $"row {i}");
        }
        await world.Settled(logger.Client);

        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await world.Settled(logger.Client);
        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains("Rows lost", StringComparison.Ordinal));

        world.Server.OnLogs3 = null;
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        await world.AdvanceUntil(logger.Client.FlushAsync());
        await TellAsync(world, logger);
        Assert.Contains("queue_full", (string?)world.Row("Rows lost")["output"], StringComparison.Ordinal);
    }

    /// <summary>Lets the minute pass in which losses are gathered, and delivers what is then said.</summary>
    static async Task TellAsync(World world, BraintrustLogger logger)
    {
        await world.Settled(logger.Client);
        world.Clock.Advance(TimeSpan.FromSeconds(61));
        await world.Settled(logger.Client); // the loop's turn in which it is written
        await logger.Client.FlushAsync();
    }
}
