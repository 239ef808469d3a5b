namespace Braintrust.Logging.Propagation;

/// <summary>Headers to be sent, of whatever kind: names in any case go in once, in lower case.</summary>
static class Carrier
{
    /// <summary>What stands under a name, in whichever case; several are one list.</summary>
    public static string? Get(IDictionary<string, string> headers, string name)
    {
        var values = headers.Where(header => IsSame(header.Key, name) && !string.IsNullOrEmpty(header.Value)).Select(header => header.Value).ToList();
        return values.Count == 0 ? null : string.Join(',', values);
    }

    /// <summary>Replaces what stands under a name; null only removes it.</summary>
    public static void Set(IDictionary<string, string> headers, string name, string? value)
    {
        foreach (var variant in headers.Keys.Where(key => IsSame(key, name)).ToList())
        {
            headers.Remove(variant);
        }
        if (value is not null)
        {
            headers[name] = value;
        }
    }

    static bool IsSame(string key, string name) => string.Equals(key, name, StringComparison.OrdinalIgnoreCase);
}
