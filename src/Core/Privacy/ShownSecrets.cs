using System.Text;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Privacy;

/// <summary>
/// Takes the secrets among some values out of a text that was rendered with them: those that are secrets themselves, and those inside of a structure. For one
/// thread at a time.
/// </summary>
/// <param name="neutral">A front end's own value as JSON.</param>
sealed class ShownSecrets(Func<FrontEnd, object, object?> neutral)
{
    readonly List<string> _found = [];
    readonly StringBuilder _text = new();

    public string Hide(string text, FrontEnd frontEnd, ReadOnlySpan<Property> properties)
    {
        Find(frontEnd, properties, inTemplate: false);
        if (_found.Count == 0)
        {
            return text;
        }
        Replace(_text.Clear().Append(text));
        return _text.ToString();
    }

    /// <summary>The same for a message, which shows no structures but those that its template names, if it has one.</summary>
    public void HideInMessage(StringBuilder message, FrontEnd frontEnd, ReadOnlySpan<Property> properties, bool hasTemplate)
    {
        Find(frontEnd, properties, inTemplate: hasTemplate);
        Replace(message);
    }

    void Find(FrontEnd frontEnd, ReadOnlySpan<Property> properties, bool inTemplate)
    {
        _found.Clear();
        foreach (ref readonly var property in properties)
        {
            var isSecret = Secrets.IsSecret(property.Name, property.Value);
            if (property.Value is not { } value || !(isSecret || ((property.InTemplate || !inTemplate) && !ValueLeaf.IsScalar(value))))
            {
                continue;
            }
            var plain = ValueLeaf.IsScalar(value) ? value : neutral(frontEnd, value);
            if (isSecret)
            {
                _found.Add(Values.Text(plain));
            }
            if (plain is JsonText json)
            {
                SecretScrubber.Find(json.Utf8, isSecret, _found);
            }
        }
        _found.RemoveAll(static text => text.Length == 0 || text == Secrets.Mark);
        _found.Sort(static (one, other) => other.Length.CompareTo(one.Length)); // one may be the beginning of another
    }

    void Replace(StringBuilder text)
    {
        foreach (var secret in _found)
        {
            text.Replace(secret, Secrets.Mark);
        }
    }
}
