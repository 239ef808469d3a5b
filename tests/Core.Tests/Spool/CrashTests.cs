using System.Text;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;
using Braintrust.Logging.Spool;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>
/// Processes that are killed at any call, calls that fail, and power that goes. What a commit promised is there afterwards; and of several writes of one row, an earlier one never comes back
/// without the later ones, which would open a finished span again.
/// </summary>
public sealed class CrashTests
{
    [Theory, Trait("Row", "D02"), Trait("Row", "D14"), InlineData(SpoolSync.Write), InlineData(SpoolSync.Fsync)]
    public void AProcessMayBeKilledAtAnyCallAndNothingThatWasCommittedIsLost(SpoolSync sync)
    {
        var kills = 0;
        var hits = new HashSet<string>();
        for (var at = 1; ; at++)
        {
            var story = new Story(sync);
            var process = story.StartProcess();
            process.KillAt = at;
            story.Act(new Random(at % 7), 120);
            if (process.Hit is null)
            {
                break;
            }
            kills++;
            hits.Add(process.Hit.Split(' ')[0]);
            story.EndProcess();
            story.CheckNext();
        }
        Assert.True(kills > 100, $"{kills} kills");
        Assert.Superset(new HashSet<string> { "create", "write", "delete", "mkdir", "lock" }, hits);
        Assert.True(sync == SpoolSync.Write || hits.Contains("sync"));
    }

    [Fact, Trait("Row", "D03")]
    public void AfterALossOfPowerEverythingThatWasCommittedWithFsyncIsThere()
    {
        var (torn, lost) = (0, 0);
        Gen.Int[0, int.MaxValue].Sample(
            seed =>
            {
                var random = new Random(seed);
                var story = new Story(SpoolSync.Fsync);
                for (var generation = 0; generation < 3; generation++)
                {
                    var process = story.StartProcess();
                    process.KillAt = random.Next(4) == 0 ? -1 : random.Next(1, 200);
                    story.Adopt();
                    story.Act(random, random.Next(1, 100));
                    story.EndProcess();
                    story.Disk.LosePower(random);
                }
                story.CheckNext();
                Interlocked.Add(ref torn, story.Disk.TornWrites);
                Interlocked.Add(ref lost, story.Disk.LostNames);
            },
            iter: LongTests.Count(1_000, 100_000));
        Assert.True(torn > 100 && lost > 100, $"{torn} torn writes, {lost} lost names");
    }

    [Theory, Trait("Row", "D04"), Trait("Row", "D05"), Trait("Row", "D08"), InlineData(SpoolSync.Write), InlineData(SpoolSync.Fsync)]
    public void AnyCallMayFailOnceAndNothingIsPromisedThatIsNotKept(SpoolSync sync)
    {
        var hits = new HashSet<string>();
        for (var at = 1; ; at++)
        {
            var story = new Story(sync);
            var process = story.StartProcess();
            process.FailAt = at;
            story.Act(new Random(at % 7), 120);
            if (process.Hit is null)
            {
                break;
            }
            hits.Add(process.Hit.Split(' ')[0]);
            story.CheckRecovery();
            story.EndProcess();
            if (sync == SpoolSync.Fsync)
            {
                story.Disk.LosePower(new Random(at));
            }
            story.CheckNext();
        }
        Assert.Superset(new HashSet<string> { "create", "write", "delete", "mkdir", "lock", "open", "read", "list", "room" }, hits);
        Assert.True(sync == SpoolSync.Write || hits.Contains("sync"));
    }

    [Fact, Trait("Row", "D05")]
    public void ADiskOnWhichEverythingFailsForAWhileIsUsedAgainAfterwards()
    {
        for (var at = 1; at < 150; at += 3)
        {
            var story = new Story(SpoolSync.Fsync);
            var process = story.StartProcess();
            (process.FailAt, process.FailsOn, process.Failure) = (at, true, static () => new IOException("No space left on device"));
            story.Act(new Random(at), 120);
            Assert.NotNull(process.Hit);
            process.FailAt = -1;
            story.CheckRecovery();
            story.EndProcess();
            story.CheckNext();
        }
    }

    /// <summary>Writes rows, reads and settles them in an order the pipeline may use, and knows what has to be there.</summary>
    sealed class Story(SpoolSync sync)
    {
        readonly FakeTimeProvider _clock = new();
        readonly List<(string Id, int Version, bool IsCommitted, bool IsSettled)> _writes = [];
        readonly Dictionary<(string, int), int> _indexes = [];
        MemoryDisk.Process _process = null!;
        SpoolStore _store = null!;
        Dictionary<long, (string Id, int Version)> _held = [];

