namespace Braintrust.Logging;

/// <summary>
/// Closes all clients together, once, when the process ends without a dispose: normal exit, SIGTERM, Ctrl+C, an unhandled exception. The
/// exit code stays what it was.
/// </summary>
static class ProcessEnd
{
    static readonly HashSet<BraintrustClient> Clients = [];
    static bool _isHooked;

    public static void Watch(BraintrustClient client)
    {
        lock (Clients)
        {
            Clients.Add(client);
            if (!_isHooked)
            {
                _isHooked = true;
                AppDomain.CurrentDomain.ProcessExit += static (_, _) => CloseAll();
                AppDomain.CurrentDomain.UnhandledException += static (_, e) =>
                {
                    if (e.IsTerminating)
                    {
                        CloseAll();
                    }
                };
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

    static void CloseAll()
    {
        BraintrustClient[] clients;
        lock (Clients)
        {
            clients = [.. Clients];
            Clients.Clear();
        }
        if (clients.Length == 0)
        {
            return;
        }
        try
        {
            var longest = clients.Max(client => client.ShutdownTimeout);
            Task.WaitAll([.. clients.Select(client => client.DisposeAsync().AsTask())], longest + TimeSpan.FromMilliseconds(200));
        }
        catch (Exception) // the process ends; nothing may change how
        {
        }
    }
}
