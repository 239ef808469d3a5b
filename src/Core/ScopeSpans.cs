namespace Braintrust.Logging;

/// <summary>Which scopes become spans.</summary>
public enum ScopeSpans
{
    /// <summary>Every scope.</summary>
    All,

    /// <summary>Scopes with a text of their own; a bag of properties enriches the rows inside it instead.</summary>
    Named,
}
