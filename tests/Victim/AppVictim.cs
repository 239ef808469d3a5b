using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Context;

namespace Braintrust.Logging.Tests;

/// <summary>An application in a host, set up by the <c>appsettings.json</c> of its folder. It logs what applications log, or nothing, and stops when it is told.</summary>
static class AppVictim
{
    /// <param name="front">Through which front end.</param>
    /// <param name="folder">Where its settings are.</param>
    /// <param name="isAtWork">Whether it logs.</param>
    public static int Run(string front, string folder, bool isAtWork)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = folder });
        builder.Logging.ClearProviders();
        if (front == "ILogger")
        {
            builder.Logging.AddBraintrust();
        }
        using var serilog = front == "Serilog" ? new LoggerConfiguration().ReadFrom.Configuration(builder.Configuration).CreateLogger() : null;
        using (var host = builder.Build())
        {
            host.Start();
            var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Shop.Checkout");
            if (isAtWork && serilog is not null)
            {
                Structured(serilog.ForContext("SourceContext", "Shop.Checkout"));
            }
            else if (isAtWork)
            {
                Framework(logger);
            }
            Console.WriteLine("ready");
            Console.ReadLine();
            host.StopAsync().GetAwaiter().GetResult();
        }
        return 0;
    }

    static void Framework(Microsoft.Extensions.Logging.ILogger logger)
    {
        logger.LogWarning("Alone");
        using (logger.BeginScope("Order {Order} of {@Customer}", 7, new { Name = "Ann", Since = 2019 }))
        {
            logger.LogInformation("Took {Amount} {Currency}", 12.5m, "EUR");
            using (logger.BeginScope(new Dictionary<string, object?> { ["Step"] = "payment", ["Tries"] = new[] { 1, 2, 3 } }))
            {
                logger.LogError(new EventId(42, "Declined"), Failure(), "Could not charge {Card}", "4242");
            }
        }
    }

    static void Structured(Serilog.ILogger logger)
    {
        logger.Warning("Alone");
        using (LogContext.PushProperty("Tenant", "north"))
        using (var order = logger.BeginSpan("Order {Order} of {@Customer}", 7, new { Name = "Ann", Since = 2019 }))
        {
            logger.Information("Took {Amount} {Currency}", 12.5m, "EUR");
            using var payment = logger.BeginSpan("Pay {@Tries}", new[] { 1, 2, 3 });
            logger.Error(Failure(), "Could not charge {Card}", "4242");
            payment.Log(error: Failure());
            order.Log(output: "nothing sold");
        }
    }

    /// <summary>With a stack and a cause.</summary>
    static InvalidOperationException Failure()
    {
        try
        {
            throw new InvalidOperationException("No money", new TimeoutException("The bank did not answer"));
        }
        catch (InvalidOperationException failure)
        {
            return failure;
        }
    }
}
