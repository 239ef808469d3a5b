namespace Braintrust.Logging.Rows;

/// <summary>The level of a log event, by Braintrust's names (PROTOCOL section 9).</summary>
enum Severity : byte
{
    Trace, Debug, Info, Warn, Error, Fatal,
}

static class SeverityNames
{
    public static ReadOnlySpan<byte> Utf8(Severity severity) => severity switch
    {
        Severity.Trace => "trace"u8,
        Severity.Debug => "debug"u8,
        Severity.Info => "info"u8,
        Severity.Warn => "warn"u8,
        Severity.Error => "error"u8,
        _ => "fatal"u8,
    };

    public static string Of(Severity severity) => System.Text.Encoding.ASCII.GetString(Utf8(severity));
}
