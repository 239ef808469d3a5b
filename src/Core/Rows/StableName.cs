using System.Buffers;

namespace Braintrust.Logging.Rows;

/// <summary>
/// Names by which spans can be grouped. Libraries put ids they made up at the end of some (<c>execute_tool InvokePromptAsync_460949c9…</c>,
/// <c>invoke_agent joker(b3cf462e…)</c>): such an id goes.
/// </summary>
static class StableName
{
    const int IdLength = 32;

    static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    public static string Of(string name)
    {
        var rest = name.AsSpan().TrimEnd(')');
        if (rest.Length <= IdLength || rest[^IdLength..].ContainsAnyExcept(Hex) || rest[^(IdLength + 1)] is not ('_' or '-' or '(' or ' '))
        {
            return name;
        }
        var stable = rest[..^(IdLength + 1)].TrimEnd();
        return stable.IsEmpty ? name : stable.ToString();
    }
}
