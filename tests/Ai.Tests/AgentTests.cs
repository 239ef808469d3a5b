using Microsoft.Agents.AI;
using Microsoft.Agents.AI.Workflows;
using Microsoft.Extensions.AI;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>Agent Framework over a scripted model.</summary>
[Collection("activities")]
public sealed class AgentTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task ARunIsATaskAroundTheCallsOfTheModelAndTokensCountOnce(bool activities, bool streams)
    {
        await using var world = World.Start(activities);
        var model = activities ? new ScriptedModel() : new ScriptedModel().AsBuilder().UseFunctionInvocation(world.Logging).UseLogging(world.Logging).Build();
        var builder = new ChatClientAgent(model, new ChatClientAgentOptions { Name = "forecaster", ChatOptions = new() { Instructions = "Be brief.", Tools = [ScriptedModel.Weather] } }, world.Logging).AsBuilder();
        var agent = (activities ? builder.UseOpenTelemetry(configure: it => it.EnableSensitiveData = true) : builder.UseLogging(world.Logging)).Build();

        if (streams)
        {
            await foreach (var _ in agent.RunStreamingAsync("Weather in Paris?"))
            {
            }
        }
        else
        {
            await agent.RunAsync("Weather in Paris?");
        }

        var rows = (await world.FlushAsync()).Where(row => row.Type() is not null).ToList();
        var root = rows[0];
        Assert.Equal((activities ? "invoke_agent forecaster" : "invoke_agent", "task"), (root.Name(), root.Type()));
        Assert.Single(rows, row => row["span_parents"] is null);
        Assert.Equal((42, 7), (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens")));
        Assert.Equal((2, 1), (rows.Count(row => row.Metric("prompt_tokens") is not null), rows.OfType("tool").Count));
        Assert.Equal("Weather in Paris?", (string?)root["input"]!.AsArray()[^1]!["content"]);
        Assert.Contains("It is sunny.", root["output"]!.ToJsonString());
    }

    [Fact]
    public async Task AWorkflowIsATreeDownToTheCallsOfTheModel()
    {
        await using var world = World.Start(activities: true);
        using var model = new ScriptedModel().AsBuilder().UseOpenTelemetry().Build();
        Func<string, ValueTask<string>> answers = async question => (await model.GetResponseAsync(question)).Text;
        var workflow = new WorkflowBuilder(answers.BindAsExecutor("answers")).WithName("forecast").WithOpenTelemetry().Build();

        await using (await InProcessExecution.RunAsync(workflow, "Weather in Paris?"))
        {
        }

        var rows = await world.FlushAsync();
        Assert.All(rows, row => Assert.NotNull(row.Metric("end")));
        var call = Assert.Single(rows.OfType("llm"));
        Assert.Equal((32, "scripted-1-0"), (call.Metric("prompt_tokens"), (string?)call.Meta("model")));
        Assert.Contains("workflow.session [invoke_workflow forecast [", rows.Tree());
        Assert.Contains("executor.process answers [chat scripted-1", rows.Tree());
        Assert.Equal("task", rows.Named("invoke_workflow forecast").Type());
    }
}
