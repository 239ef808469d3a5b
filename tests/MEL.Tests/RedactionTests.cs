using System.Diagnostics;
using Braintrust.Extensions.Logging;
using Microsoft.Extensions.Compliance.Classification;
using Microsoft.Extensions.Compliance.Redaction;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Buffering;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>Classified data never goes out in clear: with the real packages, their generator, and without them.</summary>
public partial class RedactionTests
{
    const string Mail = "ann@example.com";
    const string Number = "4711-0815";

    internal static class Taxonomy
    {
        public static readonly DataClassification Personal = new("Test", "Personal");
        public static readonly DataClassification Payment = new("Test", "Payment");
    }

    internal sealed class PersonalAttribute() : DataClassificationAttribute(Taxonomy.Personal);

    internal sealed class PaymentAttribute() : DataClassificationAttribute(Taxonomy.Payment);

    internal record Person(string Name, [Personal] string Mail);

    record Order(int Id, Person By);

    [Payment]
    internal record Card(string Number);

    internal sealed class Account
    {
        public string Name => "ann";
        [Personal] public string Mail => RedactionTests.Mail;
        [NoDataClassification] public string Plan => "free";
        public override string ToString() => $"Account of {Mail}";
    }

    internal static class CardTags
    {
        public static void Of(ITagCollector collector, Card card)
        {
            collector.Add("number", card.Number, new DataClassificationSet(Taxonomy.Payment));
            collector.Add("length", card.Number.Length);
        }
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Mail to {Address}, {Count} of them")]
        public static partial void Sent(ILogger logger, [Personal] string address, int count);

        [LoggerMessage(2, LogLevel.Information, "Here is {account}")]
        public static partial void SignedIn(ILogger logger, [LogProperties] Account account);

        [LoggerMessage(3, LogLevel.Information, "Paid")]
        public static partial void Paid(ILogger logger, [TagProvider(typeof(CardTags), nameof(CardTags.Of))] Card card);
    }

    /// <summary>Redaction as an application sets it up: mail is hashed, payment erased.</summary>
    static ILogger Redacting(World world, Action<IServiceCollection>? more = null) => world.Services(
        more: logging => logging.EnableRedaction(),
        services: services =>
        {
            more?.Invoke(services);
            AddRedaction(services);
        }).GetRequiredService<ILogger<RedactionTests>>();

    static void AddRedaction(IServiceCollection services) => services.AddRedaction(redaction => redaction
        .SetHmacRedactor(hmac => (hmac.Key, hmac.KeyId) = (Convert.ToBase64String(new byte[44]), 7), new DataClassificationSet(Taxonomy.Personal))
        .SetRedactor<ErasingRedactor>(new DataClassificationSet(Taxonomy.Payment)));

    static async Task<IReadOnlyList<System.Text.Json.Nodes.JsonObject>> NothingInClearAsync(World world)
    {
        var rows = await world.FlushAsync();
        Assert.DoesNotContain(world.Server.Requests.Entries, request =>
            request.Body.Contains(Mail, StringComparison.Ordinal) || request.Body.Contains(Number, StringComparison.Ordinal));
        return rows;
    }

    [Fact]
    public async Task WithRedactionEnabledParametersPropertiesAndTagsArriveRedacted()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = Redacting(world);
        Log.Sent(logger, Mail, 3);
        Log.Paid(logger, new Card(Number));
        Log.SignedIn(logger, new Account());
        Log.Sent(logger, "bob@example.com", 1); // out of the same pool
        var rows = await NothingInClearAsync(world);

        var sent = rows[0];
        var hash = (string)sent.Meta("Address")!;
        Assert.StartsWith("7:", hash, StringComparison.Ordinal);
        Assert.Equal($"Mail to {hash}, 3 of them", (string?)sent["output"]);
        Assert.Equal(3, (int)sent.Meta("Count")!);
        Assert.NotEqual(hash, (string?)rows[3].Meta("Address"));

        Assert.Equal("", (string?)rows[1].Meta("card.number"));
        Assert.Equal(Number.Length, (int)rows[1].Meta("card.length")!);

