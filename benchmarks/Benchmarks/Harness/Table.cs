using System.Globalization;
using System.Text;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>
/// A scenario's results as markdown: medians with their spread, and beside them the ratio to the baseline. A ratio is taken within each round, where both
/// met the same machine; the median of these is printed with its own spread.
/// </summary>
sealed class Table(Scenario scenario, string variant)
{
    public Scenario Scenario => scenario;

    public string Variant => variant;

    public IEnumerable<(string Contender, string Metric, int Round, double Value)> Values => _values.Select(it => (it.Key.Contender, it.Key.Metric, it.Key.Round, it.Value));

    /// <summary>Null: not measured.</summary>
    public double? Median(string contender, string metric) => Of(contender, metric) is { Length: > 0 } values ? Median(values) : null;

    /// <summary>The median of the rounds' ratios; null: not measured.</summary>
    public double? Ratio(string contender, string baseline, string metric) => Ratios(contender, baseline, metric) is { Length: > 0 } ratios ? Median(ratios) : null;

    readonly Dictionary<(string Contender, string Metric, int Round), double> _values = [];
    readonly List<string> _contenders = [];
    readonly List<string> _metrics = [];
    int _rounds;

    public void Add(int round, string contender, Measured? metrics)
    {
        _rounds = Math.Max(_rounds, round + 1);
        if (!_contenders.Contains(contender))
        {
            _contenders.Add(contender);
        }
        foreach (var (metric, value) in metrics ?? [])
        {
            if (!_metrics.Contains(metric))
            {
                _metrics.Add(metric);
            }
            _values[(contender, metric, round)] = value;
        }
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"### {scenario.Name}{(variant.Length > 0 ? $": {variant}" : "")}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{scenario.Summary} Median of {_rounds} (lowest–highest), then the ratio to {scenario.Baseline}.").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"| | {string.Join(" | ", _metrics)} |");
        text.AppendLine(CultureInfo.InvariantCulture, $"|---|{string.Concat(_metrics.Select(_ => "---|"))}");
        foreach (var contender in _contenders)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {contender} | {string.Join(" | ", _metrics.Select(metric => Cell(contender, metric)))} |");
        }
        return text.ToString();
    }

    string Cell(string contender, string metric)
    {
        var values = Of(contender, metric);
        if (values.Length == 0)
        {
            return "–";
        }
        var cell = $"{Short(Median(values))}{Spread(values)}";
        var ratios = Ratios(contender, scenario.Baseline, metric);
        return contender == scenario.Baseline || ratios.Length == 0 ? cell : $"{cell} · ×{Ratio(Median(ratios))}{Spread(ratios, Ratio)}";
    }

    double[] Of(string contender, string metric) =>
        [.. Enumerable.Range(0, _rounds).Where(round => _values.ContainsKey((contender, metric, round))).Select(round => _values[(contender, metric, round)]).Order()];

    double[] Ratios(string contender, string baseline, string metric) =>
        [.. Enumerable.Range(0, _rounds)
            .Where(round => _values.ContainsKey((contender, metric, round)) && _values.GetValueOrDefault((baseline, metric, round)) > 0)
            .Select(round => _values[(contender, metric, round)] / _values[(baseline, metric, round)]).Order()];

    static double Median(double[] sorted) =>
        sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;

    static string Spread(double[] sorted, Func<double, string>? text = null) =>
        sorted.Length < 2 ? "" : $" ({(text ?? Short)(sorted[0])}–{(text ?? Short)(sorted[^1])})";

    static string Ratio(double ratio) => ratio.ToString(ratio < 10 ? "0.00" : "0", CultureInfo.InvariantCulture);

    public static string Short(double value) => value switch
    {
        0 => "0",
        >= 1e6 => (value / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + "M",
        >= 1e4 => (value / 1e3).ToString("0", CultureInfo.InvariantCulture) + "k",
        >= 100 or <= -100 => value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0##", CultureInfo.InvariantCulture),
    };
}
