using System.Globalization;
using System.Text;
using Braintrust.Extensions.Logging.Reading;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>Messages that are rendered on the loop read as those that the framework renders within the call.</summary>
public class DeferredTextTests
{
    static readonly string[] Pieces =
    [
        "{A}", "{B:0.00}", "{C,10}", "{D,-8:X}", "{@E}", "{$F}", "{G:yyyy-MM-dd}", "{}", "{ H }", "{I,}", "{J:Q}", "{K,x}", "{L", "M}", "{{", "}}", "{{N}}", "{{{O}}}", "{P{Q}", "{R}}", "text", " ", ":", ",", "é\U0001F600",
    ];

    static readonly object?[] Arguments =
    [
        null, "text", "", "with {braces}", 5, -5L, 2.5, double.NaN, -0.001m, 1.5f, true, 'c', (byte)7, (ushort)8, ulong.MaxValue, Guid.Empty, TimeSpan.FromMinutes(1.5),
        new DateTime(2026, 11, 24, 1, 2, 3, DateTimeKind.Utc), new DateTimeOffset(2026, 11, 24, 1, 2, 3, TimeSpan.FromHours(2)), new DateOnly(2026, 11, 24), new TimeOnly(1, 2),
    ];

    [Fact]
    public void ATemplateRendersAsTheFrameworkRendersIt()
    {
        var random = new Random(5);
        var (deferred, capture) = (0, new Capture());
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        for (var i = 0; i < 20_000; i++)
        {
            var template = string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            var arguments = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Arguments[random.Next(Arguments.Length)]).ToArray();
            try
            {
                capture.Log(LogLevel.Information, template, arguments);
            }
            catch (FormatException)
            {
                continue; // the framework itself does not take the template
            }
            if (capture.Deferred is { } logEvent)
            {
                deferred++;
                var record = new Rows.EventRecord();
                logEvent.Read(record);
                logEvent.Render(record.Message);
                Assert.Equal((template, capture.Text), (template, record.Message.ToString()));
                Assert.Equal((template, capture.Text), (template, capture.ScopeText));
                Assert.Equal(capture.Properties, record.Properties.Select(property => (property.Name, property.Value)));
            }
        }
        Assert.InRange(deferred, 3_000, 20_000);
    }

    [Fact]
    public void WhatCouldChangeOrReadDifferentlyIsRenderedWithinTheCall()
    {
        var capture = new Capture();
        foreach (var value in new object[] { new StringBuilder("text"), new List<int> { 1 }, DayOfWeek.Friday, new Uri("http://localhost"), new object(), new int[2] })
        {
            capture.LogInformation("{Value} of {Count}", value, 1);
            Assert.Null(capture.Deferred);
        }
        capture.LogInformation("{Value} of {Count}", "text", 1);
        Assert.NotNull(capture.Deferred);
    }

    [Fact]
    public void AFormatterOfSomebodyElsesIsAskedWithinTheCall()
    {
        var capture = new Capture();
        new Prefixing(capture).LogInformation("{Count}", 1);
        Assert.Null(capture.Deferred);
        Assert.Equal("prefix 1", capture.Text);
    }

    [Fact]
    public async Task ArgumentsThatAreReusedShowAsTheyWere()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var arguments = new object?[] { 1, "one" };
        logger.Log(LogLevel.Information, "{Number} is {Word}", arguments);
        (arguments[0], arguments[1]) = (2, "two");

        var row = await world.OnlyRowAsync();
        Assert.Equal("1 is one", (string?)row["output"]);
        Assert.Equal(1, (int)row.Meta("Number")!);
    }

    /// <summary>Takes what a provider is given, and reads it as ours does.</summary>
    sealed class Capture : ILogger
    {
        public string? Text { get; private set; }
        public LogEvent? Deferred { get; private set; }
        public string? ScopeText { get; private set; }
        public List<(string, object?)> Properties { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Deferred = FrameworkState<TState>.TryRead("Test", logLevel, eventId, state, formatter);
            ScopeText = FrameworkState<TState>.TryRead(state, out var values)?.Render(values);
            var list = (IReadOnlyList<KeyValuePair<string, object?>>)state!;
            try
            {
                Text = formatter(state, exception);
            }
            catch (FormatException)
            {
                Text = list[list.Count - 1].Value + " <error: FormatException>"; // a template that is taken, and cannot be rendered
            }
            Properties.Clear();
            for (var i = 0; Deferred is not null && i < list.Count - 1; i++)
            {
                Properties.Add((list[i].Key, list[i].Value));
            }
        }
    }

    sealed class Prefixing(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            inner.Log(logLevel, eventId, state, exception, (it, error) => "prefix " + formatter(it, error));
    }
}
