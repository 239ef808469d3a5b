using System.Diagnostics;
using System.Runtime.InteropServices;
using Braintrust.Logging.Local;

namespace Braintrust.Logging.Tests.Packages;

/// <summary>Applications in empty folders, made of nothing but the packed packages and what the README shows, with a Braintrust to log to.</summary>
[Collection("packages")]
public sealed class ConsumerTests(Feed feed) : IAsyncLifetime
{
    const string Hosting = """<PackageReference Include="Microsoft.Extensions.Hosting" Version="10.0.0" />""";
    const string SerilogJson = """
        { "Serilog": { "Using": ["Serilog.Sinks.Braintrust"], "WriteTo": [ { "Name": "Braintrust", "Args": { "project": "My Project", "period": "00:00:05" } } ] } }
        """;
    const string ILoggerJson = """
        { "Logging": { "Braintrust": { "Project": "My Project", "LogLevel": { "Default": "Information" } } } }
        """;

    BraintrustLocal _local = null!;

    public async Task InitializeAsync() => _local = await BraintrustLocal.StartAsync();

    public async Task DisposeAsync() => await _local.DisposeAsync();

    [PackageTheory]
    [InlineData("Console", "Serilog.Sinks.Braintrust", "Answering When is tea?")]
    [InlineData("Function", "Braintrust.Logging", "handle")]
    public async Task AProgramOfTheReadmeMakesATrace(string sample, string package, string name)
    {
        var program = await File.ReadAllTextAsync(Path.Combine(Feed.Repository, "samples/Start", sample, "Program.cs"));
        var folder = await feed.ConsumerAsync(sample, Project("Microsoft.NET.Sdk", Reference(package)), program);

        await RunAsync(await BuildAsync(folder, sample));

        var trace = Assert.Single(_local.Traces("My Project"));
        Assert.Equal((name, 49L), (trace.Name, trace.SelfAndDescendants().Sum(row => row.Tokens ?? 0)));
    }

