using System.Globalization;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>All that was measured, one line a value; in a file if one was named, so that a long run may be done in pieces.</summary>
sealed class Results
{
    readonly string? _path;
    readonly List<Table> _tables = [];

    public Results(string? path, IReadOnlyList<Scenario> scenarios)
    {
        _path = path;
        foreach (var line in path is not null && File.Exists(path) ? File.ReadLines(path) : [])
        {
            if (line.Split('\t') is [var scenario, var variant, var round, var contender, var metric, var value])
            {
                Of(scenarios.First(it => it.Name == scenario), variant)
                    .Add(int.Parse(round, CultureInfo.InvariantCulture), contender, new() { { metric, double.Parse(value, CultureInfo.InvariantCulture) } });
            }
        }
    }

    public IReadOnlyList<Table> Tables => _tables;

    public Table? Find(string scenario, string variant) => _tables.Find(table => table.Scenario.Name == scenario && table.Variant == variant);

    /// <summary>A finished table: kept, and written to the file whole, so that what was interrupted is measured again.</summary>
    public void Add(Table table)
    {
        _tables.Add(table);
        if (_path is not null)
        {
            File.AppendAllLines(_path, table.Values.Select(it => string.Create(CultureInfo.InvariantCulture,
                $"{table.Scenario.Name}\t{table.Variant}\t{it.Round}\t{it.Contender}\t{it.Metric}\t{it.Value:R}")));
        }
    }

    Table Of(Scenario scenario, string variant)
    {
        if (Find(scenario.Name, variant) is { } table)
        {
            return table;
        }
        _tables.Add(table = new Table(scenario, variant));
        return table;
    }
}
