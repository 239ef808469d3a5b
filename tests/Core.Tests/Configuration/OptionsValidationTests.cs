using Braintrust.Logging;
using Braintrust.Logging.Configuration;

namespace Braintrust.Logging.Tests.Configuration;

public class OptionsValidationTests
{
    static readonly TimeSpan TooLong = TimeSpan.FromMilliseconds(int.MaxValue + 1.0);

    public static TheoryData<string, Action<BraintrustOptions>> Mistakes => new()
    {
        { "BatchSizeLimit must be at least 1.", o => o.BatchSizeLimit = 0 },
        { "QueueLimit must be at least 1.", o => o.QueueLimit = -1 },
        { "QueueLimitBytes must be at least 1.", o => o.QueueLimitBytes = 0 },
        { "Period must be greater than zero.", o => o.Period = TimeSpan.Zero },
        { "Period must be greater than zero.", o => o.Period = Timeout.InfiniteTimeSpan },
        { "Period must be at most 24 days.", o => o.Period = TooLong },
        { "RetryTimeLimit must be greater than zero.", o => o.RetryTimeLimit = TimeSpan.FromSeconds(-1) },
        { "RetryTimeLimit must be at most 24 days.", o => o.RetryTimeLimit = TimeSpan.MaxValue },
        { "ShutdownTimeout must not be negative.", o => o.ShutdownTimeout = Timeout.InfiniteTimeSpan },
        { "ShutdownTimeout must be at most 24 days.", o => o.ShutdownTimeout = TooLong },
        { "Project must not be blank. Leave it unset for BRAINTRUST_PROJECT or the project Global.", o => o.Project = " " },
        { "ProjectId must be a UUID, such as 0b000000-0000-4000-8000-00000000000a.", o => o.ProjectId = "my project" },
        { "OrgName must not contain control characters.", o => o.OrgName = "a\r\nb" },
        { "AppUrl must be an absolute https URL, such as https://www.braintrust.dev.", o => o.AppUrl = "www.braintrust.dev" },
        { "AppUrl must be an absolute https URL, such as https://www.braintrust.dev.", o => o.AppUrl = "/relative" },
        { "AppUrl must be an absolute https URL, such as https://www.braintrust.dev.", o => o.AppUrl = "https://" },
        { "AppUrl must be a URL without user name, query and fragment.", o => o.AppUrl = "https://me:secret@host" },
        { "ApiUrl must be a URL without user name, query and fragment.", o => o.ApiUrl = "https://host/?key=secret" },
        { "ApiUrl must use https: plain http is for loopback addresses, unless AllowInsecureTransport is set.", o => o.ApiUrl = "http://api.braintrust.dev" },
        { "AppUrl must use https: plain http is for loopback addresses, unless AllowInsecureTransport is set.", o => o.AppUrl = "http://www.braintrust.dev" },
        { "ApiUrl must be an absolute https URL, such as https://www.braintrust.dev.", o => o.ApiUrl = "file:///etc/passwd" },
        { "SpoolLimitBytes must be at least 1.", o => o.SpoolLimitBytes = 0 },
        { "SpoolSync must be one of Write, Fsync.", o => o.SpoolSync = (SpoolSync)9 },
        { "SpoolDirectory must be the path of a folder. Leave it unset to keep nothing on disk.", o => o.SpoolDirectory = " " },
        { "EventsAs must be one of Spans, ApplicationLogs, Auto.", o => o.EventsAs = (EventsAs)9 },
        { "ScopeSpans must be one of All, Named.", o => o.ScopeSpans = (ScopeSpans)9 },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void AMistakeIsAnErrorThatNamesTheOption(string message, Action<BraintrustOptions> mistake) =>
        Assert.Equal("BraintrustOptions." + message, Assert.Throws<ArgumentException>(() => Resolve(mistake)).Message);

    [Theory]
    [InlineData("sk-\u0001canary")]
    [InlineData("sk-canary\r\nX-Evil: 1")]
    [InlineData("sk-cänary")]
    [InlineData("sk canary")]
    public void AKeyThatNoHeaderMayCarryIsRefusedWithoutBeingRepeated(string key)
    {
        var error = Assert.Throws<ArgumentException>(() => Resolve(o => o.ApiKey = key));
        Assert.StartsWith("BraintrustOptions.ApiKey must consist of ASCII", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("nary", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTPS://Api.Example:443/base//", "https://api.example/base")]
    [InlineData(" https://api.example ", "https://api.example")]
    [InlineData("http://localhost:8000/", "http://localhost:8000")]
    [InlineData("http://127.0.0.1", "http://127.0.0.1")]
    [InlineData("http://[::1]:5", "http://[::1]:5")]
    public void AUrlHasOneSpelling(string given, string used) => Assert.Equal(used, Resolve(o => o.ApiUrl = given).Connection.ApiUrl);

    [Fact]
    public void PlainHttpCanBeAllowed() =>
        Assert.Equal("http://inside.example", Resolve(o => (o.ApiUrl, o.AllowInsecureTransport) = ("http://inside.example", true)).Connection.ApiUrl);

    [Fact]
    public void TheSmallestSizesAndNoShutdownTimeAreFine() => Resolve(o =>
        (o.BatchSizeLimit, o.QueueLimit, o.QueueLimitBytes, o.Period, o.ShutdownTimeout) = (1, 1, 1, TimeSpan.FromTicks(1), TimeSpan.Zero));

    static ResolvedSettings Resolve(Action<BraintrustOptions> change)
    {
        var options = new BraintrustOptions();
        change(options);
        return SettingsResolver.Resolve(options, new(static _ => null, static () => null));
    }
}
