using System.Text;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;
using Braintrust.Logging.Spool;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>A spool's folder, a clock, and stores on it as if each were a process. On the real disk unless another is given.</summary>
sealed class SpoolWorld : IDisposable
{
    readonly string _parent = Path.Combine(Path.GetTempPath(), "spool-" + Guid.NewGuid().ToString("n"));
    readonly List<SpoolStore> _stores = [];
    readonly ISpoolFiles? _files;

    public SpoolWorld(ISpoolFiles? files = null)
    {
        _files = files;
        Root = files is null ? Path.Combine(_parent, "spool") : "/spool";
        if (files is null)
        {
            Directory.CreateDirectory(_parent);
        }
    }

    public string Parent => _parent;

    public string Root { get; }

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.Parse("2026-01-01T00:00:00Z"));

    public SpoolSync Sync { get; init; }

    public long LimitBytes { get; init; } = 1L << 30;

    public SpoolStore Store(string? directory = null, string app = "https://app.test", string? org = null)
    {
        var store = new SpoolStore(new SpoolSettings(directory ?? Root, Sync, LimitBytes, app, org), Clock, _files);
        _stores.Add(store);
        return store;
    }

    public SpoolRecord Record(string json, string id = "", string project = "p", bool follows = false) => new()
    {
        Project = new ProjectKey(project, null),
        Id = id.Length == 0 ? RowId.New() : new RowId(Guid.Empty, id),
        Follows = follows,
        AcceptedTicks = Clock.GetUtcNow().UtcTicks,
        Json = Encoding.UTF8.GetBytes(json),
    };

    /// <summary>Appends and commits rows with these bodies.</summary>
    public bool Write(SpoolStore store, params string[] rows)
    {
        foreach (var row in rows)
        {
            store.Append(Record(row));
        }
        return store.Commit();
    }

    public static List<(long Sequence, string Json)> Read(SpoolStore store)
    {
        var rows = new List<(long, string)>();
        while (store.TryRead(out var row))
        {
            rows.Add((row.Sequence, Encoding.UTF8.GetString(row.Record.Json.Span)));
        }
        return rows;
    }

    public static List<string> Texts(SpoolStore store) => [.. Read(store).Select(static row => row.Json)];

    public static List<SpoolNews> News(SpoolStore store)
    {
        var all = new List<SpoolNews>();
        while (store.TryTakeNews(out var news))
        {
            all.Add(news);
        }
        return all;
    }

    public static long Count(IEnumerable<SpoolNews> news, SpoolNewsKind kind) => news.Where(one => one.Kind == kind).Sum(static one => one.Rows);

    public string[] Files(string pattern) => Directory.Exists(Root) ? [.. Directory.GetFiles(Root, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];

    public void Dispose()
    {
        _stores.ForEach(static store => store.Dispose());
        if (_files is null)
        {
            Directory.Delete(_parent, recursive: true);
        }
    }

    /// <summary>The folder of a process that has ended.</summary>
    public string Plant()
    {
        var home = Path.Combine(Root, new string('0', 31) + "1");
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(home);
        }
        else
        {
            Directory.CreateDirectory(Root, (UnixFileMode)0b111_000_000);
            Directory.CreateDirectory(home, (UnixFileMode)0b111_000_000);
        }
        return home;
    }
}
