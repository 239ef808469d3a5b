namespace Braintrust.Logging.Testing;

/// <summary>What a client asks of Braintrust, for faults.</summary>
public enum BraintrustRequest
{
    /// <summary>Rows to be stored.</summary>
    Rows,

    /// <summary>The login, which comes before everything else.</summary>
    Login,

    /// <summary>The look-up of a project by its name, once for each project; or by its id.</summary>
    Project,

    /// <summary>An attachment: where its bytes go, the bytes themselves, and the word that they are there.</summary>
    Attachment,
}
