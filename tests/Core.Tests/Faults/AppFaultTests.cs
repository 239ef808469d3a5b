using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Tests.Configuration;
using Braintrust.Logging.Tests.Spool;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>Whole applications that are set up by their <c>appsettings.json</c>, in processes of their own: an outage lasts longer than the first of them.</summary>
public sealed class AppFaultTests
{
    const string Project = "shop";

    [Theory, InlineData("ILogger", 5), InlineData("Serilog", 5), Trait("Row", "D01"), Trait("Row", "L04")]
    public async Task WhatAnAppLogsInAnOutageArrivesOnceItStartsAgainAsItWouldHaveWithoutOne(string front, int rows)
    {
        using var folder = new TemporaryFolder();
        await using var healthy = await FakeBraintrust.StartAsync();
        await RunAsync(healthy, front, folder.Path, isSpooled: false, "work");

        await using var broken = await FakeBraintrust.StartAsync();
        broken.OnLogin = broken.OnLogs3 = static _ => Task.FromResult<Reply?>(new Reply(503, "{}"));
        await RunAsync(broken, front, folder.Path, isSpooled: true, "work");
        Assert.True(broken.LoginCount > 0); // the outage was met
        Assert.Equal(0, broken.Arrivals.Count);
        Assert.NotEmpty(Spooled(folder.Path));

        broken.OnLogin = broken.OnLogs3 = null;
        await RunAsync(broken, front, folder.Path, isSpooled: true, "rest", DeliveredAsync());

        Assert.Equal(rows, broken.Stored(Project).Count);
        Assert.Equal(rows, broken.Arrivals.Count);
        Assert.Empty(Spooled(folder.Path));
        Assert.Equal(Comparable(healthy.Stored(Project)), Comparable(broken.Stored(Project)));

        async Task DeliveredAsync()
        {
            await broken.WaitForRowsAsync(rows);
            await Patience.UntilAsync(() => Spooled(folder.Path).Length == 0); // a slow disk may let go of them later than the process ends
        }
    }

    static string[] Spooled(string folder) => [.. Directory.GetFiles(folder, "*.rows", SearchOption.AllDirectories)];

    /// <param name="server">Where it logs to.</param>
    /// <param name="front">Through which front end.</param>
    /// <param name="folder">Where its settings are.</param>
    /// <param name="isSpooled">Whether they name a spool.</param>
    /// <param name="work">Whether it logs.</param>
    /// <param name="until">What happens before it is told to stop.</param>
    static async Task RunAsync(FakeBraintrust server, string front, string folder, bool isSpooled, string work, Task? until = null)
    {
        var settings = new JsonObject
        {
            ["AppUrl"] = server.Url.ToString(), ["Project"] = Project, ["EagerlyEmitFirstEvent"] = false, ["Period"] = "00:10:00", ["ShutdownTimeout"] = "00:00:20",
        };
        if (isSpooled)
        {
            settings["SpoolDirectory"] = Path.Combine(folder, "spool");
        }
        await File.WriteAllTextAsync(Path.Combine(folder, "appsettings.json"), new JsonObject
        {
            ["Logging"] = new JsonObject { ["LogLevel"] = new JsonObject { ["Default"] = "Information", ["Microsoft"] = "None" }, ["Braintrust"] = settings },
            ["Serilog"] = new JsonObject
            {
                ["Using"] = new JsonArray("Serilog.Sinks.Braintrust"),
                ["Enrich"] = new JsonArray("FromLogContext"),
                ["WriteTo"] = new JsonArray(new JsonObject { ["Name"] = "Braintrust", ["Args"] = new JsonObject(settings.Select(static it => KeyValuePair.Create(JsonNamingPolicy.CamelCase.ConvertName(it.Key), it.Value?.DeepClone()))) }),
            },
        }.ToJsonString());
        using var victim = Victims.Start([server.Url.ToString(), server.ApiKey, "app", front, folder, work], ("BRAINTRUST_API_KEY", server.ApiKey)); // no key stands in a file
        Assert.Equal("ready", await victim.StandardOutput.ReadLineAsync());
        await (until ?? Task.CompletedTask);
        await victim.StandardInput.WriteLineAsync();
        Assert.Equal(0, await victim.EndAsync());
    }

    /// <summary>The rows in the order of the calls, without what no two runs have in common; ids are numbers in the order in which they are first met.</summary>
    static IReadOnlyList<string> Comparable(IReadOnlyList<JsonObject> rows)
    {
        var ids = new Dictionary<string, int>();
        return [.. rows.OrderBy(static row => (int)row["span_attributes"]!["exec_counter"]!).Select(row =>
        {
            var copy = (JsonObject)row.DeepClone();
            foreach (var time in (string[])["start", "end"])
            {
                Assert.True(copy["metrics"]!.AsObject().Remove(time), $"There is no {time}.");
            }
            foreach (var other in (string[])["created", "project_id"])
            {
                Assert.True(copy.Remove(other), $"There is no {other}.");
            }
            return Numbered(copy)!.ToJsonString();
        })];

        JsonNode? Numbered(JsonNode? node, string name = "") => node switch
        {
            JsonObject map => new JsonObject(map.OrderBy(static it => it.Key, StringComparer.Ordinal).Select(it => KeyValuePair.Create(it.Key, Numbered(it.Value, it.Key)))),
            JsonArray list => new JsonArray([.. list.Select(item => Numbered(item, name))]),
            JsonValue value when name is "id" or "span_id" or "root_span_id" or "span_parents" => $"id {Number((string)value!)}",
            _ => node?.DeepClone(),
        };

        int Number(string id) => ids.TryGetValue(id, out var number) ? number : ids[id] = ids.Count;
    }
}
