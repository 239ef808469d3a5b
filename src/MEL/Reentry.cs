using Braintrust.Logging;

namespace Braintrust.Extensions.Logging;

/// <summary>
/// A logged value's <c>ToString</c> may log itself. That is taken in, a few levels deep: one that logs its own object would never end.
/// </summary>
static class Reentry
{
    const int Limit = 3;

    [ThreadStatic]
    static int _depth;

    public static bool TryEnter()
    {
        if (_depth == Limit)
        {
            BraintrustDiagnostics.Warn("recursion", "A logged value logs while it is being read, again and again; its innermost calls were left out.", 1);
            return false;
        }
        _depth++;
        return true;
    }

    public static void Leave() => _depth--;
}
