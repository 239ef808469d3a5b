using System.Text.RegularExpressions;

namespace Braintrust.Logging.Testing.Traces;

/// <summary>
/// Which spans a test means by a name. An event is called by its template, a scope by what its template came to; a test says the template for
/// both, so a hole stands for any text.
/// </summary>
sealed partial class NamePattern(string name)
{
    readonly Regex? _filled = Hole().IsMatch(name)
        ? new Regex($"^{string.Join(".*", Hole().Split(name).Select(Regex.Escape))}$", RegexOptions.Singleline | RegexOptions.CultureInvariant)
        : null;

    public bool Fits(LoggedSpan span) => span.Name == name || _filled?.IsMatch(span.Name) == true;

    [GeneratedRegex("""\{[@$]?[\w.]+(?:,-?\d+)?(?::[^{}]*)?\}""")]
    private static partial Regex Hole();
}
