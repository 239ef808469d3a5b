using System.Text;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Pipeline;

/// <summary>A project on its way to the server: whether its id is known, whether it may be sent to, and what waits for either.</summary>
sealed class Lane(ProjectKey key)
{
    public ProjectKey Key { get; } = key;

    public byte[] ProjectIdUtf8 { get; private set; } = [];

    public bool IsKnown => ProjectIdUtf8.Length > 0;

    /// <summary>A look-up is under way.</summary>
    public bool IsLookingUp { get; set; }

    /// <summary>A look-up failed after the shutdown began: there is only one.</summary>
    public bool WasTriedAtShutdown { get; set; }

    public Gate Gate { get; } = new();

    /// <summary>Refused by the server; a single batch probes whether it still is.</summary>
    public bool IsPaused { get; set; }

    public bool IsProbing { get; set; }

    /// <summary>Lone rows refused in a row.</summary>
    public int LoneRefusals { get; set; }

    /// <summary>Rows that are read and not settled.</summary>
    public int Rows { get; set; }

    /// <summary>Rows of it stay on disk for now; later ones too, so that their order holds.</summary>
    public bool IsDeferring { get; set; }

    /// <summary>What it lost and has not been told; null: nothing.</summary>
    public LossTally? Lost { get; set; }

    /// <summary>Nothing is known of it that could not be learned again at once.</summary>
    public bool IsIdle(long now) => Rows == 0 && Lost is null && !IsLookingUp && !IsDeferring && Gate.IsOpen(now);

    /// <summary>Rows that wait for the look-up or the end of a pause.</summary>
    public List<Batch> Parked { get; } = [];

    /// <summary>In the order of reading: the last is the youngest, and only that one may still be added to.</summary>
    public void Park(Batch batch)
    {
        var at = Parked.Count;
        while (at > 0 && Parked[at - 1].Rows[0].Sequence > batch.Rows[0].Sequence)
        {
            at--;
        }
        Parked.Insert(at, batch);
    }

    public bool IsOpen => IsKnown && !IsPaused;

    public void Know(string projectId) => ProjectIdUtf8 = Encoding.UTF8.GetBytes(projectId);
}
