using System.Globalization;
using System.Text;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust.Tests;

public class RenderingTests
{
    static readonly DateTime Noon = new(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);

    public static TheoryData<string, object?[], string> Messages => new()
    {
        { "Hello {Name}", ["you"], "Hello you" },
        { "{0} and {1}", ["a", 2], "a and 2" },
        { "{Nothing}", [null], "null" },
        { "{Missing}", [], "{Missing}" },
        { "{{literal}} {Name}", ["x"], "{literal} x" },
        { "{Flag} {Letter}", [true, 'c'], "True c" },
        { "{Amount:0.00}", [1.5], "1.50" },
        { "{Amount:N1}", [1234.5], "1,234.5" },
        { "{Id:D5}", [42], "00042" },
        { "{Time:yyyy-MM-dd}", [Noon], "2026-11-23" },
        { "{Time}", [Noon], "11/23/2026 12:00:00" },
        { "[{Name,6}]", ["ab"], "[    ab]" },
        { "[{Name,-6}]", ["ab"], "[ab    ]" },
        { "[{Id,6:D3}]", [7], "[   007]" },
        { "{@Order}", [new { Id = 7, Name = "x" }], """{"Id":7,"Name":"x"}""" },
        { "{Ids}", [new[] { 1, 2 }], "[1,2]" },
        { "{Level}", [LogEventLevel.Warning], "Warning" },
        { "{Name:l} {Name:j}", ["a", "b"], "b b" },
        { "{Id:nonsense}", [7], "nonsense" },
        { "{Id:l}", [7], "7" },
        { "{Id:D999999999}", [7], "7" },
        { "{When:q}", [Noon], "2026-11-23T12:00:00.0000000Z" },
        { "{Big,2000000000}", ["x"], new string(' ', 999) + "x" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void AMessageReadsAsPeopleWouldWriteIt(string template, object?[] values, string expected) => Assert.Equal(expected, Render(template, values));

    [Fact]
    public void CultureNeverShows()
    {
        var before = CultureInfo.CurrentCulture;
        var swedish = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (swedish.NumberFormat.NumberDecimalSeparator, swedish.NumberFormat.NegativeSign) = (",", "−");
        CultureInfo.CurrentCulture = swedish;
        try
        {
            Assert.Equal("-1.5 -7", Render("{Amount} {Kind}", [-1.5, (DayOfWeek)(-7)]));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void AnEndlessMessageIsCutVisibly()
    {
        var text = new string('x', 300_000);

        var message = Render("{A} {B} {C}", [text, text, text]);

        Assert.True(message.Length < 600_000);
        Assert.EndsWith("…[truncated]", message, StringComparison.Ordinal);
    }

    static string Render(string template, object?[] values)
    {
        var events = new RecordingSink();
        using var log = new LoggerConfiguration().WriteTo.Sink(events).CreateLogger();
        log.Information(template, values);
        var logEvent = events.Events.Entries.Single();
        var text = new StringBuilder();
        using var renderer = new MessageRenderer();
        renderer.Render(logEvent.MessageTemplate, logEvent.Properties, text);
        return text.ToString();
    }
}
