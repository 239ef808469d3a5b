using Braintrust.Logging.Pipeline;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;
using CsCheck;

namespace Braintrust.Logging.Tests.Spool;

public sealed class LateRowsTests
{
    static readonly BraintrustLogger[] Loggers = [.. Enumerable.Range(0, 3).Select(static i => new BraintrustLogger(null!, new ProjectKey($"project-{i}", null)))];

    [Fact]
    public void RowsLeaveInTheOrderInWhichTheyCamePastThoseOfProjectsThatWait() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2], Gen.Int[0, 3]).List[1, 60].Sample(static steps =>
        {
            var world = new World();
            foreach (var (step, project, number) in steps)
            {
                switch (step)
                {
                    case 0 or 1:
                        world.Add(project, after: number);
                        break;
                    case 2:
                        world.Deferring.Add(Loggers[project].Key);
                        break;
                    case 3:
                        world.Resume(project);
                        break;
                    case 4:
                        world.TakeOld(project, count: number);
                        break;
                    default:
                        world.Take(number);
                        break;
                }
            }
            world.ResumeAll();
            world.TakeAll();
        });

    [Fact]
    public void RowsThatStayAreNotLookedAtAgainForEachRowThatIsReadFromDisk()
    {
        var asked = 0;
        var late = new LateRows(project =>
        {
            asked++;
            return project == Loggers[0].Key;
        });
        for (var i = 0; i < 1000; i++)
        {
            late.Add(Row(0, i), new Epoch(), after: 0);
        }

        for (var read = 1; read <= 1000; read++)
        {
            Assert.False(late.TryTake(before: read, out _));
        }

        Assert.Equal(1, asked);
    }

    static MemoryRow Row(int project, long acceptedAt) =>
        new(new Entry { Logger = Loggers[project], AcceptedAt = acceptedAt }, RowRole.Update, true, default, []);

    /// <summary>The rows, and a list that is walked from its beginning each time.</summary>
    sealed class World
    {
        readonly LateRows _late;
        readonly List<(ProjectKey Project, long AcceptedAt, long After)> _expected = [];
        long _after;
        long _time;

        public World() => _late = new LateRows(Deferring.Contains);

        public HashSet<ProjectKey> Deferring { get; } = [];

        public void Add(int project, int after)
        {
            _after += after;
            _late.Add(Row(project, ++_time), new Epoch(), _after);
            _expected.Add((Loggers[project].Key, _time, _after));
        }

        public void Resume(int project)
        {
            Deferring.Remove(Loggers[project].Key);
            _late.Resume(Loggers[project].Key);
        }

        public void ResumeAll()
        {
            for (var i = 0; i < Loggers.Length; i++)
            {
                Resume(i);
            }
        }

        public void Take(int back)
        {
            var before = back == 0 ? long.MaxValue : _after - back + 2;
            var at = _expected.FindIndex(row => row.After < before && !Deferring.Contains(row.Project));
            var isThere = _late.TryTake(before, out var row);

            Assert.Equal(at >= 0, isThere);
            if (isThere)
            {
                Assert.Equal(_expected[at].AcceptedAt, row.AcceptedAt);
                Assert.Equal(_expected[at].After, row.After);
                _expected.RemoveAt(at);
            }
            AssertCounts();
        }

        public void TakeOld(int stays, int count)
        {
            var upTo = count == 0 || _expected.Count < count ? 0 : _expected[count - 1].AcceptedAt;
            bool MayGo(ProjectKey project) => project == Loggers[stays].Key;
            var old = _expected.FindAll(row => row.AcceptedAt <= upTo && !MayGo(row.Project));

            Assert.Equal(old.Select(static row => row.AcceptedAt), _late.TakeOld(upTo, MayGo).Select(static row => row.AcceptedAt).Order());
            _expected.RemoveAll(old.Contains);
            AssertCounts();
        }

        public void TakeAll()
        {
            while (_expected.Count > 0)
            {
                Take(back: 0);
            }
            Take(back: 0);
            Assert.True(_late.AreNone);
        }

        void AssertCounts()
        {
            Assert.Equal(_expected.Count == 0, _late.AreNone);
            Assert.Equal(_expected.Count == 0 ? long.MaxValue : _expected.Min(static row => row.AcceptedAt), _late.FirstAt);
        }
    }
}
