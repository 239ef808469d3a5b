using Braintrust.Logging.Configuration;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Tests.Session;

public class SessionRegistryTests
{
    static readonly ConnectionSettings Settings = new("https://app.example", null, "k", null, false);
    readonly SessionRegistry registry = new();

    [Fact]
    public void EqualSettingsShareASession()
    {
        using var one = registry.Acquire(Settings, () => "k");
        using var two = registry.Acquire(Settings with { }, () => "k");
        using var other = registry.Acquire(Settings with { OrgName = "other" }, () => "k");
        Assert.Same(one.Session, two.Session);
        Assert.NotSame(one.Session, other.Session);
    }

    [Fact]
    public void TheLastToLeaveEndsIt()
    {
        var one = registry.Acquire(Settings, () => "k");
        var two = registry.Acquire(Settings, () => "k");
        one.Dispose();
        one.Dispose();
        using var three = registry.Acquire(Settings, () => "k");
        Assert.Same(two.Session, three.Session);
        two.Dispose();
        three.Dispose();
        using var four = registry.Acquire(Settings, () => "k");
        Assert.NotSame(three.Session, four.Session);
    }
}
