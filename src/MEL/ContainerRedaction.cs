using System.Globalization;
using Microsoft.Extensions.Compliance.Classification;
using Microsoft.Extensions.Compliance.Redaction;

namespace Braintrust.Extensions.Logging;

/// <summary>
/// The application's redactors (<c>services.AddRedaction</c>). Asked for when the first classified value is logged and not before: loggers are made while the
/// container makes other things, and what redactors need may need loggers.
/// </summary>
/// <param name="find">Null: the container has none.</param>
sealed class ContainerRedaction(Func<IRedactorProvider?> find)
{
    // Set while this thread asks the container.
    [ThreadStatic]
    static bool _isFinding;

    volatile IRedactorProvider? _redactors;
    volatile bool _isFound;

    /// <summary>What stands for the value, in the words that Microsoft.Extensions.Telemetry would have for it; null if there are no redactors. May throw.</summary>
    public string? Redact(object value, Attribute[] classifications)
    {
        if (Redactors() is not { } redactors)
        {
            return null;
        }
        var known = classifications.OfType<DataClassificationAttribute>().Select(one => one.Classification).ToArray();
        return known.Length == 0
            ? null // of another copy of the assembly
            : redactors.GetRedactor(new DataClassificationSet(known)).Redact(value, null, CultureInfo.InvariantCulture);
    }

    IRedactorProvider? Redactors()
    {
        if (_isFound || _isFinding)
        {
            return _redactors; // what the redactors log while they are made has none yet
        }
        _isFinding = true;
        try
        {
            _redactors = find();
            _isFound = true; // if it throws, the next value tries again
            return _redactors;
        }
        finally
        {
            _isFinding = false;
        }
    }
}
