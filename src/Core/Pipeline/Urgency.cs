namespace Braintrust.Logging.Pipeline;

/// <summary>What stands here should leave now, whatever the mode. Said by whoever hands something over; taken by whoever takes all of it next.</summary>
sealed class Urgency
{
    bool _isOn;

    public bool IsOn => Volatile.Read(ref _isOn);

    public void Raise() => Volatile.Write(ref _isOn, true);

    /// <summary>Before anything else is taken: what becomes urgent from now on stays so.</summary>
    /// <returns>Whether it was urgent.</returns>
    public bool Take()
    {
        var wasOn = IsOn;
        if (wasOn)
        {
            Volatile.Write(ref _isOn, false);
        }
        return wasOn;
    }
}
