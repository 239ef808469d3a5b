using System.Runtime.CompilerServices;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>The libraries' own switches; what is captured is still each test's to say. Tests of activities run one after the other, since listeners are the process's.</summary>
static class Switches
{
    [ModuleInitializer]
    public static void TurnOn()
    {
        AppContext.SetSwitch("Microsoft.SemanticKernel.Experimental.GenAI.EnableOTelDiagnosticsSensitive", true);
        AppContext.SetSwitch("OpenAI.Experimental.EnableOpenTelemetry", true);
    }
}
