namespace Braintrust.Logging.Pipeline;

/// <summary>The texts of a group's rows, in arrays that the next group uses again.</summary>
sealed class GroupText
{
    const int ChunkBytes = 64 * 1024; // below the large object heap
    const int Kept = 16;

    readonly List<byte[]> _chunks = [];
    int _chunk;
    int _used;

    public int Length { get; private set; }

    /// <returns>Valid until the group is cleared.</returns>
    public ReadOnlyMemory<byte> Add(ReadOnlySpan<byte> text)
    {
        Length += text.Length;
        if (text.Length > ChunkBytes / 4)
        {
            return text.ToArray();
        }
        if (_chunks.Count == 0 || _used + text.Length > ChunkBytes)
        {
            _chunk += _chunks.Count == 0 ? 0 : 1;
            _used = 0;
            if (_chunk == _chunks.Count)
            {
                _chunks.Add(GC.AllocateUninitializedArray<byte>(ChunkBytes));
            }
        }
        var place = _chunks[_chunk].AsMemory(_used, text.Length);
        text.CopyTo(place.Span);
        _used += text.Length;
        return place;
    }

    public void Clear()
    {
        (Length, _chunk, _used) = (0, 0, 0);
        if (_chunks.Count > Kept)
        {
            _chunks.RemoveRange(Kept, _chunks.Count - Kept);
        }
    }
}
