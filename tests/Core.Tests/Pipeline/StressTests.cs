using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Braintrust.Logging.Pipeline;
using Braintrust.Logging.Tests.Clients;
using Xunit.Abstractions;

namespace Braintrust.Logging.Tests.Pipeline;

/// <summary>
/// Eight writers, four projects and every fault at once, on threads as they come and a clock that runs ahead of the wall's, so that the longest pauses fit
/// in too. The seed decides what happens, the threads when.
/// </summary>
public sealed class StressTests(ITestOutputHelper output)
{
    // The long run writes a million rows in all.
    const int RowsOfALongRound = 20_000;
    const int FewestRows = 200;

    static readonly Dictionary<string, double> AScore = new() { ["quality"] = 0.5 };

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task WhateverGoesWrongEveryRowIsStoredOnceAndWholeOrCounted(int seed)
    {
        var (rows, retried, refused) = (0L, 0L, 0L);
        for (var round = 0; round < LongTests.Count(1, 25); round++)
        {
            var (written, ledger) = await RunAsync(seed + 100 * round);
            (rows, retried, refused) = (rows + written, retried + ledger.Retried, refused + ledger.DroppedRows);
        }
        output.WriteLine($"{rows} rows, {retried} sent again, {refused} refused and told: one stored row for each of the others, whole");
    }

    static async Task<(long Rows, Ledger Ledger)> RunAsync(int seed)
    {
        await using var world = await World.StartAsync();
        var faults = new Faults(world.Server, seed);
        var client = world.Client(options =>
        {
            options.Period = TimeSpan.FromMilliseconds(20);
            options.BatchSizeLimit = 40;
        });
        var written = new Written();

        var watch = Stopwatch.StartNew();
        bool MayGoOn() => watch.Elapsed < (faults.HaveAllHappened && written.Rows.Count > FewestRows ? TimeSpan.FromSeconds(1.2) : Patience.Limit) || (LongTests.AreOn && written.Rows.Count < RowsOfALongRound);
        var writers = Task.WhenAll(Enumerable.Range(0, LongTests.Count(8, 64)).Select(writer => Task.Run(() => WriteAsync(client, writer, new Random(seed * 100 + writer), MayGoOn, written))));
        await world.AdvanceWhateverIsUnderWayUntil(writers);
        faults.End();
        var flush = client.FlushAsync(TimeSpan.FromHours(1));
        await world.AdvanceUntil(flush, TimeSpan.FromSeconds(1));
        Assert.True((await flush).Completed, (await flush).ToString());
        await client.DisposeAsync();

        faults.AssertHappened();
        var ledger = client.Ledger;
        Assert.True(ledger.Retried > 0);
        Assert.Equal(ledger.Accepted, ledger.Delivered + ledger.DroppedRows);
        Assert.All(ledger.Dropped.Keys, reason => Assert.Equal("rejected", reason));
        Assert.Equal(ledger.DroppedRows, world.Losses.Sum(loss => loss.Count));
        AssertStored(world.Server, written, ledger.DroppedRows);
        return (written.Rows.Count, ledger);
    }

