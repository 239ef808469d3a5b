using Braintrust.Logging.Tests.Watching;

namespace Braintrust.Logging.Tests.Configuration;

sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("braintrust-").FullName;

    public string Folder(string relative) => Directory.CreateDirectory(System.IO.Path.Combine(Path, relative)).FullName;

    public void Write(string folder, string text) => File.WriteAllText(System.IO.Path.Combine(Path, folder, ".env.braintrust"), text);

    public void Dispose()
    {
        Canary.CheckFolder(Path);
        Directory.Delete(Path, recursive: true);
    }
}
