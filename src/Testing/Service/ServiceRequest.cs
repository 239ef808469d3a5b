namespace Braintrust.Logging.Testing.Service;

/// <summary>What Braintrust is asked.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Begins with a slash.</param>
/// <param name="Query">Empty, or begins with a question mark.</param>
/// <param name="Key">The bearer, if there is one.</param>
/// <param name="Body">Empty if there is none.</param>
sealed record ServiceRequest(string Method, string Path, string Query, string? Key, byte[] Body)
{
    public BraintrustRequest? Kind => (Method, Path) switch
    {
        ("POST", "/api/apikey/login") => BraintrustRequest.Login,
        ("POST", "/api/project/register") or ("GET", "/api/project") => BraintrustRequest.Project,
        ("POST", "/logs3") => BraintrustRequest.Rows,
        ("POST", "/attachment") or ("POST", "/attachment/status") or ("PUT", _) => BraintrustRequest.Attachment,
        _ => null,
    };
}

/// <summary>What it answers.</summary>
readonly record struct ServiceReply(int Status, string Body);
