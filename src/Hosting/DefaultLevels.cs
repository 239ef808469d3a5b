using Braintrust.Extensions.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Braintrust.Extensions.Hosting;

/// <summary>A level for this provider alone, where nobody has chosen another: the host's lifetime lines belong to no trace, and each would be one of its own.</summary>
sealed class DefaultLevels : IPostConfigureOptions<LoggerFilterOptions>
{
    const string Alias = "Braintrust";
    const string Lifetime = "Microsoft.Hosting.Lifetime";

    public void PostConfigure(string? name, LoggerFilterOptions options)
    {
        var applied = Applied(options, Lifetime);
        if (applied is not ({ ProviderName: not null, CategoryName: not null } or { Filter: not null }) && LevelOf(applied, options) < LogLevel.Warning)
        {
            options.Rules.Add(new LoggerFilterRule(Alias, Lifetime, LogLevel.Warning, filter: null));
        }
    }

    static LogLevel LevelOf(LoggerFilterRule? rule, LoggerFilterOptions options) => rule is null ? options.MinLevel : rule.LogLevel ?? LogLevel.Trace;

    /// <summary>The rule that logging itself takes for the category: a provider's own before one for all, then the longest name, then the last.</summary>
    static LoggerFilterRule? Applied(LoggerFilterOptions options, string category)
    {
        LoggerFilterRule? applied = null;
        foreach (var rule in options.Rules)
        {
            if (IsOurs(rule.ProviderName) && Covers(rule.CategoryName, category) && Rank(rule).CompareTo(Rank(applied)) >= 0)
            {
                applied = rule;
            }
        }
        return applied;
    }

    static bool IsOurs(string? provider) => provider is null or Alias || provider == typeof(BraintrustLoggerProvider).FullName;

    static (bool, int) Rank(LoggerFilterRule? rule) => rule is null ? (false, -1) : (rule.ProviderName is not null, rule.CategoryName?.Length ?? 0);

    static bool Covers(string? pattern, string category)
    {
        var parts = (pattern ?? "").Split('*', 2); // at most one star, or logging itself throws
        return category.StartsWith(parts[0], StringComparison.OrdinalIgnoreCase) && (parts.Length == 1 || category.EndsWith(parts[1], StringComparison.OrdinalIgnoreCase));
    }
}
