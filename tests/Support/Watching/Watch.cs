namespace Braintrust.Logging.Tests.Watching;

/// <summary>
/// Sees every client of the process as it begins, and knows the test in whose flow that was. A client that has ended by the end of its test has to add up there; one that is
/// still open (another test's, or nobody's) at the end of the run. And it is told of each place where a key turns up (<see cref="Canary"/>).
/// </summary>
public sealed class Watch
{
    static readonly AsyncLocal<TestRecord?> Current = new();

    /// <summary>What happened in no test's flow: for the watch over the whole run.</summary>
    static readonly TestRecord Outside = new("no test in particular");

    readonly TestRecord _left = new("the run");
    readonly TestRecord? _outside;
    readonly TimeSpan _patience;

    static Watch()
    {
        Metrics.Began += static client => Record.Add(new Book(client, Record.Name));
        Canary.Listen();
    }

    /// <param name="isOfRun">It answers for what happened in no test's flow, too.</param>
    /// <param name="patience">How long books may be off that do not add up at once.</param>
    public Watch(bool isOfRun = false, TimeSpan? patience = null) => (_outside, _patience) = (isOfRun ? Outside : null, patience ?? Patience.Limit);

    static TestRecord Record => Current.Value ?? Outside;

    /// <summary>Something is wrong, whatever the test asserts: with the test of the caller's flow, or else with the run.</summary>
    public static void Report(string fault) => Record.Add(fault);

    /// <summary>A test begins in the caller's flow.</summary>
    public void Begin(string test) => Current.Value = new(test);

    /// <summary>The test of the caller's flow has ended; gives what is wrong with it.</summary>
    public IReadOnlyList<string> Finish()
    {
        if (Current.Value is not { } record)
        {
            return [];
        }
        Current.Value = null;
        var books = record.TakeBooks(); // before looking what is open: what begins in between has not ended
        var open = Metrics.All().Select(static client => client.Ledger).ToHashSet();
        var faults = record.TakeFaults();
        foreach (var book in books)
        {
            if (open.Contains(book.Ledger))
            {
                _left.Add(book);
            }
            else if (book.Fault(isOpen: false, _patience) is { } fault)
            {
                faults.Add(fault);
            }
        }
        return faults;
    }

    /// <summary>All tests have ended.</summary>
    /// <exception cref="WatchException">A client that no test ended does not add up, or something was reported in no test's flow.</exception>
    public void End()
    {
        Canary.CheckMeter();
        Book[] books = [.. _left.TakeBooks(), .. _outside?.TakeBooks() ?? []];
        var open = Metrics.All().Select(static client => client.Ledger).ToHashSet();
        List<string> faults = [.. _outside?.TakeFaults() ?? [], .. from book in books let fault = book.Fault(open.Contains(book.Ledger), _patience) where fault is not null select fault];
        if (faults.Count > 0)
        {
            throw new WatchException(faults);
        }
    }
}

/// <summary>What one test is answerable for.</summary>
sealed class TestRecord(string name)
{
    readonly Lock _lock = new();
    List<Book> _books = [];
    List<string> _faults = [];

    public string Name => name;

    public void Add(Book book)
    {
        lock (_lock)
        {
            _books.Add(book);
        }
    }

    public void Add(string fault)
    {
        lock (_lock)
        {
            _faults.Add(fault);
        }
    }

    public List<string> TakeFaults()
    {
        lock (_lock)
        {
            var taken = _faults;
            _faults = [];
            return taken;
        }
    }

    public IReadOnlyList<Book> TakeBooks()
    {
        lock (_lock)
        {
            var taken = _books;
            _books = [];
            return taken;
        }
    }
}
