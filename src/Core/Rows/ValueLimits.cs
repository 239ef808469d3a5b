namespace Braintrust.Logging.Rows;

/// <summary>How much of one value is kept. Each limit leaves a mark where it cut (<see cref="ValueMarks"/>).</summary>
static class ValueLimits
{
    /// <summary>Objects and arrays inside each other.</summary>
    public const int Depth = 32;

    /// <summary>Members of one map, elements of one list.</summary>
    public const int Items = 1_000;

    /// <summary>Exceptions caught in one value: each costs the caller some 10 µs, and a graph can hold endless throwing getters.</summary>
    public const int Errors = 1_000;

    public const int StringChars = 256 * 1024;

    public const int NameChars = 1_024;

    /// <summary>A multiple of three, so no padding stands before the mark; as Base64 within <see cref="StringChars"/>.</summary>
    public const int BinaryBytes = 192_000;

    /// <summary>The JSON of one object or list, in UTF-8.</summary>
    public const int ValueBytes = 1024 * 1024;

    /// <summary>Printing a BigInteger takes time by the square of its length.</summary>
    public const int IntegerBits = 8_192;
}
