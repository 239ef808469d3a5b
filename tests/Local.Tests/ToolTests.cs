using System.Net;
using Braintrust.Logging.Local.Tool;

namespace Braintrust.Logging.Local.Tests;

public sealed class ToolTests
{
    [Theory]
    [InlineData("sreve", "no command \"sreve\"")]
    [InlineData("serve --prot 1", "no option \"--prot\"")]
    [InlineData("export --to x", "no option \"--to\"")]
    [InlineData("serve --port", "--port needs a value")]
    [InlineData("serve --db --memory", "--db needs a value")]
    [InlineData("serve --memory=yes", "--memory takes no value")]
    [InlineData("export --version", "no option \"--version\"")]
    public void AMistypedCommandLineIsNamed(string line, string message) =>
        Assert.Contains(message, Assert.Throws<UsageException>(() => Arguments.Parse(line.Split(' '))).Message, StringComparison.Ordinal);

    [Fact]
    public void AValueMayStandBehindAnEqualsSignAndHelpMayBeACommand()
    {
        var arguments = Arguments.Parse(["export", "--project=a=b", "--out", "-"]);
        Assert.Equal(("a=b", "-"), (arguments.Text("--project"), arguments.Text("--out")));
        Assert.Equal("--odd", Arguments.Parse(["export", "--project=--odd"]).Text("--project"));
        Assert.True(Arguments.Parse(["help"]).Has("--help"));
        Assert.True(Arguments.Parse(["--version"]).Has("--version"));
        Assert.Matches(@"^[0-9]+\.[0-9]+\.[0-9]+", Help.Version);
    }

    [Theory]
    [InlineData("--port x")]
    [InlineData("--port 70000")]
    [InlineData("--listen everywhere")]
    [InlineData("--keep-days 0")]
    public void AValueOutOfRangeIsNamed(string line) =>
        Assert.Throws<UsageException>(() => ServeCommand.Options(Arguments.Parse(line.Split(' ')), _ => null));

    [Fact]
    public void ByDefaultItServesOnLoopbackFromTheDataFolder()
    {
        var options = ServeCommand.Options(Arguments.Parse([]), name => name == "XDG_DATA_HOME" ? "/data" : null);
        Assert.Equal((4848, IPAddress.Loopback, null, "/data/braintrust-local/traces.db"), (options.Port, options.Address, options.Token, options.DatabasePath));
        Assert.Null(ServeCommand.Options(Arguments.Parse(["--memory"]), _ => null).DatabasePath);
    }

    [Fact]
    public void BeyondLoopbackATokenIsMadeUnlessOneIsGiven()
    {
        var options = ServeCommand.Options(Arguments.Parse(["serve", "--listen", "0.0.0.0"]), _ => null);
        Assert.Equal(32, options.Token!.Length);
        Assert.Equal("given", ServeCommand.Options(Arguments.Parse(["serve", "--listen", "0.0.0.0"]), name => name == "BRAINTRUST_LOCAL_TOKEN" ? "given" : null).Token);
        Assert.Contains(ServeCommand.Greeting(new Uri("http://0.0.0.0:1/"), options, isWindows: false), line => line.EndsWith($"BRAINTRUST_API_KEY={options.Token}", StringComparison.Ordinal));
    }

    [Fact]
    public void ItSaysTheAddressAndTheTwoVariables() => Assert.Equal(
        ["Traces:  http://127.0.0.1:4848/", "Rows:    in memory", "", "Set these where your app runs:", "  export BRAINTRUST_APP_URL=http://127.0.0.1:4848", "  export BRAINTRUST_API_KEY=local", "", "Ctrl+C stops it."],
        ServeCommand.Greeting(new Uri("http://127.0.0.1:4848/"), new(), isWindows: false));

    [Fact]
    public void OnWindowsItSaysThemAsPowerShellTakesThem() => Assert.Equal(
        ["  $env:BRAINTRUST_APP_URL = \"http://127.0.0.1:4848\"", "  $env:BRAINTRUST_API_KEY = \"local\""],
        ServeCommand.Greeting(new Uri("http://127.0.0.1:4848/"), new(), isWindows: true).Where(line => line.Contains("BRAINTRUST", StringComparison.Ordinal)));

    [Theory]
    [InlineData("--to https://www.braintrust.dev", "", "BRAINTRUST_API_KEY")]
    [InlineData("--to http://www.braintrust.dev", "key", "https")]
    [InlineData("--to braintrust", "key", "an address")]
    [InlineData("--as x", "key", "needs --to")]
    public void AReplayNeedsAKeyFromTheEnvironmentAndASafeAddress(string line, string key, string message) => Assert.Contains(
        message,
        Assert.Throws<UsageException>(() => ReplayCommand.Target(Arguments.Parse(["replay", .. line.Split(' ')]), name => name == "BRAINTRUST_API_KEY" ? key : null)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void TheKeyIsInNoText()
    {
        var target = ReplayCommand.Target(Arguments.Parse(["replay", "--to", "https://www.braintrust.dev"]), name => name == "BRAINTRUST_API_KEY" ? "sk-1" : null);
        Assert.DoesNotContain("sk-1", target.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void TheProgressBarFills()
    {
        Assert.Equal("[░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░] 0 of 4 rows", ProgressBar.Line(0, 4));
        Assert.Equal("[████████████████░░░░░░░░░░░░░░░░] 2 of 4 rows", ProgressBar.Line(2, 4));
        Assert.Equal("[████████████████████████████████] 0 of 0 rows", ProgressBar.Line(0, 0));
    }
}
