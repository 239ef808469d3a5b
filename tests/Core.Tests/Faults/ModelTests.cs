using System.Text.Json.Nodes;
using Braintrust.Logging.Tests.Clients;
using CsCheck;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>
/// Random programs against random answers, beside a model in memory that knows what must be stored in the end: no row without a fate, one row per id with its
/// newest content, nobody's row lost for another's, a fresh row through soon after the trouble ends, nothing left behind.
/// </summary>
[Trait("Row", "N05"), Trait("Row", "N07"), Trait("Row", "N11"), Trait("Row", "N12"), Trait("Row", "N15")]
public sealed class ModelTests
{
    const string Large = "large";

    public enum Step { Log, LogLarge, Poison, Open, Update, Score, End, Advance, Settle, Flush }

    public enum Answered { Well, Error, Busy, Limited, Reset, Lost, Html, Half, TooLarge, Denied, Forbidden, Moved }

    static readonly Gen<(Step What, int Which)> Steps = Gen.Select(
        Gen.Enum<Step>(), Gen.Int[0, 999]);

    static readonly Gen<((Step, int)[] Program, Answered[] Answers, int BatchSizeLimit)> Cases = Gen.Select(Steps.Array[1, 60], Gen.Enum<Answered>().Array[0, 20], Gen.Int[1, 30]);

    [Fact]
    public async Task WhateverIsAnsweredTheStoreEndsAsTheModelSays()
    {
        await using var world = await World.StartAsync();
        var seen = new HashSet<Answered>();
        await RunAsync(([.. Enumerable.Repeat((Step.LogLarge, 0), 6), (Step.Flush, 0)], [.. Enumerable.Repeat(Answered.TooLarge, 4)], 30)); // chance alone may take long to make a body so large
        await Cases.SampleAsync(RunAsync, iter: LongTests.Count(60, 3000), threads: 1, print: it => $"{string.Join(" ", it.Program)} | {string.Join(" ", it.Answers)} | {it.BatchSizeLimit}");
        Assert.Equal(Enum.GetValues<Answered>(), seen.Order());

        async Task RunAsync(((Step, int)[] Program, Answered[] Answers, int BatchSizeLimit) it)
        {
            await using var run = new Run(world, it.Answers, it.BatchSizeLimit, seen);
            foreach (var (what, which) in it.Program)
            {
                await run.DoAsync(what, which);
            }
            await run.EndAsync();
        }
    }

    /// <summary>One program: what it did to the client, and to the model.</summary>
    sealed class Run : IAsyncDisposable
    {
        static int _runs;

        readonly World _world;
        readonly BraintrustClient _client;
        readonly string[] _projects = [$"model {Interlocked.Increment(ref _runs)} a", $"model {_runs} b"];
        readonly List<(BraintrustSpan Span, Expected Expected)> _spans = [];
        readonly Dictionary<string, Expected> _model = [];
        readonly Dictionary<string, Expected> _poison = [];
        readonly string _forbidden;
        int _answers = -1;
        int _requests;
        volatile bool _isOver;

        public Run(World world, Answered[] answers, int batchSizeLimit, HashSet<Answered> seen)
        {
            _world = world;
            _client = world.Client(options => options.BatchSizeLimit = batchSizeLimit);
            _forbidden = world.Server.AddProject(_projects[1]);
            world.Server.OnLogs3 = request =>
            {
                Interlocked.Increment(ref _requests);
                if (_isOver)
                {
                    return Task.FromResult<Reply?>(null);
                }
                if (request.Body.Contains("poison"))
                {
                    return Task.FromResult<Reply?>(new Reply(400, "{}"));
                }
                var next = Interlocked.Increment(ref _answers);
                var (reply, happened) = next < answers.Length ? Answer(answers[next], request) : (null, Answered.Well);
                lock (seen)
                {
                    seen.Add(happened);
                }
                return Task.FromResult(reply);
            };
        }

        (Reply?, Answered) Answer(Answered answer, RecordedRequest request) => answer switch
        {
            Answered.Error => (Reply.ServerError, answer),
            Answered.Busy => (Reply.Unavailable("3"), answer),
            Answered.Limited => (Reply.TooMany(), answer),
            Answered.Reset => (Reply.Reset, answer),
            Answered.Lost => (Reply.LostAnswer, answer),
            Answered.Html => (new Reply(200, "<html>"), answer),
            Answered.Half => (new Reply(200, """{"ids":[]}""") { StoreFirst = true }, answer),
            Answered.TooLarge when request.Bytes.Length > 15_000 && request.Rows.Count > 1 => (new Reply(413, "{}"), answer),
            Answered.Denied => (new Reply(401, "{}"), answer),
            Answered.Forbidden when request.Body.Contains(_forbidden) => (new Reply(403, "{}"), answer),
            Answered.Moved => (new Reply(307, "{}"), answer),
            _ => (null, Answered.Well),
        };