    static async Task WriteAsync(BraintrustClient client, int writer, Random random, Func<bool> mayGoOn, Written written)
    {
        for (var i = 0; mayGoOn(); i++)
        {
            var project = $"project {random.Next(4)}";
            var logger = client.GetLogger(project, setCurrent: false);
            var output = $"{writer}-{i}";
            using var root = logger.StartSpan("root");
            await PauseAsync(random);
            var child = logger.StartSpan("child");
            if (i % 30 == 3)
            {
                written.Poison[logger.Log(output: "poison")] = project;
            }
            written.Rows[logger.Log(output: output)] = new(project, output, null, child.SpanId);
            await PauseAsync(random);
            child.Log(output: output);
            child.End();
            child.End();
            double? score = null;
            if (random.Next(3) == 0)
            {
                score = 0.5;
                logger.LogFeedback(child.Id, AScore);
            }
            if (random.Next(4) == 0)
            {
                logger.UpdateSpan(child.Id, output: output += " updated");
            }
            written.Rows[child.Id] = new(project, output, score, root.SpanId);
            root.Log(output: output);
            written.Rows[root.Id] = new(project, output, null, null);
            await Task.Delay(random.Next(6)); // chance, in real time like all of this test
            if (random.Next(100) == 0)
            {
                await client.FlushAsync(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    static Task PauseAsync(Random random) => random.Next(3) == 0 ? Task.Delay(random.Next(40)) : Task.CompletedTask;

    static void AssertStored(FakeBraintrust server, Written written, long rejected)
    {
        var stored = Enumerable.Range(0, 4).SelectMany(i => server.Stored($"project {i}").Select(row => (Project: $"project {i}", Row: row)))
            .Where(it => (string?)it.Row["span_attributes"]?["name"] != "Rows lost").ToList(); // what the pipeline itself says
        var rows = stored.GroupBy(it => (string)it.Row["id"]!).ToDictionary(it => it.Key, it => Assert.Single(it)); // none twice, in another project neither
        var spans = stored.Select(it => (string?)it.Row["span_id"]).ToHashSet();
        Assert.True(written.Rows.Count > FewestRows, $"only {written.Rows.Count} rows");
        Assert.Empty(written.Rows.Keys.Except(rows.Keys));
        Assert.Equal(written.Poison.Count, rejected + written.Poison.Keys.Count(rows.ContainsKey)); // those that were kept until the end pass then
        Assert.Empty(rows.Keys.Except(written.Rows.Keys).Except(written.Poison.Keys));
        foreach (var (id, wanted) in written.Rows)
        {
            var (project, row) = rows[id];
            Assert.Equal(wanted, new Expected(project, (string?)row["output"], (double?)row["scores"]?["quality"], (string?)(row["span_parents"] as JsonArray)?[0]));
            Assert.NotNull(row["metrics"]!["end"]);
            Assert.True(wanted.Parent is null || spans.Contains(wanted.Parent), "A parent is missing.");
        }
    }

    sealed class Written
    {
        public ConcurrentDictionary<string, Expected> Rows { get; } = new();

        /// <summary>Rows that the server refuses while it is ill, and their projects.</summary>
        public ConcurrentDictionary<string, string> Poison { get; } = new();
    }

    sealed record Expected(string Project, string? Output, double? Score, string? Parent);

    /// <summary>What the server does wrong until it is healed, and how often it did.</summary>
    sealed class Faults
    {
        static readonly string[] Musts = ["login", "error", "reset", "lost answer", "html", "limited", "poison", "forbidden", "register"];

        readonly ConcurrentDictionary<string, int> _happened = new();
        readonly Random _random;
        readonly string _forbidden;
        int _answers = -1;
        volatile bool _isOver;

        public Faults(FakeBraintrust server, int seed)
        {
            _random = new Random(seed);
            _forbidden = server.AddProject("project 3");
            server.OnLogin = _ => Task.FromResult(!_isOver && IsDue("login") ? Happened("login", Reply.ServerError) : null);
            server.OnRegister = _ => Task.FromResult(!_isOver && IsDue("register") ? Happened("register", Reply.Reset) : null);
            server.OnLogs3 = AnswerAsync;
        }

        public bool HaveAllHappened => Musts.All(_happened.ContainsKey);

        public void End() => _isOver = true;

        public void AssertHappened() => Assert.All(Musts, fault => Assert.True(_happened.ContainsKey(fault), $"{fault} did not happen, only {string.Join(", ", _happened)}"));

        async Task<Reply?> AnswerAsync(RecordedRequest request)
        {
            if (_isOver)
            {
                return null;
            }
            await Task.Delay(Draw(15)); // a slow answer, now and then
            if (request.Body.Contains("poison"))
            {
                return Happened("poison", new Reply(400, "{}"));
            }
            if (request.Body.Contains(_forbidden) && IsDue("forbidden"))
            {
                return Happened("forbidden", new Reply(403, "{}"));
            }
            return Next() switch
            {
                0 => Happened("error", Reply.ServerError),
                1 => Happened("reset", Reply.Reset),
                2 => Happened("lost answer", Reply.LostAnswer),
                3 when request.Bytes.Length > 3000 => Happened("too large", new Reply(413, "{}")),
                4 => Happened("html", new Reply(200, "<html>")),
                5 => Happened("limited", Reply.Unavailable("1")),
                _ => null,
            };
        }

        Reply Happened(string fault, Reply reply)
        {
            _happened.AddOrUpdate(fault, 1, static (_, count) => count + 1);
            return reply;
        }

        /// <summary>The first time for certain, then every third time or so.</summary>
        bool IsDue(string fault) => !_happened.ContainsKey(fault) || Draw(3) == 0;

        /// <summary>Each once, so that none is left out, then at random.</summary>
        int Next() => Interlocked.Increment(ref _answers) is var answer && answer < 6 ? answer : Draw(12);

        int Draw(int below)
        {
            lock (_random)
            {
                return _random.Next(below);
            }
        }
    }
}
