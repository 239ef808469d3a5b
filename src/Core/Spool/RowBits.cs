using System.Numerics;

namespace Braintrust.Logging.Spool;

/// <summary>A bit for each record of a segment.</summary>
sealed class RowBits
{
    ulong[] _words = [];

    public bool this[int index]
    {
        get => index >> 6 < _words.Length && (_words[index >> 6] & (1UL << (index & 63))) != 0;
        set
        {
            if (index >> 6 >= _words.Length)
            {
                if (!value)
                {
                    return;
                }
                Array.Resize(ref _words, Math.Max((index >> 6) + 1, _words.Length * 2));
            }
            if (value)
            {
                _words[index >> 6] |= 1UL << (index & 63);
            }
            else
            {
                _words[index >> 6] &= ~(1UL << (index & 63));
            }
        }
    }

    /// <summary>The first one that is set from there on; -1: none.</summary>
    public int FirstFrom(int index)
    {
        for (var word = index >> 6; word < _words.Length; word++)
        {
            var bits = _words[word] & (word == index >> 6 ? ulong.MaxValue << (index & 63) : ulong.MaxValue);
            if (bits != 0)
            {
                return (word << 6) + BitOperations.TrailingZeroCount(bits);
            }
        }
        return -1;
    }
}
