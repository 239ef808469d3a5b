using Braintrust.Logging;
using ChatApi;
using Samples;

BraintrustDiagnostics.Enable(Console.Error.WriteLine); // silent unless something is wrong

// With BRAINTRUST_API_KEY the rows go to Braintrust; without it to a Braintrust of our own, inside this process.
await using var account = await Account.OpenAsync();
await using var app = ChatApp.Build(args);
var isDemo = args.Contains("--demo");
if (isDemo)
{
    app.Urls.Add("http://127.0.0.1:0");
}
await app.StartAsync();
if (isDemo)
{
    return await Demo.RunAsync(app, account) ? 0 : 1;
}

var url = app.Urls.First();
Console.WriteLine($"""
    Listening on {url}, logging to the project {ChatApp.Project} {account}. Try:

      curl -d '{Demo.Question}' -H 'Content-Type: application/json' {url}/chat
      curl -N -d '{Demo.Question}' -H 'Content-Type: application/json' {url}/chat/stream
      curl -d '{Demo.Praise("id of an answer")}' -H 'Content-Type: application/json' {url}/feedback
    """);
await app.WaitForShutdownAsync();
return 0;
