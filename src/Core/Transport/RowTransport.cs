using System.Buffers;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Transport;

/// <summary>Rows over HTTP: a connection of its own, a session shared with all who log in the same way.</summary>
sealed class RowTransport : IRowTransport
{
    readonly HttpExchange _http;
    readonly SessionLease _lease;

    public RowTransport(ResolvedSettings settings, HttpMessageHandler? handler, TimeProvider time, SessionRegistry sessions)
    {
        _http = new(handler, time);
        _lease = sessions.Acquire(settings.Connection, settings.KeySource);
        Attachments = new(_http, Session);
    }

    public BraintrustSession Session => _lease.Session;

    /// <summary>The same connection and session, for what belongs to rows.</summary>
    public AttachmentTransport Attachments { get; }

    public ValueTask<(Answer Answer, Login? Login)> LoginAsync(CancellationToken cancel) => Session.LoginAsync(_http, cancel);

    public async ValueTask<(Answer Answer, long? PayloadLimit)> ReadyAsync(CancellationToken cancel)
    {
        var (answer, login) = await LoginAsync(cancel).ConfigureAwait(false);
        if (login is null) return (answer, null);
        return (answer, await Session.PayloadLimit.GetAsync(_http, login, cancel).ConfigureAwait(false));
    }

    public ValueTask<(Answer Answer, string? ProjectId)> ProjectAsync(ProjectKey project, CancellationToken cancel) =>
        Session.ProjectAsync(_http, project, cancel);

    public long? PayloadLimit => Session.PayloadLimit.Known;

    public ValueTask<bool> LearnLimitAsync(bool isRefused) => Session.Current is { } login ? Session.PayloadLimit.AskAgainAsync(_http, login, isRefused) : default;

    public async ValueTask<Answer> SendAsync(ReadOnlySequence<byte> body, int rows, OverflowUpload? overflow, CancellationToken cancel)
    {
        var (answer, login) = await LoginAsync(cancel).ConfigureAwait(false);
        if (login is null) return answer;
        if (overflow is null)
        {
            var reply = await _http.PostPiecesAsync($"{login.ApiUrl}/logs3", login.Key, body, cancel).ConfigureAwait(false);
            answer = ResponseRule.ForRows(reply, rows, _http.Time.GetUtcNow());
            BodyReader.Recycle(reply.Body);
        }
        else
        {
            answer = await overflow.SendAsync(_http, Session, login, body, rows, cancel).ConfigureAwait(false);
        }
        if (answer.Kind == AnswerKind.Denied) Session.ForgetLogin(login);
        return ResponseRule.WithPlace(answer, login.ApiUrl, login.OtherApiUrl);
    }

    public void Dispose()
    {
        _http.Dispose();
        _lease.Dispose();
    }
}
