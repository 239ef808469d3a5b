using System.Text.Json.Nodes;
using CsCheck;
using Serilog.Core;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust.Tests;

/// <summary>Whatever is logged becomes a valid row, and the log call returns.</summary>
public class HostileTests
{
    [Fact]
    public async Task AGarbageTemplateIsAValidRow()
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();
        var piece = OneOf<string>("{", "}", "{{", "}}", "{0}", "{A}", "{@A}", "{$A}", "{A,", "10}", "{A:", "{A,-99999999999}", "{A,999999}", "{A:D999999999}", "{ }", "{A B}", "é", "\ud800", "\0", "\n", "\"", "{Input}", "{Scores}", "{_is_merge}", "{id}", "{99}");
        var value = OneOf<object?>(null, "x", 1, double.NaN, "\ud800", new object(), new[] { 1 }, true, new Throwing(), DBNull.Value, DateTime.MaxValue, new Version(1, 0));
        var calls = 0;

        Gen.Select(piece.Array[0, 8], value.Array[0, 4]).Sample((pieces, values) =>
        {
            var template = string.Concat(pieces);
            log.Information(template, Array.FindAll(values, it => it is not Throwing)); // Serilog itself throws, before any sink
            log.BeginSpan(world.Client.GetLogger(world.Project), template, values).Dispose();
            Interlocked.Add(ref calls, 2);
        }, iter: 2_000, threads: 2, print: it => string.Concat(it.Item1)); // not the values: one throws when it is printed
        var rows = await world.RowsAsync();

        Assert.Equal(calls, rows.Count);
        Assert.Equal(world.Client.Ledger.Accepted, world.Client.Ledger.Delivered); // an open span may have had a write of its own
        Assert.All(rows, row => Assert.Equal(32, row.Text("root_span_id")!.Length));
    }

    [Fact]
    public async Task HostileValuesMadeByHandAreAValidRow()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Write(Event(
            ("Deep", Deep(1_000)),
            ("Wide", new SequenceValue(Enumerable.Range(0, 5_000).Select(n => new ScalarValue(n)))),
            ("Large", new SequenceValue(Enumerable.Range(0, 900).Select(_ => new ScalarValue(new string('x', 3_000))))),
            ("Own", new OwnValue()),
            ("Throwing", new ScalarValue(new Throwing())),
            ("Keys", new DictionaryValue([new(new ScalarValue(null), new ScalarValue(1)), new(new ScalarValue(2), new ScalarValue(double.PositiveInfinity))])),
            ("Twice", new StructureValue([new("a", new ScalarValue(1))], "Some.Type")),
            ("Surrogate", new ScalarValue("\ud800")),
            ("Long", new ScalarValue(new string('y', 300_000))))));

        Assert.Contains("<max depth exceeded>", row.Text("metadata", "Deep"), StringComparison.Ordinal);
        Assert.Equal(1_001, row["metadata"]!["Wide"]!.AsArray().Count);
        Assert.EndsWith("<truncated: larger than 1 MiB>\"]", row.Text("metadata", "Large"), StringComparison.Ordinal);
        Assert.Equal("<error: InvalidOperationException>", row.Text("metadata", "Own"));
        Assert.Contains("<error: InvalidOperationException>", row.Text("metadata", "Throwing")!, StringComparison.Ordinal);
        Assert.Equal("""{"null":1,"2":"Infinity"}""", row.Text("metadata", "Keys"));
        Assert.Equal("""{"a":1}""", row.Text("metadata", "Twice"));
        Assert.Contains("300000 characters in all", row.Text("metadata", "Long"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEventOfSomebodysOwnMakingThatCannotBeReadCostsOnlyItself()
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();

        log.Write(new LogEvent(DateTimeOffset.MinValue, (LogEventLevel)77, null, new MessageTemplate("", []), []));
        log.Write(new LogEvent(DateTimeOffset.MaxValue, LogEventLevel.Error, new HostileException(), new MessageTemplate("late", []), []));
        log.Information("ordinary");

        Assert.Equal(3, (await world.RowsAsync()).Count);
    }

    static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    static LogEvent Event(params (string Name, LogEventPropertyValue Value)[] properties) => new(
        DateTimeOffset.UnixEpoch, LogEventLevel.Information, null, new MessageTemplate("hostile", [new Parsing.TextToken("hostile")]),
        properties.Select(it => new LogEventProperty(it.Name, it.Value)));

    static LogEventPropertyValue Deep(int levels)
    {
        LogEventPropertyValue value = new ScalarValue(1);
        for (var i = 0; i < levels; i++)
        {
            value = i % 2 == 0 ? new SequenceValue([value]) : new StructureValue([new("x", value)]);
        }
        return value;
    }

    sealed class OwnValue : LogEventPropertyValue
    {
        public override void Render(TextWriter output, string? format = null, IFormatProvider? formatProvider = null) => throw new InvalidOperationException();
    }

    sealed class Throwing
    {
        public string Value => throw new InvalidOperationException();

        public override string ToString() => throw new InvalidOperationException();
    }

    sealed class HostileException : Exception
    {
        public override string Message => throw new InvalidOperationException();

        public override string ToString() => throw new InvalidOperationException();
    }

    [Theory]
    [InlineData("filter"), InlineData("sampler"), InlineData("selector")]
    public async Task ACallbackThatLogsEndsInsteadOfGoingRound(string which)
    {
        var (depth, deepest) = (0, 0);
        ILogger? log = null;
        T Logging<T>(T answer)
        {
            deepest = Math.Max(deepest, ++depth);
            if (depth < 50) // where it would go round for ever
            {
                log!.Information("asked");
            }
            depth--;
            return answer;
        }
        await using var world = await World.StartAsync(options =>
        {
            options.Filter = which == "filter" ? _ => Logging(true) : null;
            options.Sampler = which == "sampler" ? _ => Logging(true) : null;
            options.ProjectSelector = which == "selector" ? _ => Logging<string?>(null) : null;
        });
        await using var logger = world.Logger();
        log = logger;

        logger.Information("first");

        Assert.Equal(1, deepest);
        Assert.Equal(["asked", "first"], (await world.RowsAsync()).Select(row => row.Text("output")).Order(StringComparer.Ordinal));
    }
}
