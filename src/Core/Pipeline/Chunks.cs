using System.Buffers;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Bytes that grow at their end, in pieces below the large object heap: nothing is copied to make room and no half of an array is empty, so what is held is about what is written. One that grows no
/// more should be <see cref="Fit">fitted</see>.
/// </summary>
sealed class Chunks
{
    const int ChunkBits = 16;
    const int ChunkBytes = 1 << ChunkBits; // so that a place is found by arithmetic: all but the last are as long
    const int FirstBytes = 1024;

    readonly List<byte[]> _chunks = [];

    public int Length { get; private set; }

    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var at = Length & (ChunkBytes - 1);
            var chunk = Room(at, bytes.Length);
            var part = Math.Min(bytes.Length, chunk.Length - at);
            bytes[..part].CopyTo(chunk.AsSpan(at));
            bytes = bytes[part..];
            Length += part;
        }
    }

    /// <summary>So many bytes from there on, piece by piece.</summary>
    public PieceReader Pieces(int from, int length) => new(_chunks, from, length);

    /// <summary>All of it, and what is to stand behind it.</summary>
    public ReadOnlySequence<byte> Followed(ReadOnlyMemory<byte> tail)
    {
        Piece? first = null, last = null;
        for (var i = 0; i < _chunks.Count; i++)
        {
            last = new Piece(_chunks[i].AsMemory(0, Math.Min(ChunkBytes, Length - (i << ChunkBits))), last);
            first ??= last;
        }
        last = new Piece(tail, last);
        return new ReadOnlySequence<byte>(first ?? last, 0, last, tail.Length);
    }

    /// <summary>Gives up the room at the end.</summary>
    public void Fit()
    {
        var used = Length & (ChunkBytes - 1);
        if (used > 0 && _chunks[^1].Length > used + FirstBytes)
        {
            Resize(used, used);
        }
    }

    /// <param name="isFree">Nobody reads from it any more.</param>
    public void Clear(bool isFree)
    {
        foreach (var chunk in isFree ? _chunks : [])
        {
            Spare.Return(chunk);
        }
        _chunks.Clear();
        Length = 0;
    }

    byte[] Room(int at, int more)
    {
        if (at == 0 && _chunks.Count << ChunkBits == Length)
        {
            _chunks.Add(_chunks.Count > 0 || more >= ChunkBytes ? Spare.Rent() : GC.AllocateUninitializedArray<byte>(Math.Max(FirstBytes, more)));
        }
        else if (at == _chunks[^1].Length)
        {
            Resize(Math.Min(ChunkBytes, Math.Max(4 * at, at + Math.Min(more, ChunkBytes))), at); // few steps to one that is kept
        }
        return _chunks[^1];
    }

    void Resize(int bytes, int used)
    {
        var chunk = bytes == ChunkBytes ? Spare.Rent() : GC.AllocateUninitializedArray<byte>(bytes);
        _chunks[^1].AsSpan(0, used).CopyTo(chunk);
        Spare.Return(_chunks[^1]);
        _chunks[^1] = chunk;
    }

    /// <summary>Whole chunks for the next batch, of all clients: six megabytes at most, two bodies of a backlog.</summary>
    static class Spare
    {
        const int Most = 96;

        static readonly Stack<byte[]> Chunks = new(Most);

        public static byte[] Rent()
        {
            lock (Chunks)
            {
                if (Chunks.TryPop(out var chunk))
                {
                    return chunk;
                }
            }
            return GC.AllocateUninitializedArray<byte>(ChunkBytes);
        }

        public static void Return(byte[] chunk)
        {
            if (chunk.Length != ChunkBytes)
            {
                return;
            }
            lock (Chunks)
            {
                if (Chunks.Count < Most)
                {
                    Chunks.Push(chunk);
                }
            }
        }
    }

    public ref struct PieceReader(List<byte[]> chunks, int from, int length)
    {
        readonly List<byte[]> _chunks = chunks;
        int _from = from;
        int _left = length;

        public readonly PieceReader GetEnumerator() => this;

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            if (_left == 0)
            {
                return false;
            }
            var at = _from & (ChunkBytes - 1);
            var part = Math.Min(_left, ChunkBytes - at);
            Current = _chunks[_from >> ChunkBits].AsSpan(at, part);
            _from += part;
            _left -= part;
            return true;
        }
    }

    sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
