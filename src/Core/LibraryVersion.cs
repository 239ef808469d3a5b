using System.Reflection;

namespace Braintrust.Logging;

/// <summary>The version that rows and requests name: the package's, without the commit.</summary>
static class LibraryVersion
{
    public static readonly string Text = typeof(LibraryVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
