using System.Collections;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

public class HostileValueTests
{
    sealed class Thrower
    {
        public override string ToString() => throw new InvalidTimeZoneException("secret");
    }

    sealed class ThrowingList : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public KeyValuePair<string, object?> this[int index] => index == 1 ? throw new InvalidTimeZoneException() : new($"Property{index}", index);
        public int Count => 3;
        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => throw new InvalidTimeZoneException();
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    sealed class Lying(int count) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public KeyValuePair<string, object?> this[int index] => new($"Property{index}", index);
        public int Count => count;
        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => throw new InvalidTimeZoneException();
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    static IEnumerable<KeyValuePair<string, object?>> Endless()
    {
        for (var i = 0; ; i++)
        {
            yield return new($"Property{i}", i);
        }
    }

    static IEnumerable<KeyValuePair<string, object?>> BreaksOff()
    {
        yield return new("First", 1);
        throw new InvalidTimeZoneException();
    }

    [Fact]
    public async Task AValueThatCannotBeReadLeavesAMarkAndTheEventArrives()
    {
        var row = await World.RowOfAsync(logger => logger.LogInformation("Hello {Who}", new Thrower()));
        Assert.Equal("Hello {Who}", row.Name());
        Assert.Equal("Hello {Who} <error: InvalidTimeZoneException>", (string?)row["output"]);
        Assert.DoesNotContain("secret", row.ToJsonString());

        var scope = await World.RowOfScopeAsync(new Thrower());
        Assert.Equal("<error: InvalidTimeZoneException>", scope.Name());
    }

    [Fact]
    public async Task AFormatterThatThrowsOrGivesNothingStillGivesARow()
    {
        var thrown = await World.RowOfAsync(logger => logger.Log(LogLevel.Information, 0, "state", null, (_, _) => throw new InvalidTimeZoneException()));
        Assert.Equal("<error: InvalidTimeZoneException>", (string?)thrown["output"]);

        var nothing = await World.RowOfAsync(logger => logger.Log(LogLevel.Information, 0, "state", null, (_, _) => null!));
        Assert.Equal("", (string?)nothing["output"]);
        Assert.Equal("Test", nothing.Name());

        var none = await World.RowOfAsync(logger => logger.Log(LogLevel.Information, 0, (object?)null, null, null!));
        Assert.Equal("", (string?)none["output"]);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("{}")]
    [InlineData("{{{A}")]
    [InlineData("{A:{B}}")]
    [InlineData("{A,x}")]
    [InlineData("\ud800 {A}")]
    [InlineData("")]
    public async Task GarbageTemplatesGiveARow(string template)
    {
        // By hand: Microsoft.Extensions.Logging itself throws for some of these before any provider is asked.
        KeyValuePair<string, object?>[] state = [new("A", 1), new("{OriginalFormat}", template)];
        var row = await World.RowOfAsync(logger => logger.Log(LogLevel.Information, 0, state, null, (_, _) => string.Format(CultureInfo.InvariantCulture, template, 1)));
        Assert.NotNull(row.Name());
        Assert.Equal(1, (int?)row.Meta("A"));
    }

    [Fact]
    public async Task MissingArgumentsCostOnlyThemselves()
    {
        var template = "{A} and {B}";
#pragma warning disable CA2254, CA2017 // what the analyzers warn of is what happens without them
        var row = await World.RowOfAsync(logger => logger.LogInformation(template, 1));
#pragma warning restore CA2254, CA2017
        Assert.Equal("{A} and {B}", row.Name());
        Assert.Equal(1, (int?)row.Meta("A"));
        Assert.Null(row.Meta("B"));
    }

    [Fact]
    public async Task ListsThatThrowLieOrNeverEndAreReadAsFarAsTheyGo()
    {
        var throwing = await World.RowOfAsync(logger => logger.Log(LogLevel.Information, 0, new ThrowingList(), null, (_, _) => "said"));
        Assert.Equal(0, (int?)throwing.Meta("Property0"));
        Assert.Null(throwing.Meta("Property1"));
        Assert.Equal(2, (int?)throwing.Meta("Property2"));

        var huge = await World.RowOfAsync(logger => logger.Log(LogLevel.Information, 0, new Lying(int.MaxValue), null, (_, _) => "said"));
        Assert.Equal(999, (int?)huge.Meta("Property999"));
        Assert.Null(huge.Meta("Property1000"));
        Assert.Equal("<truncated: more than 1000 items>", (string?)huge.Meta("…"));

        var negative = await World.RowOfAsync(logger => logger.Log(LogLevel.Information, 0, new Lying(-1), null, (_, _) => "said"));
        Assert.Equal("said", (string?)negative["output"]);

        var endless = await World.RowOfAsync(logger => logger.Log(LogLevel.Information, 0, Endless(), null, (_, _) => "said"));
        Assert.Equal("<truncated: more than 1000 items>", (string?)endless.Meta("…"));

        var broken = await World.RowOfAsync(logger => logger.Log(LogLevel.Information, 0, BreaksOff(), null, (_, _) => "said"));
        Assert.Equal(1, (int?)broken.Meta("First"));
        Assert.Equal("<error: InvalidTimeZoneException>", (string?)broken.Meta("…"));
    }

