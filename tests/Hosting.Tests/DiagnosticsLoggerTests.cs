using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Braintrust.Extensions.Logging;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Hosting;

/// <summary>What is wrong is read where the host's other events are read. Each test has an address of its own: the same line is told once a minute and process.</summary>
public sealed class DiagnosticsLoggerTests
{
    [Fact]
    public async Task WhatIsWrongIsAWarningOfTheOtherLoggersAndNoRow()
    {
        var console = new Recorder();
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // and never listens: the port is nobody else's, and refuses
        var port = ((IPEndPoint)nobody.LocalEndPoint!).Port;
        using var host = Build(console, $"http://127.0.0.1:{port}");
        await host.StartAsync();
        host.Services.GetRequiredService<ILogger<Recorder>>().LogInformation("Waits");
        var client = host.Services.GetRequiredService<BraintrustLoggerProvider>().Client;

        var (category, level, message) = await console.Next(port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal(("Braintrust.Logging", LogLevel.Warning), (category, level));
        Assert.StartsWith($"Login: 127.0.0.1:{port} could not be reached.", message, StringComparison.Ordinal);
        await host.StopAsync();
        (_, level, message) = await console.Next("at the end");
        Assert.Equal(LogLevel.Warning, level);
        Assert.StartsWith("1 rows wait at the end, for one more try when the host is disposed. Login: ", message, StringComparison.Ordinal);
        Assert.Equal(1, client.Ledger.Accepted); // no row of either
    }

    [Fact]
    public async Task WhatWasWrongBeforeTheHostStartedIsSaidAtItsStart()
    {
        var console = new Recorder();
        await using var refusing = await FakeBraintrust.StartAsync();
        refusing.OnLogin = static _ => Task.FromResult<Reply?>(new Reply(401));
        using var host = Build(console, refusing.Url.ToString());
        host.Services.GetRequiredService<ILogger<Recorder>>().LogInformation("Waits");
        await host.Services.GetRequiredService<BraintrustLoggerProvider>().Client.FlushAsync();

        await host.StartAsync();

        var (_, level, message) = await console.Next("401");
        Assert.Equal((LogLevel.Warning, "Login: Braintrust answered 401 (Unauthorized). Check BRAINTRUST_API_KEY."), (level, message));
    }

    static IHost Build(Recorder console, string address)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddProvider(console);
        builder.Configuration.AddInMemoryCollection([new("Logging:Braintrust:ApiKey", Some.ApiKey()), new("Logging:Braintrust:AppUrl", address), new("Logging:Braintrust:ShutdownTimeout", "00:00:00.1")]);
        builder.AddBraintrust("My Project");
        return builder.Build();
    }

    /// <summary>Somebody's console.</summary>
    public sealed class Recorder : ILoggerProvider
    {
        readonly ConcurrentQueue<(string Category, LogLevel Level, string Message)> _lines = [];
        readonly SemaphoreSlim _written = new(0);

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public async Task<(string Category, LogLevel Level, string Message)> Next(string holding)
        {
            while (true)
            {
                await _written.WaitAsync().WaitAsync(Patience.Limit);
                if (_lines.TryDequeue(out var line) && line.Message.Contains(holding, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }

        public void Dispose()
        {
        }

        sealed class Logger(Recorder all, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                all._lines.Enqueue((category, logLevel, formatter(state, exception)));
                all._written.Release();
            }
        }
    }
}
