using System.Buffers;

namespace Braintrust.Logging.Spool;

/// <summary>Reads the whole records of a segment one after the other, in large reads, passing over what is damaged.</summary>
sealed class FrameReader
{
    const int Usual = 256 * 1024;

    byte[] _buffer = [];
    int _from, _filled; // what of the buffer is still to be looked at
    ISpoolFile? _file;
    long _end;
    long _firstNumber;
    long _damageFrom;

    /// <summary>Where the next look begins.</summary>
    public long At { get; private set; }

    /// <summary>The number of the last record that was given, or whose head at least was good.</summary>
    public long LastNumber { get; private set; }

    public void Start(ISpoolFile file, long at, long firstNumber, long lastNumber)
    {
        (_file, At, _firstNumber, LastNumber, _damageFrom, _from, _filled, _end) = (file, at, firstNumber, lastNumber, -1, 0, 0, at);
        if (_buffer.Length != Usual)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(Usual); // the one that held the largest row is not kept
        }
    }

    public void Stop() => _file = null;

    public bool IsAt(ISpoolFile file, long at) => ReferenceEquals(_file, file) && At == at;

    /// <summary>The next whole record before <paramref name="end"/>. What it gives is valid until the next call.</summary>
    public Frame Next(long end)
    {
        _end = end;
        while (true)
        {
            var head = Peek(SpoolFormat.FrameHead);
            if (head.Length < SpoolFormat.FrameHead)
            {
                return AtEnd(head.Length == 0 ? TailKind.Clean : head.Span.ContainsAnyExcept((byte)0) ? TailKind.Torn : TailKind.Zeros, At);
            }
            if (!SpoolFormat.TryReadFrameHead(head.Span, out var length, out var number) || number <= LastNumber || number - _firstNumber > At / SpoolFormat.FrameHead)
            {
                var start = At;
                Damaged();
                if (!SkipToMark(out var zeros))
                {
                    return AtEnd(zeros ? TailKind.Zeros : TailKind.Damaged, start);
                }
                continue;
            }
            if (length > _end - At - SpoolFormat.FrameHead)
            {
                return AtEnd(TailKind.Torn, At);
            }
            LastNumber = number;
            var frame = Peek(SpoolFormat.FrameHead + length);
            if (frame.Length < SpoolFormat.FrameHead + length)
            {
                return AtEnd(TailKind.Torn, At); // the file became shorter than it was
            }
            var at = At;
            if (!SpoolFormat.IsWhole(frame.Span))
            {
                Damaged();
                Skip(frame.Length);
                continue;
            }
            var damage = _damageFrom;
            _damageFrom = -1;
            Skip(frame.Length);
            return new Frame { IsRecord = true, Number = number, At = at, Body = frame[SpoolFormat.FrameHead..], DamageFrom = damage };
        }
    }

    /// <param name="kind">What the segment ends with.</param>
    /// <param name="start">Where that begins: damage before it has to be told all the same.</param>
    Frame AtEnd(TailKind kind, long start)
    {
        var damage = kind == TailKind.Damaged || _damageFrom < start ? _damageFrom : -1;
        return new Frame { IsRecord = false, Number = LastNumber, At = damage >= 0 ? damage : start, DamageFrom = damage, Tail = kind };
    }

    void Damaged()
    {
        if (_damageFrom < 0)
        {
            _damageFrom = At;
        }
    }

    void Skip(int bytes)
    {
        _from += bytes;
        At += bytes;
    }

    /// <summary>Goes on to the next mark after this place. False: there is none.</summary>
    bool SkipToMark(out bool zeros)
    {
        zeros = true;
        var step = 1;
        while (true)
        {
            var window = Peek(SpoolFormat.Mark.Length + step).Span;
            if (window.Length < SpoolFormat.Mark.Length + step)
            {
                zeros &= !window.ContainsAnyExcept((byte)0);
                return false; // At stays where the last look began
            }
            window = _buffer.AsSpan(_from, _filled - _from);
            var found = window[step..].IndexOf(SpoolFormat.Mark);
            var passed = found < 0 ? window.Length - SpoolFormat.Mark.Length + 1 : step + found;
            zeros &= !window[..passed].ContainsAnyExcept((byte)0);
            Skip(passed);
            if (found >= 0)
            {
                return true;
            }
            step = 0;
        }
    }

    /// <summary>So many bytes from here on, or fewer at the end.</summary>
    ReadOnlyMemory<byte> Peek(int wanted)
    {
        wanted = (int)Math.Min(wanted, _end - At);
        if (_filled - _from < wanted)
        {
            var left = _buffer.AsSpan(_from, _filled - _from);
            if (_buffer.Length < wanted)
            {
                var larger = GC.AllocateUninitializedArray<byte>(wanted);
                left.CopyTo(larger);
                _buffer = larger;
            }
            else
            {
                left.CopyTo(_buffer);
            }
            (_from, _filled) = (0, left.Length);
            var room = (int)Math.Min(_buffer.Length - _filled, _end - At - _filled);
            _filled += _file!.Read(_buffer.AsSpan(_filled, room), At + _filled);
        }
        return _buffer.AsMemory(_from, Math.Min(wanted, _filled - _from));
    }
}

/// <summary>What was found in a segment.</summary>
readonly struct Frame
{
    /// <summary>False: the segment ends here.</summary>
    public required bool IsRecord { get; init; }

    /// <summary>The record's number; at the end the highest one whose head was good.</summary>
    public required long Number { get; init; }

    public required long At { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Where damage before this place begins; -1: there is none.</summary>
    public required long DamageFrom { get; init; }

    public TailKind Tail { get; init; }
}

/// <summary>What is behind the last whole record.</summary>
enum TailKind
{
    Clean,

    /// <summary>The beginning of a record that was not written to its end.</summary>
    Torn,

    /// <summary>Room that was never written, after a loss of power.</summary>
    Zeros,

    Damaged,
}
