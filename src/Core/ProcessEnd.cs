using System.Runtime.InteropServices;

namespace Braintrust.Logging;

/// <summary>
/// Delivers for all clients together when the process ends without a dispose: normal exit, an unhandled exception, SIGTERM, Ctrl+C. The exit
/// code stays what it was.
/// </summary>
static class ProcessEnd
{
    static readonly HashSet<BraintrustClient> Clients = [];
    static PosixSignalRegistration[]? _signals;
    static volatile bool _hasCome;

    /// <summary>All clients are closed or about to be, and a new one would not deliver any more.</summary>
    public static bool HasCome => _hasCome;

    public static void Watch(BraintrustClient client)
    {
        lock (Clients)
        {
            Clients.Add(client);
            if (_signals is null)
            {
                Hook();
            }
        }
    }

    public static void Forget(BraintrustClient client)
    {
        lock (Clients)
        {
            Clients.Remove(client);
        }
    }

    static void Hook()
    {
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => CloseAll();
        AppDomain.CurrentDomain.UnhandledException += static (_, e) =>
        {
            if (e.IsTerminating)
            {
                CloseAll();
            }
        };
        try
        {
            PosixSignal[] signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP];
            _signals = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, Signalled))];
        }
        catch (PlatformNotSupportedException) // a browser, a phone: there are no signals to wait for
        {
            _signals = [];
        }
    }

    /// <summary>
    /// Since .NET 10 no ProcessExit follows a signal. A host that stops gracefully cancels the signal and goes on logging, so the clients
    /// stay open: what is queued is delivered, and what the signal does by default comes after.
    /// </summary>
    static void Signalled(PosixSignalContext signal)
    {
        if (!signal.Cancel)
        {
            ForAll(static client => client.FlushAsync(client.ShutdownTimeout));
        }
    }

    static void CloseAll()
    {
        _hasCome = true;
        ForAll(static client => client.DisposeAsync().AsTask());
    }

    static void ForAll(Func<BraintrustClient, Task> end)
    {
        BraintrustClient[] clients;
        lock (Clients)
        {
            clients = [.. Clients];
        }
        if (clients.Length == 0)
        {
            return;
        }
        try
        {
            Task.WaitAll([.. clients.Select(end)], Waiting.Within(clients.Max(client => client.TimeToEnd)));
        }
        catch (Exception) // the process ends; nothing may change how
        {
        }
    }
}