    [PackageTheory]
    [InlineData("Web", "Microsoft.NET.Sdk.Web", "Now listening on: ", "GET /")]
    [InlineData("Worker", "Microsoft.NET.Sdk.Worker", "At four.", "Answering ticket 1")]
    public async Task AHostOfTheReadmeMakesATraceAndEndsWhenItIsTold(string sample, string sdk, string sign, string name)
    {
        var program = await File.ReadAllTextAsync(Path.Combine(Feed.Repository, "samples/Start", sample, "Program.cs"));
        var folder = await feed.ConsumerAsync(sample, Project(sdk, Reference("Braintrust.Extensions.Hosting") + (sample == "Worker" ? Hosting : "")), program,
            ("appsettings.json", """{ "Logging": { "LogLevel": { "Default": "Information", "Microsoft.AspNetCore": "Warning" } } }""")); // as the template has it
        var start = await BuildAsync(folder, sample);
        start.WorkingDirectory = folder;
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        Connect(start);
        using var process = Process.Start(start)!;
        try
        {
            var said = await LineAsync(process.StandardOutput, sign);
            if (sample == "Web")
            {
                using var http = new HttpClient();
                Assert.Equal("At four.", await http.GetStringAsync(said[(said.IndexOf(sign, StringComparison.Ordinal) + sign.Length)..]));
            }

            using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            {
                await kill.WaitForExitAsync();
            }
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        var trace = _local.Traces("My Project").MinBy(static trace => trace.Start)!; // a worker may have begun another ticket
        Assert.Equal((name, 49L), (trace.Name, trace.SelfAndDescendants().Sum(row => row.Tokens ?? 0)));
        Assert.Equal(0, process.ExitCode);
    }

    static async Task<string> LineAsync(StreamReader output, string sign)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (line.Contains(sign, StringComparison.Ordinal))
            {
                return line;
            }
        }
        throw new EndOfStreamException($"It ended without saying \"{sign}\".");
    }

    [PackageFact]
    public async Task SerilogIsSetUpByJson()
    {
        var folder = await feed.ConsumerAsync(
            "SerilogJson",
            Project("Microsoft.NET.Sdk", Reference("Serilog.Sinks.Braintrust") + """<PackageReference Include="Serilog.Settings.Configuration" Version="10.0.1" />""" + Hosting),
            """
            using Microsoft.Extensions.Configuration;
            using Serilog;

            var configuration = new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json").Build();
            using var log = new LoggerConfiguration().ReadFrom.Configuration(configuration).CreateLogger();
            log.Information("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);
            """,
            ("appsettings.json", SerilogJson));

        await RunAsync(await BuildAsync(folder, "SerilogJson"));

        Assert.Equal(49, Assert.Single(_local.Traces("My Project")).Tokens);
    }

    [PackageFact]
    public async Task ILoggerIsSetUpByJson()
    {
        var folder = await feed.ConsumerAsync(
            "ILoggerJson",
            Project("Microsoft.NET.Sdk", Reference("Braintrust.Extensions.Logging") + Hosting),
            """
            using Microsoft.Extensions.DependencyInjection;
            using Microsoft.Extensions.Hosting;
            using Microsoft.Extensions.Logging;

            var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
            builder.Logging.AddBraintrust();
            using var host = builder.Build();
            var log = host.Services.GetRequiredService<ILogger<Program>>();
            using (log.BeginScope("Answering {Question}", "When is tea?"))
            {
                log.LogInformation("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);
            }
            """,
            ("appsettings.json", ILoggerJson));

        await RunAsync(await BuildAsync(folder, "ILoggerJson"));

        var trace = Assert.Single(_local.Traces("My Project"));
        Assert.Equal(("Answering When is tea?", 49L), (trace.Name, Assert.Single(trace.Children).Tokens!.Value));
    }

    [PackageFact]
    public async Task AProjectOfTestsTestsWhatItLogs()
    {
        var folder = await feed.ConsumerAsync(
            "AppTests",
            Project("Microsoft.NET.Sdk", Reference("Braintrust.Logging.Testing") + Reference("Serilog.Sinks.Braintrust") + """
                <PackageReference Include="Microsoft.NET.Test.Sdk" Version="18.10.1" />
                <PackageReference Include="xunit" Version="2.9.3" />
                <PackageReference Include="xunit.runner.visualstudio" Version="3.1.5" />
                """).Replace("<OutputType>Exe</OutputType>", "", StringComparison.Ordinal),
            """
            using Braintrust.Logging.Testing;
            using Serilog;
            using Xunit;

            public class AnswerTests
            {
                [Fact]
                public async Task AnAnswerIsScored()
                {
                    await using var braintrust = new InMemoryBraintrust();
                    using var log = new LoggerConfiguration().WriteTo.Braintrust(braintrust.Client).CreateLogger();
                    using (var span = log.BeginSpan("Answering {Question}", "When is tea?"))
                    {
                        span.Log(output: "At four.");
                    }

                    (await braintrust.TraceAsync()).ShouldHaveSpan("Answering {Question}").WithOutput("At four.");
                    await braintrust.ShouldHaveLostNothingAsync();
                }
            }
            """);

        Assert.Contains("Passed: 1", (await Feed.RunAsync(folder, "test", "--nologo")).Replace("     ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [PackageTheory]
    [InlineData("Trimmed", "-p:PublishTrimmed=true", "-p:PublishSingleFile=true")]
    [InlineData("Native", "-p:PublishAot=true", "-p:StripSymbols=true")]
    public async Task APublishedAppLogsThroughBothFrontEndsWithoutAWarning(string name, string how, string more)
    {
        var folder = await feed.ConsumerAsync(
            name,
            Project("Microsoft.NET.Sdk", Reference("Serilog.Sinks.Braintrust") + Reference("Braintrust.Extensions.Logging") + """<PackageReference Include="Microsoft.Extensions.Logging" Version="10.0.0" />"""),
            """
            using Microsoft.Extensions.Logging;
            using Serilog;

            using (var log = new LoggerConfiguration().WriteTo.Braintrust("My Project").CreateLogger())
            using (log.BeginSpan("Through {Name}", "Serilog"))
            {
                log.Information("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);
            }
            using (var logging = LoggerFactory.Create(logging => logging.AddBraintrust("My Project")))
            {
                var log = logging.CreateLogger("Program");
                using (log.BeginScope("Through {Name}", "ILogger"))
                {
                    log.LogInformation("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);
                }
            }
            """);
        string[] linker = HasClang ? [] : ["-p:CppCompilerAndLinker=gcc"]; // only ahead-of-time compilation needs one
        await Feed.RunAsync(folder, ["publish", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "-o", "out", how, more, "-p:TrimmerSingleWarn=false", .. linker, "--nologo", "-v", "q"]);

        await RunAsync(new ProcessStartInfo(Path.Combine(folder, "out", name)));

        var traces = _local.Traces("My Project").OrderBy(trace => trace.Name).ToList();
        Assert.Equal(["Through ILogger", "Through Serilog"], traces.Select(trace => trace.Name));
        Assert.All(traces, trace => Assert.Equal(49, Assert.Single(trace.Children).Tokens));
    }

    static bool HasClang { get; } = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(static folder => File.Exists(Path.Combine(folder, "clang")));

    string Reference(string package) => $"""<PackageReference Include="{package}" Version="{feed.Version}" />""";

    static string Project(string sdk, string references) => $"""
        <Project Sdk="{sdk}">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <InvariantGlobalization>true</InvariantGlobalization>
            <NuGetAudit>false</NuGetAudit>
          </PropertyGroup>
          <ItemGroup>
            {references}
            <None Update="appsettings.json" CopyToOutputDirectory="PreserveNewest" />
          </ItemGroup>
        </Project>
        """;

    static async Task<ProcessStartInfo> BuildAsync(string folder, string name)
    {
        await Feed.RunAsync(folder, "build", "-o", "out", "--nologo", "-v", "q");
        return new ProcessStartInfo("dotnet", ["exec", Path.Combine(folder, "out", $"{name}.dll")]);
    }

    void Connect(ProcessStartInfo start)
    {
        (start.Environment["BRAINTRUST_API_KEY"], start.Environment["BRAINTRUST_ORG_NAME"]) = (_local.ApiKey, _local.Organization);
        (start.Environment["BRAINTRUST_APP_URL"], start.Environment["BRAINTRUST_API_URL"]) = (_local.Url.ToString(), _local.Url.ToString());
        start.Environment["Logging__Braintrust__ShutdownTimeout"] = "00:01:00"; // for those that read it: five seconds are not much on a busy machine
        start.RedirectStandardOutput = true;
    }

    async Task RunAsync(ProcessStartInfo start)
    {
        Connect(start);
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Equal((0, ""), (process.ExitCode, texts[1]));
    }
}
