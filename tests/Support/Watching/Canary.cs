using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Text;

namespace Braintrust.Logging.Tests.Watching;

/// <summary>
/// All keys of the tests begin alike, and that beginning may stand in the header for the key and nowhere else: no other part of a request, no exception's message, no event (which has
/// the lines of the diagnostics and of SelfLog, and the messages of losses), no metric's tag, no file, nothing on the console.
/// </summary>
public static class Canary
{
    public const string Prefix = "sk-canary-";

    /// <summary>How the test kit's keys begin.</summary>
    const string KitPrefix = "in-memory-";

    static readonly byte[] PrefixBytes = Encoding.UTF8.GetBytes(Prefix), KitPrefixBytes = Encoding.UTF8.GetBytes(KitPrefix);

    static EventListener? _events;

    [ThreadStatic]
    static bool _isLooking;

    public static bool IsIn(string? text) => text is not null && (text.Contains(Prefix, StringComparison.Ordinal) || text.Contains(KitPrefix, StringComparison.Ordinal));

    public static bool IsIn(ReadOnlySpan<byte> text) => text.IndexOf(PrefixBytes) >= 0 || text.IndexOf(KitPrefixBytes) >= 0;

    /// <summary>Reports a key, without repeating it.</summary>
    public static void Check(string where, string? text)
    {
        if (IsIn(text))
        {
            Watch.Report($"A key stands in {where}.");
        }
    }

    public static void Check(string where, ReadOnlySpan<byte> text)
    {
        if (IsIn(text))
        {
            Watch.Report($"A key stands in {where}.");
        }
    }

    /// <summary>Spools, dead letters and whatever else was left in a folder.</summary>
    public static void CheckFolder(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            Check("the name of a file", Path.GetFileName(file));
            if (!File.GetAttributes(file).HasFlag(FileAttributes.ReparsePoint))
            {
                Check($"the file {Path.GetFileName(file)}", File.ReadAllBytes(file));
            }
        }
    }

    /// <summary>The tags of what was measured in the whole run; counters keep theirs.</summary>
    public static void CheckMeter()
    {
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, it) =>
        {
            if (instrument.Meter.Name == "Braintrust.Logging")
            {
                it.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>(static (instrument, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                Check($"a tag of {instrument.Name}", $"{tag.Key} {tag.Value}");
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
    }

    internal static void Listen()
    {
        _events = new Events();
        Console.SetOut(new Tee(Console.Out));
        Console.SetError(new Tee(Console.Error));
        AppDomain.CurrentDomain.FirstChanceException += static (_, thrown) => Look(thrown.Exception);
    }

    static void Look(Exception thrown)
    {
        // Those of the tests themselves may be hostile, and xunit's repeat what was compared.
        if (_isLooking || thrown.GetType().Assembly.GetName().Name is not { } assembly || assembly.Contains("Tests", StringComparison.Ordinal) || assembly.StartsWith("xunit", StringComparison.Ordinal))
        {
            return;
        }
        _isLooking = true;
        try
        {
            Check($"the message of a {thrown.GetType().Name}", thrown.Message);
        }
        catch (Exception) // one that cannot say what it is about
        {
        }
        finally
        {
            _isLooking = false;
        }
    }

    sealed class Events : EventListener
    {
        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "Braintrust-Logging")
            {
                EnableEvents(eventSource, EventLevel.Verbose);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            foreach (var value in eventData.Payload ?? [])
            {
                Check("an event of the diagnostics", value as string);
            }
        }
    }

    /// <summary>The console, read on its way.</summary>
    sealed class Tee(TextWriter inner) : TextWriter
    {
        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => inner.Write(value);

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(string? value)
        {
            Check("what was written to the console", value);
            inner.Write(value);
        }

        public override void WriteLine(string? value)
        {
            Check("what was written to the console", value);
            inner.WriteLine(value);
        }

        public override void Flush() => inner.Flush();
    }
}

/// <summary>Where keys stood in the requests of a server; reported in the flow of the test, which is not that of the server.</summary>
sealed class RequestLeaks
{
    readonly Lock _lock = new();
    readonly List<string> _places = [];

    public void Check(string line, string? query, IReadOnlyDictionary<string, string> headers, ReadOnlySpan<byte> body)
    {
        if (Canary.IsIn(line) || Canary.IsIn(query))
        {
            Add("the address of a request");
        }
        if (Canary.IsIn(body))
        {
            Add($"the body of {line}");
        }
        foreach (var header in headers.Where(static header => header.Key != "Authorization" && (Canary.IsIn(header.Value) || Canary.IsIn(header.Key))))
        {
            Add($"the header {header.Key} of {line}");
        }
    }

    public void Report()
    {
        lock (_lock)
        {
            _places.ForEach(static place => Watch.Report($"A key stands in {place}."));
            _places.Clear();
        }
    }

    void Add(string place)
    {
        lock (_lock)
        {
            _places.Add(place);
        }
    }
}
