using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>
/// Our rows against a capture's: the same roles, the same keys in each, the same values and relations. Where we differ on purpose the test says so, with
/// its reason, and a reason without a difference fails too.
/// </summary>
sealed class CaptureComparison(IReadOnlyList<JsonObject> theirs, IReadOnlyList<JsonObject> ours)
{
    readonly RowPortraits _theirs = new(theirs);
    readonly RowPortraits _ours = new(ours);
    readonly List<(string Role, string Path, string Why, Func<JsonNode?, JsonNode?, bool> IsRight)> _reasons = [];

    public CaptureComparison(CaptureRun run)
        : this(run.Capture.StoredRows(), run.StoredRows())
    {
    }

    public RowPortraits Theirs => _theirs;

    public RowPortraits Ours => _ours;

    /// <summary>A key that our row does not have.</summary>
    public CaptureComparison WeLack(string role, string path, string why) => We(role, path, why, (their, our) => their is not null && our is null);

    /// <summary>A value that is another one in our row; it still has to be right.</summary>
    public CaptureComparison WeSay(string role, string path, string why, Predicate<JsonNode> isRight) =>
        We(role, path, why, (their, our) => their is not null && our is not null && isRight(our));

    public void AssertSame()
    {
        var differences = new List<string>();
        differences.AddRange(_theirs.Roles.Except(_ours.Roles).Select(role => $"{role}: only in the capture"));
        differences.AddRange(_ours.Roles.Except(_theirs.Roles).Select(role => $"{role}: only ours"));
        foreach (var role in _theirs.Roles.Intersect(_ours.Roles))
        {
            var (their, our) = (_theirs[role], _ours[role]);
            foreach (var path in their.Keys.Union(our.Keys))
            {
                if (!IsSame(role, path, their, our))
                    differences.Add($"{role}: {path} is {Shown(our, path)} in place of {Shown(their, path)}");
            }
        }
        differences.AddRange(_reasons.Select(reason => $"{reason.Role}: {reason.Path} is no difference any more, though there is a reason: {reason.Why}"));
        Assert.True(differences.Count == 0, $"Our rows are not the capture's:\n  {string.Join("\n  ", differences)}");

        // A path would tell about the machine that built the program; JS sends it.
        Assert.All(ours, row => Assert.DoesNotContain('/', (string?)row["context"]?["caller_filename"] ?? ""));
    }

    CaptureComparison We(string role, string path, string why, Func<JsonNode?, JsonNode?, bool> isRight)
    {
        _reasons.Add((role, path, why, isRight));
        return this;
    }

    bool IsSame(string role, string path, Dictionary<string, JsonNode?> their, Dictionary<string, JsonNode?> our)
    {
        if (their.TryGetValue(path, out var a) && our.TryGetValue(path, out var b) && JsonNode.DeepEquals(a, b))
            return true;
        var index = _reasons.FindIndex(reason => reason.Role == role && reason.Path == path);
        if (index < 0 || !_reasons[index].IsRight(their.GetValueOrDefault(path), our.GetValueOrDefault(path)))
            return false;
        _reasons.RemoveAt(index);
        return true;
    }

    static string Shown(Dictionary<string, JsonNode?> portrait, string path) =>
        portrait.TryGetValue(path, out var value) ? value?.ToJsonString() ?? "null" : "absent";
}
