using System.Globalization;

namespace Braintrust.Logging.Rows;

/// <summary>What a project lost on the way to it, as a row of its own, so that a gap in its traces has an explanation beside it.</summary>
/// <param name="origins">For its context.</param>
/// <param name="tally">For its place in the order of rows.</param>
sealed class LossRows(SpanOrigins origins, RowTally tally)
{
    static readonly RowFields Nothing = new();

    public void Write(RowId id, IReadOnlyDictionary<string, long> byReason, long since, FrontEnd frontEnd, long ticks, JsonBuffer json)
    {
        var row = new RowWriter(Nothing, frontEnd, json);
        row.Begin(id, Ids.NewSpanId(), Ids.NewTraceId(), 0, ticks);
        json.RawName("\"output\":"u8);
        var reasons = string.Join(", ", byReason.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Key}: {one.Value}")));
        json.String(string.Create(CultureInfo.InvariantCulture, $"{byReason.Values.Sum()} rows were lost on the way to this project ({reasons})."));
        json.RawName("\"metadata\":{\"logger.name\":\"Braintrust.Logging\",\"lost\":"u8);
        json.BeginObject();
        foreach (var (reason, rows) in byReason)
        {
            json.Name(reason);
            json.Number(rows);
        }
        json.EndObject();
        json.EndObject();
        row.Metrics(since, ticks);
        json.RawName("\"span_attributes\":{\"name\":"u8);
        json.String("Rows lost"u8);
        row.Level(Severity.Warn);
        row.EndAttributes(tally.Next());
        row.Context(origins.Of(frontEnd));
        row.End(merges: true);
    }
}
