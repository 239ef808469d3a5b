namespace Braintrust.Logging.Tests.Packages;

/// <summary>Packing, restoring and publishing takes minutes: in CI (<c>CI=true</c>) always, elsewhere with <c>BRAINTRUST_PACKAGE_TESTS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class PackageFactAttribute : FactAttribute
{
    public PackageFactAttribute() => Skip = Reason;

    public static string? Reason { get; } =
        Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("BRAINTRUST_PACKAGE_TESTS") == "1" ? null
        : "Packs, restores and publishes; set BRAINTRUST_PACKAGE_TESTS=1 to run it.";
}

/// <summary>The same, for each row of data.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class PackageTheoryAttribute : TheoryAttribute
{
    public PackageTheoryAttribute() => Skip = PackageFactAttribute.Reason;
}
