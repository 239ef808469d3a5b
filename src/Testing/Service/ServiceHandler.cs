using System.Text;

namespace Braintrust.Logging.Testing.Service;

/// <summary>Takes the client's requests to the service in memory; no socket is ever opened.</summary>
sealed class ServiceHandler(MemoryService service, Faults faults) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = await ReadAsync(request, cancellationToken).ConfigureAwait(false);
        if (await faults.MeetAsync(asked.Kind, cancellationToken).ConfigureAwait(false) is { } refusal)
        {
            return refusal;
        }
        var reply = service.Answer(asked);
        return new HttpResponseMessage((System.Net.HttpStatusCode)reply.Status) { Content = new StringContent(reply.Body, Encoding.UTF8, "application/json") };
    }

    static async Task<ServiceRequest> ReadAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        var url = request.RequestUri!;
        var body = request.Content is { } content ? await content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false) : [];
        return new(request.Method.Method, url.AbsolutePath, url.Query, request.Headers.Authorization?.Parameter, body);
    }
}
