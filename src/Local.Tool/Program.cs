using System.Runtime.InteropServices;
using System.Text;
using Braintrust.Logging.Local.Replaying;
using Braintrust.Logging.Local.Tool;
using Microsoft.Data.Sqlite;

Console.OutputEncoding = Encoding.UTF8;
var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = !stop.IsCancellationRequested; // the second time it ends at once
    stop.Cancel();
};
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    stop.Cancel();
});

try
{
    var arguments = Arguments.Parse(args);
    if (arguments.Has("--help"))
    {
        Console.Out.WriteLine(Help.Text);
        return 0;
    }
    if (arguments.Has("--version"))
    {
        Console.Out.WriteLine(Help.Version);
        return 0;
    }
    return arguments.Command switch
    {
        "clear" => await ClearCommand.RunAsync(arguments, stop.Token),
        "export" => await ExportCommand.RunAsync(arguments, stop.Token),
        "replay" => await ReplayCommand.RunAsync(arguments, stop.Token),
        _ => await ServeCommand.RunAsync(arguments, stop.Token),
    };
}
catch (UsageException e)
{
    Console.Error.WriteLine($"{e.Message} See braintrust-local --help.");
    return 2;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Stopped.");
    return 130;
}
catch (SqliteException e)
{
    Console.Error.WriteLine($"The database failed: {e.Message}");
    return 1;
}
catch (Exception e) when (e is IOException or InvalidDataException or ReplayException or UnauthorizedAccessException or ArgumentException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
