namespace Braintrust.Logging.Rows;

/// <summary>What code says about a row at one moment, frozen. A span strings its patches together, newest first.</summary>
sealed class RowPatch
{
    /// <summary>Stands in a span's list once its end was written: what comes later is an update of its own.</summary>
    public static readonly RowPatch Sealed = new();

    public object? Input { get; init; }
    public object? Output { get; init; }
    public object? Expected { get; init; }
    public object? Error { get; init; }
    public string? Name { get; init; }
    public string? Type { get; init; }
    public string? Purpose { get; init; }
    public List<KeyValuePair<string, object?>>? Metadata { get; init; }
    public KeyValuePair<string, double>[]? Scores { get; init; }
    public KeyValuePair<string, double>[]? Metrics { get; init; }
    public string[]? Tags { get; init; }

    /// <summary>There is nothing to send.</summary>
    public bool IsEmpty => this is { Input: null, Output: null, Expected: null, Error: null, Name: null, Type: null, Purpose: null, Metadata: null or { Count: 0 }, Scores: null, Metrics: null, Tags: null };

    /// <summary>The patch before this one.</summary>
    public RowPatch? Earlier { get; set; }

    /// <summary>Freezes what a caller gave: null means nothing was said.</summary>
    public static RowPatch Of(
        object? input, object? output, object? expected, object? error, IEnumerable<KeyValuePair<string, double>>? scores,
        object? metadata, IEnumerable<KeyValuePair<string, double>>? metrics, IEnumerable<string>? tags, string? name = null, string? type = null, string? purpose = null, FrontEnd? frontEnd = null) => new()
        {
            Input = Values.Freeze(input, frontEnd),
            Output = Values.Freeze(output, frontEnd),
            Expected = Values.Freeze(expected, frontEnd),
            Error = error is Exception exception ? ErrorText.Of(exception) : Values.Freeze(error, frontEnd),
            Scores = Copy(scores, static score => score.Key is not null),
            Metadata = Members(metadata, frontEnd),
            Metrics = Copy(metrics, static metric => metric.Key is not null),
            Tags = Copy(tags, static tag => tag is not null),
            Name = name,
            Type = type,
            Purpose = purpose,
        };

    /// <summary>Writes over what is there: the later patch wins, maps and tags join.</summary>
    public void ApplyTo(RowFields fields)
    {
        fields.Input = Input ?? fields.Input;
        fields.Output = Output ?? fields.Output;
        fields.Expected = Expected ?? fields.Expected;
        fields.Error = Error ?? fields.Error;
        fields.Name = Name ?? fields.Name;
        fields.Type = Type ?? fields.Type;
        fields.Purpose = Purpose ?? fields.Purpose;
        foreach (var (name, value) in Metadata ?? [])
        {
            SetMetadata(fields, name, value);
        }
        foreach (var (name, score) in Scores ?? [])
        {
            if (!RowMapper.Score(name, score, fields))
            {
                fields.Metadata.Set("Scores." + name, score);
            }
        }
        foreach (var (name, metric) in Metrics ?? [])
        {
            if (!RowMapper.Metric(name, metric, fields))
            {
                fields.Metadata.Set("Metrics." + name, metric);
            }
        }
        foreach (var tag in Tags ?? [])
        {
            RowMapper.Tag(tag, fields);
        }
    }

    public long Weight => 4 * RowWeight.Small + RowWeight.Of(Input) + RowWeight.Of(Output) + RowWeight.Of(Expected) + RowWeight.Of(Error) + RowWeight.Of(Metadata)
        + 2 * RowWeight.Member * ((Scores?.Length ?? 0) + (Metrics?.Length ?? 0) + (Tags?.Length ?? 0));

    /// <summary>Writes over what is there, also over what has a field of its own.</summary>
    public static void SetMetadata(RowFields fields, string name, object? value)
    {
        switch (name, value)
        {
            case ("model", not null):
                fields.Model = Values.Text(value); // the service takes a text or null for this one key (PROTOCOL section 7.1)
                break;
            case ("provider", not null):
                fields.Provider = value as string;
                fields.Metadata.Set(name, value);
                break;
            default:
                fields.Metadata.Set(name, value);
                break;
        }
    }

    /// <summary>A map or an object becomes its members; anything else is kept under "value".</summary>
    public static List<KeyValuePair<string, object?>>? Members(object? metadata, FrontEnd? frontEnd = null)
    {
        if (metadata is null)
        {
            return null;
        }
        var members = new List<KeyValuePair<string, object?>>();
        var frozen = Values.Freeze(metadata, frontEnd);
        if (!Values.TryReadMap(frozen, members))
        {
            members.Add(new("value", frozen));
        }
        return members;
    }

    /// <summary>Null if nothing is said.</summary>
    static T[]? Copy<T>(IEnumerable<T>? items, Func<T, bool> isSaid)
    {
        try
        {
            return items?.Where(isSaid).Take(ValueLimits.Items).ToArray() is { Length: > 0 } said ? said : null;
        }
        catch (Exception) // the caller's collection: it may throw anything, and a log call must not
        {
            return null;
        }
    }
}
