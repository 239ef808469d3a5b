using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests;

/// <summary>A recorded run of Braintrust's JavaScript SDK: what it sent, and what it was answered.</summary>
public sealed class Capture
{
    static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Captures");

    Capture(string name, JsonObject file)
    {
        Name = name;
        Requests = [.. file["requests"]!.AsArray().Select(it => CaptureRequest.Read(it!.AsObject()))];
        Observations = file["observations"] as JsonArray ?? [];
    }

    public string Name { get; }
    public IReadOnlyList<CaptureRequest> Requests { get; }

    /// <summary>What the recorded program itself saw: returned ids, errors, timings.</summary>
    public JsonArray Observations { get; }

    /// <summary>The names of all captures at hand, to feed a theory.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.json").Select(it => Path.GetFileNameWithoutExtension(it)!).Order(StringComparer.Ordinal);

    /// <param name="name">The file's name without its extension, or the number it begins with: "02" is "02-nested-spans".</param>
    public static Capture Load(string name)
    {
        var full = Names.SingleOrDefault(it => it == name || it.StartsWith(name + "-", StringComparison.Ordinal))
            ?? throw new ArgumentException($"No capture is named \"{name}\" in {Folder}", nameof(name));
        return new Capture(full, JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, full + ".json")))!.AsObject());
    }

    public IReadOnlyList<CaptureRequest> Logs3 => [.. Requests.Where(it => it.Is("POST", "/logs3"))];

    /// <summary>The rows that the service accepted, in the order they came.</summary>
    public IReadOnlyList<JsonObject> Logs3Rows => [.. Logs3.Where(it => it.Succeeded).SelectMany(it => it.Rows)];

    /// <summary>Whether every accepted body is there in full; some captures only count and sample their rows.</summary>
    public bool HasAllRows => Logs3.All(it => it.Body?["rows"] is JsonArray);

    /// <summary>
    /// What is stored in the end, by id in the order of first arrival, comments among it. Replaced and merged by the few rules these captures
    /// need, written once more so that the server under test has something to be compared with.
    /// </summary>
    public IReadOnlyList<JsonObject> StoredRows()
    {
        var stored = new OrderedDictionary<string, JsonObject>();
        foreach (var row in Logs3Rows)
        {
            var id = row["id"]!.GetValue<string>();
            var content = (JsonObject)row.DeepClone();
            var isMerge = content["_is_merge"]?.GetValue<bool>() == true;
            foreach (var name in content.Select(it => it.Key).Where(it => it.StartsWith('_')).ToList())
                content.Remove(name);

            if (isMerge && stored.TryGetValue(id, out var existing))
                Merge(existing, content, except: ["span_id", "root_span_id", "span_parents", "created"]);
            else
                stored[id] = content;
        }
        return [.. stored.Values];
    }

    static void Merge(JsonObject into, JsonObject from, params string[] except)
    {
        foreach (var (name, value) in from)
        {
            if (except.Contains(name))
                continue;
            if (into[name] is JsonObject a && value is JsonObject b)
                Merge(a, b);
            else
                into[name] = value?.DeepClone();
        }
    }

    public override string ToString() => Name;
}
