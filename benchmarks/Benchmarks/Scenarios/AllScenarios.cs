using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Scenarios;

static class AllScenarios
{
    public static readonly IReadOnlyList<Scenario> All =
    [
        new CallerScenario("serilog"),
        new CallerScenario("ilogger"),
        new EndToEndScenario(),
        new CloseScenario(),
        new BurstScenario(),
        new OutageScenario(),
        new EventsScenario(),
        new ProducersScenario(),
        new ProjectsScenario(),
        new DepthScenario(),
        new ColdScenario("serilog"),
        new ColdScenario("ilogger"),
        new ManyEventsScenario(),
        new WorkingSetScenario(),
    ];

    public static Scenario Named(string name) =>
        All.FirstOrDefault(scenario => scenario.Name == name) ?? throw new ArgumentException($"There is no scenario '{name}'. There are: {string.Join(", ", All.Select(it => it.Name))}.");
}
