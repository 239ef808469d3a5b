using System.Diagnostics.CodeAnalysis;

namespace Braintrust.Logging.Rows;

/// <summary>Names and values in order of appearance; a name stands once, and the later value wins. Reused by the loop.</summary>
sealed class NamedValues<T>
{
    const int SmallEnoughToScan = 16;

    readonly List<KeyValuePair<string, T>> _items = [];
    readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);

    public int Count => _items.Count;

    public KeyValuePair<string, T> this[int i] => _items[i];

    public void Set(string name, T value)
    {
        var at = Find(name);
        if (at >= 0)
        {
            _items[at] = new(name, value);
            return;
        }

        _items.Add(new(name, value));
        if (_items.Count > SmallEnoughToScan)
        {
            Index(name);
        }
    }

    /// <summary>Sets the value unless the name is taken.</summary>
    public void Add(string name, T value)
    {
        if (Find(name) < 0)
        {
            Set(name, value);
        }
    }

    public bool Contains(string name) => Find(name) >= 0;

    public bool TryGet(string name, [MaybeNullWhen(false)] out T value)
    {
        var at = Find(name);
        value = at >= 0 ? _items[at].Value : default;
        return at >= 0;
    }

    public void Clear()
    {
        _items.Clear();
        if (_index.Count > 0)
        {
            _index.Clear();
        }
    }

    int Find(string name)
    {
        if (_items.Count > SmallEnoughToScan)
        {
            return _index.GetValueOrDefault(name, -1);
        }
        for (var i = 0; i < _items.Count; i++)
        {
            if (string.Equals(_items[i].Key, name, StringComparison.Ordinal))
            {
                return i;
            }
        }
        return -1;
    }

    void Index(string name)
    {
        if (_index.Count == 0)
        {
            for (var i = 0; i < _items.Count; i++)
            {
                _index[_items[i].Key] = i;
            }
        }
        _index[name] = _items.Count - 1;
    }
}
