using Braintrust.Logging.Tests.Watching;

namespace Braintrust.Logging.Tests;

/// <summary>Values that a test needs but does not care about.</summary>
public static class Some
{
    /// <summary>A fresh key: logins are shared by URL and key within the process, and tests run side by side. Wherever it turns up but in the header for it, the test fails.</summary>
    public static string ApiKey() => $"{Canary.Prefix}{Guid.NewGuid():N}";

    /// <summary>A fresh project name.</summary>
    public static string ProjectName() => $"project-{Guid.NewGuid():N}";

    /// <summary>Bytes of every value, none of them readable as text.</summary>
    public static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(4711).NextBytes(bytes);
        return bytes;
    }
}
