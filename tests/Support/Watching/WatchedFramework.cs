using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Braintrust.Logging.Tests.Watching;

/// <summary>xunit's own framework, with a <see cref="Watch"/> over the whole run: what a test leaves wrong fails the test, whatever it asserted itself.</summary>
public sealed class WatchedFramework(IMessageSink sink) : XunitTestFramework(sink)
{
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) => new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    sealed class Executor(AssemblyName name, ISourceInformationProvider sources, IMessageSink diagnostics) : XunitTestFrameworkExecutor(name, sources, diagnostics)
    {
        protected override async void RunTestCases(IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions)
        {
            using var runner = new Runner(TestAssembly, testCases, DiagnosticMessageSink, executionMessageSink, executionOptions);
            await runner.RunAsync();
        }
    }

    sealed class Runner(ITestAssembly assembly, IEnumerable<IXunitTestCase> cases, IMessageSink diagnostics, IMessageSink execution, ITestFrameworkExecutionOptions options)
        : XunitTestAssemblyRunner(assembly, cases, diagnostics, execution, options)
    {
        readonly Watch _watch = new(isOfRun: true);

        protected override IMessageBus CreateMessageBus() => new WatchedBus(base.CreateMessageBus(), _watch);

        protected override async Task BeforeTestAssemblyFinishedAsync()
        {
            await base.BeforeTestAssemblyFinishedAsync();
            Aggregator.Run(_watch.End); // as a failure of the assembly's clean-up
        }
    }
}
