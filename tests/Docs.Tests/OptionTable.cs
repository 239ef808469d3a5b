using System.Globalization;
using System.Reflection;
using Braintrust.Extensions.Logging;
using Serilog;
using Serilog.Configuration;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>The options as the code has them: what docs/configuration.md and the schemas have to say.</summary>
static class OptionTable
{
    /// <summary>All that a section of a configuration can set.</summary>
    public static IReadOnlyList<PropertyInfo> InJson { get; } =
        [.. typeof(BraintrustLoggerOptions).GetProperties().Where(static it => IsText(it.PropertyType)).OrderBy(static it => it.MetadataToken)];

    /// <summary>The named arguments of <c>WriteTo.Braintrust</c> and <c>AuditTo.Braintrust</c>, without what is no setting.</summary>
    public static IReadOnlyList<ParameterInfo> Arguments<TConfiguration>() =>
        [.. typeof(BraintrustLoggerConfigurationExtensions).GetMethods()
            .Single(static it => it.Name == "Braintrust" && it.GetParameters() is var all && all[0].ParameterType == typeof(TConfiguration) && all.Any(static one => one.Name == "apiKey"))
            .GetParameters().Skip(1).Where(static it => it.Name != "configuration")];

    /// <summary>The variables that the library reads.</summary>
    public static IReadOnlyList<string> Variables { get; } =
        [.. typeof(BraintrustOptions).Assembly.GetType("Braintrust.Logging.Configuration.EnvironmentVariables", throwOnError: true)!
            .GetFields(BindingFlags.Public | BindingFlags.Static).Where(static it => it.IsLiteral).Select(static it => (string)it.GetRawConstantValue()!)];

    static readonly BraintrustLoggerOptions Defaults = new();

    /// <summary>The default as a person writes it; null where there is none, or it depends.</summary>
    public static string? DefaultOf(PropertyInfo option) => option.GetValue(Defaults) switch
    {
        null => null,
        bool value => value ? "true" : "false",
        Enum value => $"`{value}`",
        TimeSpan { TotalHours: >= 1 } value => $"{value.TotalHours} h",
        TimeSpan value => $"{value.TotalSeconds} s",
        long value when value % (1L << 30) == 0 => $"{value >> 30} GiB",
        long value when value % (1L << 20) == 0 => $"{value >> 20} MiB",
        IEnumerable<string> => "none",
        IFormattable value => value.ToString("#,0.###", CultureInfo.InvariantCulture),
        var value => throw new NotSupportedException($"{option.Name} has a default of a kind that nobody has written before: {value}."),
    };

    /// <summary>The word that tells what a number counts.</summary>
    public static string? UnitOf(PropertyInfo option) => Bare(option.PropertyType) switch
    {
        var type when type == typeof(TimeSpan) => "time",
        var type when type == typeof(long) && option.Name.EndsWith("Bytes", StringComparison.Ordinal) => "bytes",
        var type when type == typeof(int) => "rows",
        _ => null,
    };

    public static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    static bool IsText(Type type) => Bare(type) is var bare && (bare.IsPrimitive || bare.IsEnum || bare == typeof(string) || bare == typeof(TimeSpan) || bare == typeof(IList<string>));
}
