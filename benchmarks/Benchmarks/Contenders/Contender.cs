using System.Text;

namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>Something that takes the workload's events and delivers them. Disposing delivers what is left.</summary>
interface IContender : IAsyncDisposable
{
    /// <summary>Logs one event.</summary>
    void Emit(int i);

    /// <summary>The same inside a scope of its own, or a span where the contender has no scopes.</summary>
    void EmitInScope(int i) => throw new NotSupportedException();

    /// <summary>A call at a level that is switched off.</summary>
    void EmitDisabled(int i) => throw new NotSupportedException();

    /// <summary>Opens a scope that stays open.</summary>
    IDisposable? Open(int i) => throw new NotSupportedException();
}

/// <param name="Url">The receiver's.</param>
/// <param name="Defaults">Queue limits as they come; else large enough that nothing is lost.</param>
/// <param name="Projects">How many projects events are spread over.</param>
sealed record Setup(string Url, bool Defaults = false, int Projects = 1)
{
    public const int LargeQueue = 20_000_000;
    public const int BatchRows = 1000;
}

/// <param name="Name">On the command line and in tables.</param>
/// <param name="Mark">What its requests hold once per event.</param>
/// <param name="Make">Sets it up, as an application would at its start.</param>
sealed record Contender(string Name, string Mark, Func<Setup, IContender> Make)
{
    public string MarkHex => Convert.ToHexString(Encoding.UTF8.GetBytes(Mark));
}

static class Catalog
{
    const string Row = "\"_is_merge\"";
    const string Compact = "\"@t\"";
    const string OtlpAttribute = "\n\u0005Model"; // the key of an attribute: field 1, five bytes

    static readonly string[] Optional = ["serilog-http", "serilog-http-durable", "ilogger-seq", "braintrust-sdk"];

    public static readonly IReadOnlyList<Contender> All =
    [
        new("serilog-none", "-", SerilogContender.None),
        new("serilog-seq", Compact, SerilogContender.Seq),
        new("serilog-otlp", OtlpAttribute, SerilogContender.Otlp),
        new("serilog-minimal", Compact, SerilogContender.Minimal),
        new("serilog-braintrust", Row, SerilogContender.Ours),
        new("ilogger-none", "-", LoggerContender.None),
        new("ilogger-otlp", OtlpAttribute, static setup => LoggerContender.Otlp(setup, rendered: true)),
        new("ilogger-otlp-template", OtlpAttribute, static setup => LoggerContender.Otlp(setup, rendered: false)),
        new("ilogger-braintrust", Row, LoggerContender.Ours),
        new("core-braintrust", Row, static setup => new CoreContender(setup)),
        new("pipe-by-hand", Row, static setup => new ReferencePipe(setup, HandWrittenRow.Write)),
        new("pipe-utf8jsonwriter", Row, static setup => new ReferencePipe(setup, WriterRow.Write)),
        new("post-1", Row, static setup => new ReadyPosts(setup, 1)),
        new("post-4", Row, static setup => new ReadyPosts(setup, 4)),
        new("post-16", Row, static setup => new ReadyPosts(setup, 16)),
#if SERILOG_HTTP
        new("serilog-http", "\"Timestamp\"", SerilogContender.Http),
        new("serilog-http-durable", "\"Timestamp\"", SerilogContender.DurableHttp),
#endif
#if SEQ_EXTENSIONS
        new("ilogger-seq", Compact, LoggerContender.Seq),
#endif
#if BRAINTRUST_SDK
        new("braintrust-sdk", OtlpAttribute, static setup => new SdkContender(setup)),
#endif
    ];

    /// <summary>Peers that this build is without, since their packages are not everywhere.</summary>
    public static IEnumerable<string> Missing => Optional.Except(All.Select(contender => contender.Name));

    public static Contender Named(string name) =>
        All.FirstOrDefault(contender => contender.Name == name) ?? throw new ArgumentException($"There is no contender '{name}'. There are: {string.Join(", ", All.Select(it => it.Name))}.");

    /// <summary>Those of the names that this build has.</summary>
    public static IEnumerable<Contender> Of(params string[] names) => All.Where(contender => names.Contains(contender.Name));
}
