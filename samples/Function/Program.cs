using Braintrust.Logging;
using FunctionSample;
using Samples;

BraintrustDiagnostics.Enable(Console.Error.WriteLine); // silent unless something is wrong

// With BRAINTRUST_API_KEY the rows go to Braintrust; without it to a Braintrust of our own, inside this process.
await using var account = await Account.OpenAsync();
await using var function = new Function();

foreach (var answer in await Runtime.RunAsync(function, [new("A-17", "The pot came broken."), new("A-18", "I do not like it."), new("A-19", "")], TimeProvider.System))
{
    Console.WriteLine(answer);
}
account.Show(Function.Project); // before anything is disposed: each call has delivered its own rows
