namespace Braintrust.Logging.Rows;

/// <summary>A named value of a log event or a scope, frozen: nothing the user changes later shows in it.</summary>
/// <param name="Name">As the user wrote it.</param>
/// <param name="Value">A frozen value (<see cref="Values.Freeze(object?, FrontEnd?)"/>) or one that the front end itself writes.</param>
/// <param name="InTemplate">Whether the message template names it.</param>
/// <param name="IsPlain">Metadata, whatever its name.</param>
readonly record struct Property(string Name, object? Value, bool InTemplate = false, bool IsPlain = false);
