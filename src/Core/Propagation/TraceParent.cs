using System.Globalization;

namespace Braintrust.Logging.Propagation;

/// <summary>The header <c>traceparent</c>: version 00, lower case, ids that are not zero. Anything else counts as absent.</summary>
readonly record struct TraceParent(UInt128 TraceId, ulong SpanId, byte Flags)
{
    public const string Header = "traceparent";

    /// <summary>Of traces that begin here: sampled.</summary>
    public const byte Sampled = 1;

    const int Length = 55;

    public static bool TryParse(string? text, out TraceParent parent)
    {
        parent = default;
        var value = text.AsSpan().Trim();
        if (value.Length != Length || !value.StartsWith("00-", StringComparison.Ordinal) || value[35] != '-' || value[52] != '-'
            || !IsHex(value[3..35]) || !IsHex(value[36..52]) || !IsHex(value[53..]))
        {
            return false;
        }
        parent = new(
            UInt128.Parse(value[3..35], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            ulong.Parse(value[36..52], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            byte.Parse(value[53..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return parent.TraceId != 0 && parent.SpanId != 0;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"00-{TraceId:x32}-{SpanId:x16}-{Flags:x2}");

    static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept("0123456789abcdef");
}
