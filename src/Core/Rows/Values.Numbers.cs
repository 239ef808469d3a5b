using System.Numerics;

namespace Braintrust.Logging.Rows;

static partial class Values
{
    /// <summary>A finite number of any numeric type. Booleans, enums and numbers in strings are none.</summary>
    public static bool TryNumber(object? frozen, out double number)
    {
        number = frozen switch
        {
            int value => value,
            long value => value,
            double value => value,
            decimal value => (double)value,
            float value => value,
            byte value => value,
            sbyte value => value,
            short value => value,
            ushort value => value,
            uint value => value,
            ulong value => value,
            nint value => value,
            nuint value => value,
            Half value => (double)value,
            Int128 value => (double)value,
            UInt128 value => (double)value,
            BigInteger value => (double)value,
            _ => double.NaN,
        };
        if (double.IsFinite(number))
            return true;
        number = 0;
        return false;
    }

    /// <summary>A number without a fraction that fits; of a floating type too.</summary>
    public static bool TryInteger(object? frozen, out long integer)
    {
        Int128? value = frozen switch
        {
            ulong exact => exact,
            nuint exact => (ulong)exact,
            Int128 exact => exact,
            UInt128 exact when exact <= long.MaxValue => (Int128)exact,
            BigInteger exact when exact >= long.MinValue && exact <= long.MaxValue => (long)exact,
            long exact => exact,
            nint exact => (long)exact,
            decimal exact when decimal.Truncate(exact) == exact => (Int128)exact,
            UInt128 or BigInteger or decimal => null,
            // Below 2^63 in size, so the conversion is exact.
            _ when TryNumber(frozen, out double number) && Math.Truncate(number) == number && Math.Abs(number) < 9.2e18 => (long)number,
            _ => null,
        };
        bool fits = value >= long.MinValue && value <= long.MaxValue;
        integer = fits ? (long)value!.Value : 0;
        return fits;
    }

    /// <summary>A <see cref="TimeSpan"/>, or a number that means milliseconds.</summary>
    public static bool TryMilliseconds(object? frozen, out double milliseconds)
    {
        if (frozen is not TimeSpan time)
            return TryNumber(frozen, out milliseconds);
        milliseconds = time.TotalMilliseconds;
        return true;
    }
}