        Assert.Equal("ann", (string?)rows[2].Meta("account.Name"));
        Assert.StartsWith("7:", (string?)rows[2].Meta("account.Mail"), StringComparison.Ordinal);
        // Rendered by the generated code, it would have shown what the object's ToString shows.
        Assert.StartsWith("""Here is {"Name":"ann","Mail":"7:""", (string?)rows[2]["output"], StringComparison.Ordinal);
        Assert.Equal("free", (string?)rows[2].Meta("account")!["Plan"]);
    }

    [Fact]
    public async Task WithoutRedactionEnabledClassifiedParametersAreMissing()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Services().GetRequiredService<ILogger<RedactionTests>>();
        Log.Sent(logger, Mail, 3);
        Log.Paid(logger, new Card(Number));
        Log.SignedIn(logger, new Account());
        var rows = await NothingInClearAsync(world);

        Assert.Equal("Mail to (null), 3 of them", (string?)rows[0]["output"]); // the generator's word for it
        Assert.Null(rows[0].Meta("Address"));
        Assert.Null(rows[1].Meta("card.number"));
        Assert.Equal("""Here is {"Name":"ann","Mail":"<redacted>","Plan":"free"}""", (string?)rows[2]["output"]);
    }

    [Fact]
    public async Task ObjectsLoggedWholeAreErasedWhereTheyAreClassifiedAlsoInTheMessage()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Logger();
        var person = new Person("ann", Mail);
        logger.LogInformation("Hello {Person}, {{you}} have {Count,3:D2}", person, 5);
        logger.LogInformation("Nested {Order} and {Card}", new Order(1, person), new Card(Number));
        logger.LogInformation("Listed {People}", new List<Person> { person });
        logger.LogInformation("Asked {Input} for {Output}", person, new { person, Cards = new[] { new Card(Number) } });
        logger.Log(LogLevel.Information, default, person, null, static (person, _) => person.ToString());
        logger.Log(LogLevel.Information, default, new Dictionary<string, object?> { ["Person"] = person }, null, static (all, _) => $"{all["Person"]}");
        var rows = await NothingInClearAsync(world);

        Assert.Equal("""Hello {"Name":"ann","Mail":"<redacted>"}, {you} have  05""", (string?)rows[0]["output"]);
        Assert.Equal("<redacted>", (string?)rows[0].Meta("Person")!["Mail"]);
        Assert.Equal("<redacted>", (string?)rows[1].Meta("Order")!["By"]!["Mail"]);
        Assert.Equal("<redacted>", (string?)rows[1].Meta("Card"));
        Assert.Equal("""Listed [{"Name":"ann","Mail":"<redacted>"}]""", (string?)rows[2]["output"]);
        Assert.Equal("<redacted>", (string?)rows[3]["input"]!["Mail"]);
        Assert.Equal("<redacted>", (string?)rows[3]["output"]!["Cards"]![0]);
        Assert.Equal("<redacted>", (string?)rows[4]["output"]);
        Assert.Equal("<redacted>", (string?)rows[5]["output"]);
    }

    [Fact]
    public async Task ScopesAndTheirNamesAreErasedToo()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Logger();
        var person = new Person("ann", Mail);
        logger.BeginScope("Serving {Person}", person)!.Dispose();
        logger.BeginScope(person)!.Dispose();
        logger.BeginScope(new Dictionary<string, object?> { ["Person"] = person })!.Dispose();
        using (logger.BeginScope("Work"))
        {
            BraintrustSpan.Current!.Log(input: person, metadata: new { person });
        }
        var rows = await NothingInClearAsync(world);
        Assert.Equal(["""Serving {"Name":"ann","Mail":"<redacted>"}""", "Person", """Person:{"Name":"ann","Mail":"<redacted>"}""", "Work"], rows.Select(row => row.Name()));
        Assert.Equal("<redacted>", (string?)rows[3]["input"]!["Mail"]);
        Assert.Equal("<redacted>", (string?)rows[3].Meta("person")!["Mail"]);
    }

    [Fact]
    public async Task TheContainersRedactorsAreUsedWhereThereAreSome()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Services(services: AddRedaction).GetRequiredService<ILogger<RedactionTests>>(); // no EnableRedaction
        logger.LogInformation("Hello {Person} with {Card}", new Person("ann", Mail), new Card(Number));
        using (logger.BeginScope("Work"))
        {
            BraintrustSpan.Current!.Log(input: new Person("ann", Mail));
        }
        var rows = await NothingInClearAsync(world);
        var hash = (string)rows[0].Meta("Person")!["Mail"]!;
        Assert.StartsWith("7:", hash, StringComparison.Ordinal);
        Assert.Equal("", (string?)rows[0].Meta("Card"));
        Assert.Equal($$"""Hello {"Name":"ann","Mail":"{{hash}}"} with """, (string?)rows[0]["output"]);
        Assert.Equal(hash, (string?)rows[1]["input"]!["Mail"]);
    }

    [Fact]
    public async Task AnObjectsMemberAndAParameterHaveTheSameHash()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Services(more: logging => logging.EnableRedaction(options => options.ApplyDiscriminator = false), services: AddRedaction)
            .GetRequiredService<ILogger<RedactionTests>>();
        Log.Sent(logger, Mail, 3);
        logger.LogInformation("Hello {Person}", new Person("ann", Mail));
        var rows = await NothingInClearAsync(world);
        Assert.Equal((string?)rows[0].Meta("Address"), (string?)rows[1].Meta("Person")!["Mail"]);
    }

    /// <summary>Redactors that log what they are asked to hide, while they are made and while they work, and then fail.</summary>
    sealed class Talkative : IRedactorProvider
    {
        readonly ILogger _logger;

        public Talkative(ILoggerFactory loggers)
        {
            _logger = loggers.CreateLogger("Talkative");
            _logger.LogInformation("Made for {Person}", new Person("ann", Mail));
        }

        public Redactor GetRedactor(DataClassificationSet classifications)
        {
            _logger.LogInformation("Asked for {Person}", new Person("ann", Mail));
            BraintrustSpan.Current?.Log(metadata: new Person("ann", Mail));
            throw new InvalidOperationException(Mail);
        }
    }

    [Fact]
    public async Task RedactorsThatLogOrFailNeitherRecurseNorLeak()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Services(services: services => services.AddSingleton<IRedactorProvider, Talkative>()).GetRequiredService<ILogger<RedactionTests>>();
        using (logger.BeginScope("Work"))
        {
            logger.LogInformation("Hello {Person}", new Person("ann", Mail));
            BraintrustSpan.Current!.Log(input: new Person("ann", Mail));
        }
        var rows = await NothingInClearAsync(world);
        Assert.Equal("<redacted>", (string?)rows.Named("Work")["input"]!["Mail"]);
        Assert.Contains(rows, row => row.Name() == "Made for {Person}");
        Assert.Equal("""Hello {"Name":"ann","Mail":"<redacted>"}""", (string?)rows.Named("Hello {Person}")["output"]);
    }

    [Fact]
    public async Task ARedactorThatCannotBeMadeLeavesTheMark()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Services(services: services => services.AddSingleton<IRedactorProvider>(_ => throw new InvalidOperationException(Mail)))
            .GetRequiredService<ILogger<RedactionTests>>();
        logger.LogInformation("Hello {Person}", new Person("ann", Mail));
        Assert.Equal("""Hello {"Name":"ann","Mail":"<redacted>"}""", (string?)Assert.Single(await NothingInClearAsync(world))["output"]);
    }

    [Fact]
    public async Task WhatABufferHoldsBackStaysRedacted()
    {
        await using var world = await World.OnSocketsAsync();
        var services = world.Services(more: logging => logging.EnableRedaction().AddGlobalBuffer(LogLevel.Information), services: AddRedaction);
        var logger = services.GetRequiredService<ILogger<RedactionTests>>();
        Log.Sent(logger, Mail, 3);
        Log.Paid(logger, new Card(Number));
        services.GetRequiredService<GlobalLogBuffer>().Flush();
        var rows = await NothingInClearAsync(world);
        Assert.StartsWith("7:", (string?)rows[0].Meta("Address"), StringComparison.Ordinal);
        Assert.Equal("", (string?)rows[1].Meta("card.number"));
    }

    [Fact]
    public async Task TagsOfCapturedActivitiesAreErased()
    {
        await using var world = await World.OnSocketsAsync();
        using var source = new ActivitySource($"redaction-{Guid.NewGuid():N}");
        world.Logger(options => options.ActivitySources = [source.Name]);
        using (var activity = source.StartActivity("work")!)
        {
            activity.SetTag("person", new Person("ann", Mail));
        }
        Assert.Equal("<redacted>", (string?)Assert.Single(await NothingInClearAsync(world)).Meta("person")!["Mail"]);
    }
}
