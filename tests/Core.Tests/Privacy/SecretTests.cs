using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Privacy;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Tests.Clients;
using CsCheck;

namespace Braintrust.Logging.Tests.Privacy;

public sealed class SecretTests
{
    [Theory]
    [InlineData("Authorization"), InlineData("authorization"), InlineData("Proxy-Authorization"), InlineData("x-api-key"), InlineData("ApiKey"), InlineData("OPENAI_API_KEY")]
    [InlineData("OpenAI.ApiKey"), InlineData("Password"), InlineData("db_password"), InlineData("pwd"), InlineData("client_secret"), InlineData("Cookie"), InlineData("Set-Cookie")]
    [InlineData("cookies"), InlineData("AccessToken"), InlineData("refresh_token"), InlineData("id_token"), InlineData("ConnectionString"), InlineData("ConnectionStrings")]
    [InlineData("privateKey"), InlineData("AWS_SECRET_ACCESS_KEY"), InlineData("x-amz-security-token"), InlineData("Ocp-Apim-Subscription-Key"), InlineData("passphrase")]
    public void ANameOfASecret(string name)
    {
        Assert.True(Secrets.IsName(name));
        Assert.True(Secrets.IsName(Encoding.UTF8.GetBytes(name)));
    }

    [Theory]
    [InlineData("Token"), InlineData("Tokens"), InlineData("PromptTokens"), InlineData("MaxTokens"), InlineData("TimeToFirstToken"), InlineData("ValidToken"), InlineData("Key")]
    [InlineData("CacheKey"), InlineData("PrimaryKey"), InlineData("Author"), InlineData("AuthorizationPolicy"), InlineData("SecretSanta"), InlineData("CookieCount"), InlineData("")]
    [InlineData("s"), InlineData("Input"), InlineData("monkey"), InlineData("passwordless")]
    public void ANameOfNoSecret(string name) => Assert.False(Secrets.IsName(name));

    [Theory]
    [InlineData("Bearer abc", true), InlineData("bearer abc", true), InlineData("Basic dXNlcjpwYXNz", true), InlineData("Basic plan", false), InlineData("Basic instinct", false)]
    [InlineData("Bear", false), InlineData("", false), InlineData("The bearer of this", false)]
    public void AValueThatIsACredentialWhateverItsName(string value, bool isOne) => Assert.Equal(isOne, Secrets.IsSecret("Note", value));

    [Fact]
    public async Task SecretsAreScrubbedWhereverTheyStandAndTheRestStays()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var headers = new Dictionary<string, object> { ["Authorization"] = "Bearer s3cret", ["Accept"] = "text/html", ["X-Api-Key"] = new[] { "s3cret", "s3cret-2" } };

        using (var span = logger.StartSpan("call", input: new { headers, question = "Is a password a secret?" }, metadata: new { ApiKey = "s3cret", region = "eu", IsSecret = true }))
        {
            span.Log(output: new object?[] { new { password = 4711, passwords = 3, secret = (string?)null }, "Bearer s3cret", "basic" }, expected: "password", metadata: new { connection = new { ConnectionString = "Pwd=s3cret" } });
            await logger.Client.FlushAsync(); // what is written while it is open is scrubbed too
        }
        await logger.Client.FlushAsync();