        public async Task DoAsync(Step what, int which)
        {
            var logger = _client.GetLogger(_projects[which % 2], setCurrent: false);
            var text = $"{what} {which} {_model.Count}";
            switch (what)
            {
                case Step.Log:
                    _model[logger.Log(output: text)] = new(text, null, false);
                    break;
                case Step.LogLarge:
                    text += Large.PadRight(8_000, 'x');
                    _model[logger.Log(output: text)] = new(text, null, false);
                    break;
                case Step.Poison:
                    _poison[logger.Log(output: "poison " + text)] = new("poison " + text, null, false);
                    break;
                case Step.Open:
                    var span = logger.StartSpan("span");
                    _spans.Add((span, _model[span.Id] = new(null, null, true)));
                    break;
                case Step.Update or Step.Score or Step.End when _spans.Count > 0:
                    Change(what, text, _spans[which % _spans.Count]);
                    break;
                case Step.Advance:
                    _world.Clock.Advance(TimeSpan.FromMilliseconds(which * 100));
                    await Task.Yield();
                    break;
                case Step.Settle:
                    await _world.Settled(_client);
                    break;
                case Step.Flush:
                    _ = _client.FlushAsync(TimeSpan.FromMilliseconds(which));
                    break;
            }
        }

        static void Change(Step what, string text, (BraintrustSpan Span, Expected Expected) it)
        {
            switch (what)
            {
                case Step.Update:
                    it.Span.Log(output: text);
                    it.Expected.Output = text;
                    break;
                case Step.Score:
                    it.Span.Logger.LogFeedback(it.Span.Id, new Dictionary<string, double> { ["quality"] = 0.25 });
                    it.Expected.Score = 0.25;
                    break;
                default:
                    it.Span.End();
                    break;
            }
        }

        public async Task EndAsync()
        {
            _spans.ForEach(static it => it.Span.End());
            await _world.Settled(_client); // in the middle of the trouble
            var before = Volatile.Read(ref _requests);
            _isOver = true;

            var fresh = _client.GetLogger(_projects[0], setCurrent: false).Log(name: "fresh");
            _model[fresh] = new(null, null, false);
            var arrival = _world.Server.Arrivals.WaitForAsync(rows => rows.Any(row => (string?)row["id"] == fresh));
            var healed = _world.Clock.GetUtcNow();
            await _world.AdvanceUntil(arrival, TimeSpan.FromSeconds(1));
            Assert.InRange(_world.Clock.GetUtcNow() - healed, TimeSpan.Zero, TimeSpan.FromSeconds(120)); // twice the longest pause

            var flush = _client.FlushAsync(TimeSpan.FromHours(1));
            await _world.AdvanceUntil(flush, TimeSpan.FromSeconds(2));
            Assert.True((await flush).Completed);
            Assert.True((await _client.FlushAsync()).Completed); // the row that tells of losses may have begun meanwhile

            var ledger = _client.Ledger;
            Assert.Equal(0, ledger.ResidentRows);
            Assert.Equal(0, ledger.ResidentBytes);
            Assert.Equal(ledger.Accepted, ledger.Delivered + ledger.DroppedRows);
            Assert.All(ledger.Dropped.Keys, static reason => Assert.Equal("rejected", reason));
            Assert.InRange(Volatile.Read(ref _requests) - before, 0, 4 * (_model.Count + _poison.Count) + 10);
            AssertStored(ledger.DroppedRows);
        }

        void AssertStored(long rejected)
        {
            var stored = new Dictionary<string, JsonObject>();
            foreach (var row in _projects.SelectMany(_world.Server.Stored).Where(row => (string?)row["span_attributes"]?["name"] != "Rows lost"))
            {
                Assert.True(stored.TryAdd((string)row["id"]!, row), "A row is stored twice.");
            }
            Assert.Empty(_model.Keys.Except(stored.Keys));
            Assert.Empty(stored.Keys.Except(_model.Keys).Except(_poison.Keys));
            Assert.Equal(_poison.Count, rejected + _poison.Keys.Count(stored.ContainsKey));
            foreach (var (id, expected) in _model.Concat(_poison).Where(it => stored.ContainsKey(it.Key)))
            {
                var row = stored[id];
                Assert.Equal((expected.Output, expected.Score), ((string?)row["output"], (double?)row["scores"]?["quality"]));
                Assert.True(!expected.IsSpan || row["metrics"]!["end"] is not null, "A span did not end.");
            }
        }

        public ValueTask DisposeAsync() => _client.DisposeAsync();
    }

    sealed class Expected(string? output, double? score, bool isSpan)
    {
        public string? Output { get; set; } = output;

        public double? Score { get; set; } = score;

        public bool IsSpan => isSpan;
    }
}
