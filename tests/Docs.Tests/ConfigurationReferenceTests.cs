using System.Text.RegularExpressions;
using Serilog.Configuration;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>docs/configuration.md says of each option what the code does. A new option is one line there.</summary>
public partial class ConfigurationReferenceTests
{
    static readonly Dictionary<string, string[]> Lines = Repository.Lines("docs/configuration.md")
        .Where(static line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(static line => line.Split('|', StringSplitOptions.TrimEntries))
        .Where(static cells => cells.Length >= 7)
        .ToDictionary(static cells => cells[1].Trim('`'));

    [Fact]
    public void EveryOptionHasALineWithItsArgumentItsDefaultAndItsUnit()
    {
        var arguments = OptionTable.Arguments<LoggerSinkConfiguration>().Select(static it => it.Name!).ToList();
        var wrong = new List<string>();
        foreach (var option in OptionTable.InJson)
        {
            if (!Lines.TryGetValue(option.Name, out var cells))
            {
                wrong.Add($"{option.Name}: has no line in docs/configuration.md, below \"| Option, JSON |\"");
                continue;
            }
            var argument = char.ToLowerInvariant(option.Name[0]) + option.Name[1..];
            if (cells[2] != $"`{argument}`" || !arguments.Contains(argument))
            {
                wrong.Add($"{option.Name}: the Serilog argument is `{argument}` in the table, and a parameter of WriteTo.Braintrust");
            }
            if (OptionTable.DefaultOf(option) is { } expected && cells[4] != expected)
            {
                wrong.Add($"{option.Name}: the default is {expected}, not {cells[4]}");
            }
            if (OptionTable.UnitOf(option) is { } unit && !cells[5].Contains(unit, StringComparison.Ordinal))
            {
                wrong.Add($"{option.Name}: the last column has to say its unit, \"{unit}\"");
            }
        }
        Assert.Equal([], wrong);
        Assert.Equal([], Lines.Keys.Except(OptionTable.InJson.Select(static it => it.Name)));
    }

    [Fact]
    public void WhatOnlyCodeCanSetIsNamedToo()
    {
        var text = string.Join('\n', Repository.Lines("docs/configuration.md"));
        var codeOnly = typeof(Braintrust.Extensions.Logging.BraintrustLoggerOptions).GetProperties().Except(OptionTable.InJson).Select(static it => it.Name);
        Assert.Equal([], codeOnly.Where(name => !text.Contains($"`{name}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void EveryVariableIsNamedAndNoneThatDoesNotExist()
    {
        var named = Repository.Lines("docs/configuration.md").SelectMany(static line => Variable().Matches(line)).Select(static match => match.Value).ToHashSet();
        Assert.Equal(OptionTable.Variables.Order(), named.Order());
    }

    [GeneratedRegex("BRAINTRUST_[A-Z_]+[A-Z]")]
    private static partial Regex Variable();
}
