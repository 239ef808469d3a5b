using Braintrust.Logging.Rows;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>Tells a message template's parameters from the properties that came along with it.</summary>
static class TemplateHoles
{
    /// <summary>Whether the template has a hole of that name: <c>{Name}</c>, <c>{@Name}</c>, <c>{Name,10:F2}</c>; <c>{{Name}}</c> is text.</summary>
    public static bool Names(string template, string name)
    {
        var wanted = FieldNames.Plain(name).AsSpan();
        var rest = template.AsSpan();
        while (rest.IndexOf('{') is var open && open >= 0)
        {
            rest = rest[(open + 1)..];
            if (rest.StartsWith("{"))
            {
                rest = rest[1..];
                continue;
            }
            var close = rest.IndexOf('}');
            if (close < 0)
            {
                return false;
            }
            var hole = rest[..close].TrimStart("@$");
            var end = hole.IndexOfAny(',', ':');
            if ((end < 0 ? hole : hole[..end]).Equals(wanted, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
            rest = rest[(close + 1)..];
        }
        return false;
    }
}
