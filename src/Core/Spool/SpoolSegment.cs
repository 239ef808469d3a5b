namespace Braintrust.Logging.Spool;

/// <summary>
/// A segment that is in use. A record is pending until it is settled, and held while the reader has it; one that is pending, not held and lies behind the reader was deferred.
/// </summary>
/// <remarks>What changes is guarded by the lock of <see cref="SpoolIndex"/>, except the notes on disk, which are the writer's.</remarks>
sealed class SpoolSegment(SpoolHome home, long file, ulong nonce, long firstNumber, long @base, int recordsAt)
{
    public SpoolHome Home { get; } = home;

    public long File { get; } = file;

    public ulong Nonce { get; } = nonce;

    /// <summary>The number that its first record has in the file.</summary>
    public long FirstNumber { get; } = firstNumber;

    /// <summary>The sequence that its first record has here.</summary>
    public long Base { get; } = @base;

    public int RecordsAt { get; } = recordsAt;

    public string RowsPath => Home.RowsPath(File);

    public string NotesPath => Home.NotesPath(File);

    public string AttemptsPath => Home.AttemptsPath(File);

    // ---- by the index --------------------------------------------------------------------------------------------------------------

    public RowBits Pending { get; } = new();

    public RowBits Held { get; } = new();

    /// <summary>What was settled and is not noted on disk.</summary>
    public List<RowRange> Unnoted { get; set; } = [];

    /// <summary>When records were accepted, a mark a second: enough to tell the age of the oldest.</summary>
    public List<(int From, long Ticks)> Times { get; } = [];

    public int Count { get; set; }

    public int PendingCount { get; set; }

    /// <summary>Pending ones that are ahead of the reader.</summary>
    public int Unread { get; set; }

    /// <summary>Pending ones that are behind the reader and not held.</summary>
    public int Deferred { get; set; }

    public int FirstPending { get; set; }

    /// <summary>Up to here it was written as a whole.</summary>
    public long Length { get; set; }

    /// <summary>Where the reader is: in the file, and by records.</summary>
    public long ReadAt { get; set; } = recordsAt;

    public int ReadNext { get; set; }

    /// <summary>Nothing is appended any more.</summary>
    public bool IsSealed { get; set; }

    /// <summary>Its file is gone; what the reader holds is all that is left.</summary>
    public bool IsGone { get; set; }

    public int ReadFailures { get; set; }

    public long OldestTicks
    {
        get
        {
            if (PendingCount == 0)
            {
                return long.MaxValue;
            }
            FirstPending = Pending.FirstFrom(FirstPending);
            var ticks = Times.Count == 0 ? long.MaxValue : Times[0].Ticks;
            foreach (var time in Times)
            {
                if (time.From > FirstPending)
                {
                    break;
                }
                ticks = time.Ticks;
            }
            return ticks;
        }
    }

    // ---- by the writer: the file of notes ------------------------------------------------------------------------------------------

    /// <summary>What they say.</summary>
    public List<RowRange> Noted { get; set; } = [];

    public long NotesLength { get; set; }

    /// <summary>An attempt to write or sync it failed: what is in it is not known, and it has to be written anew.</summary>
    public bool AreNotesSuspect { get; set; }

    public bool AreNotesNamed { get; set; }

    public long LastWriteTimestamp { get; set; }
}