        public MemoryDisk Disk { get; } = new();

        public MemoryDisk.Process StartProcess()
        {
            _process = Disk.Start();
            _clock.Advance(TimeSpan.FromSeconds(10));
            // segments of 37 KiB: many of them.
            _store = new SpoolStore(new SpoolSettings("/spool", sync, 600 * 1024, "app", null), _clock, _process);
            _held = [];
            return _process;
        }

        /// <summary>Order between processes is promised to one that begins with what was left to it.</summary>
        public void Adopt()
        {
            _store.Maintain();
            Read(int.MaxValue);
        }

        public void EndProcess() => _process.Kill();

        public void Act(Random random, int actions)
        {
            for (var i = 0; i < actions && !_process.IsDead; i++)
            {
                switch (random.Next(8))
                {
                    case 0 or 1 or 2:
                        Write(random);
                        break;
                    case 3 or 4:
                        Read(random.Next(1, 12));
                        break;
                    case 5 or 6:
                        Settle(random);
                        break;
                    default:
                        _store.Maintain();
                        _clock.Advance(TimeSpan.FromSeconds(random.Next(7)));
                        break;
                }
            }
        }

        /// <summary>A second later it works again, and what was committed can still be read.</summary>
        public void CheckRecovery()
        {
            _clock.Advance(TimeSpan.FromSeconds(6));
            Assert.False(_process.IsDead);
            Write(new Random(1));
            Assert.True(_writes[^1].IsCommitted);
            for (var i = 0; i < 12; i++)
            {
                _store.Maintain();
                Read(int.MaxValue);
                _clock.Advance(TimeSpan.FromSeconds(1));
            }
            var held = _held.Values.ToHashSet();
            Assert.Equal([], _writes.Where(write => write.IsCommitted && !write.IsSettled && !held.Contains((write.Id, write.Version))));
        }

        /// <summary>What the next process finds.</summary>
        public void CheckNext()
        {
            StartProcess();
            for (var i = 0; i < 4; i++)
            {
                _store.Maintain();
                Read(int.MaxValue);
            }
            var found = _held.Values.ToHashSet();
            Assert.Equal([], _writes.Where(write => write.IsCommitted && !write.IsSettled && !found.Contains((write.Id, write.Version))));
            foreach (var (id, version) in found)
            {
                Assert.Equal([], _writes.Where(later => later.Id == id && later.Version > version && later.IsCommitted && !found.Contains((id, later.Version))));
            }
            var news = SpoolWorld.News(_store);
            Assert.Equal(0, SpoolWorld.Count(news, SpoolNewsKind.Evicted));
            Assert.Equal(_store.Rows, _held.Count);
            _store.Dispose();
        }

        void Write(Random random)
        {
            var first = _writes.Count;
            for (var i = random.Next(1, 5); i > 0; i--)
            {
                var id = "id" + random.Next(6);
                var version = _writes.Count(write => write.Id == id);
                _indexes[(id, version)] = _writes.Count;
                _writes.Add((id, version, false, false));
                var json = Encoding.UTF8.GetBytes($"{id}:{version}:".PadRight(random.Next(100, 5000), 'x'));
                _store.Append(new SpoolRecord { Project = new ProjectKey("p", null), Id = new RowId(Guid.Empty, id), Follows = version > 0, AcceptedTicks = 1, Json = json });
            }
            if (_store.Commit())
            {
                for (var i = first; i < _writes.Count; i++)
                {
                    _writes[i] = _writes[i] with { IsCommitted = true };
                }
            }
        }

        void Read(int most)
        {
            for (; most > 0 && _store.TryRead(out var row); most--)
            {
                var parts = Encoding.UTF8.GetString(row.Record.Json.Span).Split(':');
                Assert.True(_held.TryAdd(row.Sequence, (parts[0], int.Parse(parts[1]))));
            }
        }

        void Settle(Random random)
        {
            foreach (var (sequence, (id, version)) in _held.OrderBy(static held => held.Key).ToList())
            {
                // In any order between rows, and in theirs for the writes of one.
                if (random.Next(3) > 0 && !_held.Values.Any(held => held.Id == id && held.Version < version))
                {
                    _store.Settle(sequence);
                    _held.Remove(sequence);
                    var index = _indexes[(id, version)];
                    _writes[index] = _writes[index] with { IsSettled = true };
                }
            }
        }
    }
}
