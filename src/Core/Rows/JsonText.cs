using System.Text;

namespace Braintrust.Logging.Rows;

/// <summary>A value that was turned into JSON when it was logged, and cannot change any more.</summary>
sealed class JsonText(ReadOnlyMemory<byte> utf8)
{
    public ReadOnlySpan<byte> Utf8 => utf8.Span;

    public ReadOnlyMemory<byte> Memory => utf8;

    public override string ToString() => Encoding.UTF8.GetString(Utf8);
}
