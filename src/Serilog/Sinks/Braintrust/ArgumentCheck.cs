using Braintrust.Logging.Configuration;
using Microsoft.Extensions.Configuration;

namespace Serilog.Sinks.Braintrust;

/// <summary>
/// Looks at the arguments that Serilog.Settings.Configuration was given for us: it drops names that it does not know without a word, and
/// reads a bare number as so many days.
/// </summary>
/// <param name="directive"><c>WriteTo</c> or <c>AuditTo</c>.</param>
/// <param name="parameters">The names that the method takes.</param>
/// <param name="times">Those of them that are times.</param>
sealed class ArgumentCheck(string directive, string[] parameters, string[] times)
{
    const string Method = "Braintrust";

    // What chooses an overload that takes everything by code; a configuration names a static member: "App.Logging::Configure, App".
    static readonly string[] ByCode = ["configure", "client"];

    // Where a Serilog section may stand: "Serilog:WriteTo", "Logging:Serilog:WriteTo".
    const int DeepestSection = 4;

    /// <summary>The path of the arguments if there is one entry of ours only; errors of its values can then be named in full.</summary>
    public string? OnlyPath { get; private set; }

    /// <exception cref="ArgumentException">An argument is unknown, or a time is a bare number.</exception>
    public void Run(IConfiguration configuration)
    {
        var entries = new List<IConfigurationSection>();
        FindDirectives(configuration, 0, entries);
        foreach (var arguments in entries)
        {
            Check(arguments);
        }
        OnlyPath = entries.Count == 1 ? entries[0].Path + ":" : null;
    }

    void FindDirectives(IConfiguration configuration, int depth, List<IConfigurationSection> entries)
    {
        foreach (var section in configuration.GetChildren())
        {
            if (Same(section.Key, directive))
            {
                FindEntries(section, entries);
            }
            else if (depth < DeepestSection && section.Value is null)
            {
                FindDirectives(section, depth + 1, entries);
            }
        }
    }

    /// <summary>Ours may stand inside others: <c>Async</c>, <c>Conditional</c>, <c>Logger</c>.</summary>
    void FindEntries(IConfigurationSection section, List<IConfigurationSection> entries)
    {
        foreach (var child in section.GetChildren())
        {
            if (child.Value is not null)
            {
                continue;
            }
            if (child["Name"] == Method)
            {
                entries.Add(child.GetSection("Args"));
            }
            else if (!Same(child.Key, Opposite))
            {
                FindEntries(child, entries);
            }
        }
    }

    string Opposite => directive == "WriteTo" ? "AuditTo" : "WriteTo";

    void Check(IConfigurationSection arguments)
    {
        if (Array.Exists(ByCode, it => arguments[it] is not null))
        {
            return;
        }
        foreach (var argument in arguments.GetChildren())
        {
            if (!parameters.Contains(argument.Key, StringComparer.OrdinalIgnoreCase))
            {
                var meant = Spelling.Meant(argument.Key, parameters) is { } nearest ? $": did you mean '{nearest}'?" : ".";
                throw new ArgumentException($"{argument.Path} is unknown{meant} {directive}.{Method} takes {string.Join(", ", parameters)}.");
            }
            if (times.Contains(argument.Key, StringComparer.OrdinalIgnoreCase) && int.TryParse(argument.Value, out var number))
            {
                throw new ArgumentException($"{argument.Path} is {number}, which .NET reads as days. Write a time such as 00:00:02, or {number}.00:00:00 for days.");
            }
        }
    }

    static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
