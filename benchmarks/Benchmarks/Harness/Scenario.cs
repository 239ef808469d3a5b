using System.Runtime;
using Braintrust.Logging.Benchmarks.Contenders;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>One question to all contenders. The harness runs it once per contender, variant and round, each in a process of its own.</summary>
abstract class Scenario
{
    public abstract string Name { get; }

    /// <summary>What is measured, for the head of its table.</summary>
    public abstract string Summary { get; }

    /// <summary>Whom the others are compared with.</summary>
    public abstract string Baseline { get; }

    public abstract IEnumerable<Contender> Contenders { get; }

    public virtual IReadOnlyList<string> Variants(bool isSmoke) => [""];

    /// <summary>Long ones are not repeated as often.</summary>
    public virtual int MostRounds => int.MaxValue;

    /// <summary>Only measured when it is named: <c>all</c> is without it.</summary>
    public virtual bool IsLong => false;

    /// <summary>A run that takes longer hangs, and is ended.</summary>
    public virtual TimeSpan Limit => TimeSpan.FromMinutes(4); // the others need less than a tenth of it

    /// <summary>How long the receiver takes for each answer, in milliseconds.</summary>
    public virtual int Latency(string variant) => 0;

    /// <summary>Runs in the contender's process.</summary>
    public abstract Task<Measured> RunAsync(Run run);
}

/// <summary>What one run is given.</summary>
sealed record Run(Contender Contender, Setup Setup, Receiver Receiver, string Variant, bool IsSmoke)
{
    public IContender Make() => Contender.Make(Setup);

    /// <summary>How long to wait for what should arrive.</summary>
    public TimeSpan Patience => TimeSpan.FromSeconds(20);

    public bool Arrives => Contender.Mark != "-";

    /// <summary>
    /// Starts all that is made once: code, connection, login, pools. Ends when it has arrived, and a round has compiled next to nothing: code is compiled for speed in the background, after pauses,
    /// and twice, so that on a busy machine a number of rounds says nothing. A quarter of a million events may be needed.
    /// </summary>
    public async Task WarmUpAsync(IContender contender, int events = 20_000)
    {
        const int leastRounds = 4;
        const int mostRounds = 40;
        const int fewMethods = 5;
        if (IsSmoke || contender is ReadyPosts)
        {
            return;
        }
        for (var round = 1; round <= mostRounds; round++)
        {
            var compiled = JitInfo.GetCompiledMethodCount();
            for (var i = 0; i < events; i++)
            {
                contender.Emit(i);
            }
            if (Arrives && (await Receiver.WaitForAsync((long)round * events, Patience)).Rows < (long)round * events)
            {
                return; // some are lost, and each round more would wait for them: the run will tell
            }
            await Task.Delay(300); // thrice what the runtime waits after the last new method
            if (round >= leastRounds && JitInfo.GetCompiledMethodCount() - compiled < fewMethods)
            {
                return;
            }
        }
    }
}

/// <summary>Named results of one run, in order.</summary>
sealed class Measured : List<KeyValuePair<string, double>>
{
    public void Add(string name, double value) => Add(new(name, value));
}