    [Fact]
    public async Task NamelessPropertiesGetAName()
    {
        var row = await World.RowOfAsync(logger =>
            logger.Log(LogLevel.Information, 0, new[] { new KeyValuePair<string, object?>(null!, 1), new("", 2) }, null, (_, _) => "said"));
        Assert.Equal(1, (int?)row.Meta("(null)"));
        Assert.Equal(2, (int?)row.Meta(""));
    }

    [Fact]
    public async Task WhatChangesAfterTheCallIsNotSeen()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var list = new List<int> { 1 };
        var bag = new Dictionary<string, object?> { ["Items"] = list };
        using (logger.BeginScope(bag))
        {
            logger.LogInformation("Has {Items}", list);
            list.Add(2);
            bag["Items"] = "gone";
        }
        Assert.All(await world.FlushAsync(), row => Assert.Equal("[1]", row.Meta("Items")!.ToJsonString()));
    }

    sealed class Chatty(ILogger logger)
    {
        public override string ToString()
        {
            logger.LogInformation("About to say {Self}", this);
            return "chatty";
        }
    }

    sealed class Aside(ILogger logger)
    {
        public override string ToString()
        {
            logger.LogInformation("An aside");
            return "aside";
        }
    }

    [Fact]
    public async Task AValueThatLogsItselfEnds()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        logger.LogInformation("Hello {Who}", new Chatty(logger));
        logger.LogInformation("And then");
        Assert.Contains(await world.FlushAsync(), row => row.Name() == "And then");
    }

    [Fact]
    public async Task AValueThatLogsSomethingElseIsTakenIn()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        logger.LogInformation("Hello {Who}", new Aside(logger));
        var rows = await world.FlushAsync();
        Assert.Contains(rows, row => row.Name() == "An aside");
        Assert.Equal("Hello aside", (string?)rows.Named("Hello {Who}")["output"]);
    }

    sealed class Unreadable : Exception
    {
        public override string ToString() => throw new InvalidTimeZoneException();
    }

    [Fact]
    public async Task ExceptionsThatCannotBeReadOrHaveNoEndCostNothing()
    {
        var unreadable = await World.RowOfAsync(logger => logger.LogInformation(new Unreadable(), "It failed"));
        Assert.Equal($"{typeof(Unreadable)}: <error: InvalidTimeZoneException>", (string?)unreadable["error"]);

        var deep = new Exception("innermost");
        for (var i = 0; i < 30_000; i++)
        {
            deep = new Exception("outer", deep);
        }
        var row = await World.RowOfAsync(logger => logger.LogInformation(deep, "It failed")).WaitAsync(Patience.Limit);
        Assert.StartsWith("System.Exception: outer", (string?)row["error"]);
        Assert.EndsWith("…[truncated, more inner exceptions]", (string?)row["error"]);
    }

    [Fact]
    public async Task CultureNeverShows()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            odd.NumberFormat.NumberDecimalSeparator = ",";
            odd.NumberFormat.NegativeSign = "minus ";
            CultureInfo.CurrentCulture = odd;
            var row = await World.RowOfAsync(logger => logger.LogInformation("Costs {Price} of {When}", -1.5, new DateTime(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc)));
            Assert.StartsWith("Costs -1.5 of ", (string?)row["output"]);
            Assert.Equal(-1.5, (double?)row.Meta("Price"));
            Assert.Equal("Price:-1.5", (await World.RowOfScopeAsync(("Price", -1.5))).Name());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task LevelNoneIsNoLevel()
    {
        await using var world = await World.StartAsync();
        var logger = world.Services().GetService(typeof(ILoggerProvider)) is ILoggerProvider provider ? provider.CreateLogger(null!) : null!;
        Assert.False(logger.IsEnabled(LogLevel.None));
        Assert.True(logger.IsEnabled(LogLevel.Trace));
        Assert.True(logger.IsEnabled(LogLevel.Critical));
        logger.Log(LogLevel.None, "nothing");
        logger.Log((LogLevel)99, "nothing");
        logger.LogInformation("something without a category");
        var row = await world.OnlyRowAsync();
        Assert.Null(row.Meta("logger.name"));
    }
}