        Assert.DoesNotContain("s3cret", string.Concat(world.Server.Arrivals.Entries.Select(row => row.ToJsonString())), StringComparison.Ordinal);
        var row = Assert.Single(world.Rows);
        AssertJson("""{"headers":{"Authorization":"***","Accept":"text/html","X-Api-Key":"***"},"question":"Is a password a secret?"}""", row["input"]);
        AssertJson("""[{"password":"***","passwords":3,"secret":null},"***","basic"]""", row["output"]);
        Assert.Equal(("***", "eu", true), ((string?)row["metadata"]!["ApiKey"], (string?)row["metadata"]!["region"], (bool)row["metadata"]!["IsSecret"]!));
        AssertJson("""{"ConnectionString":"***"}""", row["metadata"]!["connection"]);
    }

    [Fact]
    public async Task ACredentialThatIsAllOfAFieldIsScrubbedToo()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        using (var span = logger.StartSpan("call", input: "Bearer s3cret"))
        {
            span.Log(output: "Basic czNjcmV0OnMzY3JldA==", expected: "Bearer s3cret", error: "Bearer s3cret");
        }
        await logger.Client.FlushAsync();

        var row = Assert.Single(world.Rows);
        Assert.Equal(("***", "***", "***", "***"), ((string?)row["input"], (string?)row["output"], (string?)row["expected"], (string?)row["error"]));
    }

    [Fact]
    public async Task ScrubbingCanBeTurnedOff()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ScrubSecrets = false);

        logger.Log(input: new { Secret = "of the forest" }, metadata: new { Cookie = "chocolate" });
        await logger.Client.FlushAsync();

        var row = Assert.Single(world.Rows);
        Assert.Equal(("of the forest", "chocolate"), ((string?)row["input"]!["Secret"], (string?)row["metadata"]!["Cookie"]));
    }

    [Fact]
    public async Task TheMaskSeesWhatIsLeft()
    {
        await using var world = await World.StartAsync();
        var seen = new List<string>();
        var logger = world.Logger(options => options.Mask = (_, value) =>
        {
            seen.Add(JsonSerializer.Serialize(value));
            return value;
        });

        logger.Log(input: new { ApiKey = "s3cret" });
        await logger.Client.FlushAsync();

        Assert.Contains("\"***\"", string.Concat(seen), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", string.Concat(seen), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Api-Key" : { "a": [1, "}", {"b":"\"]"}] } , "b" : 1 }""", """{ "Api-Key" : "***" , "b" : 1 }""")]
    [InlineData("""{"password":12,"x":1}""", """{"password":"***","x":1}""")]
    [InlineData("""{"password":12}""", """{"password":"***"}""")]
    [InlineData("""[["a","Bearer x\"y"],{"cookie":[]}]""", """[["a","***"],{"cookie":"***"}]""")]
    [InlineData("""{"text":"say \"password\": hello","secret":true}""", """{"text":"say \"password\": hello","secret":true}""")]
    [InlineData("""{"\u0070assword":"x"}""", """{"\u0070assword":"x"}""")] // our writers never escape a letter
    [InlineData("\"password\"", "\"password\"")]
    [InlineData("12", "12")]
    public void AJsonValueIsScrubbed(string json, string scrubbed)
    {
        using var buffer = new JsonBuffer();
        SecretScrubber.Write(Encoding.UTF8.GetBytes(json), buffer);
        Assert.Equal(scrubbed, Encoding.UTF8.GetString(buffer.Written));
    }

    [Fact]
    public void ScrubbingKeepsAnyJsonValidAndWhatIsNoSecretAsItIs() => Json(4).Sample(node =>
    {
        var json = node?.ToJsonString() ?? "null";
        using var buffer = new JsonBuffer();
        buffer.BeginArray();
        buffer.String("before");
        var from = buffer.Length;
        buffer.Raw(Encoding.UTF8.GetBytes(json));
        var comma = buffer.Length - Encoding.UTF8.GetByteCount(json) - from;
        SecretScrubber.Scrub(buffer, from + comma);
        buffer.EndArray();
        var scrubbed = JsonNode.Parse(buffer.Written)!.AsArray()[1];
        return JsonNode.DeepEquals(scrubbed, Expected(node));
    });

    /// <summary>The same, said slowly.</summary>
    static JsonNode? Expected(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key,
            Secrets.IsName(member.Key) && member.Value is not null && member.Value.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False) ? "***" : Expected(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Expected)]),
        JsonValue value when value.TryGetValue(out string? text) && Secrets.IsCredential(text) => "***",
        _ => node?.DeepClone(),
    };

    static Gen<JsonNode?> Json(int depth)
    {
        var text = Gen.OneOf(Gen.String[0, 12], Gen.Const("Bearer \"x\""), Gen.Const("password"), Gen.Const("\\\":{}[],"));
        var leaf = Gen.OneOf<JsonNode?>(
            text.Select(it => (JsonNode?)JsonValue.Create(it)), Gen.Int.Select(it => (JsonNode?)JsonValue.Create(it)), Gen.Bool.Select(it => (JsonNode?)JsonValue.Create(it)), Gen.Const((JsonNode?)null));
        if (depth == 0)
        {
            return leaf;
        }
        var name = Gen.OneOf(Gen.Const("api_key"), Gen.Const("name"), Gen.Const("a \"password\""), Gen.String[0, 6]);
        var inner = Json(depth - 1);
        return Gen.OneOf(leaf,
            inner.Array[0, 4].Select(items => (JsonNode?)new JsonArray([.. items.Select(item => item?.DeepClone())])),
            Gen.Select(name, inner).Array[0, 4].Select(members => (JsonNode?)new JsonObject(members.DistinctBy(member => member.Item1).Select(member => KeyValuePair.Create(member.Item1, member.Item2?.DeepClone())))));
    }

    static void AssertJson(string expected, JsonNode? actual) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"{expected}\n{actual?.ToJsonString()}");
}
