using System.Net;
using Braintrust.Logging.Local.Storage;
using Braintrust.Logging.Local.Tool;
using Microsoft.Data.Sqlite;

namespace Braintrust.Logging.Local.Tests;

public sealed class DatabaseTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("braintrust-local-tests").FullName;
    readonly Journal<string> _told = new();

    string Db => Path.Combine(_folder, "sub", "traces.db");

    BraintrustLocalOptions Options => new() { DatabasePath = Db, OnMessage = it => _told.Add(it) };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task WhatWasStoredIsThereAfterARestart()
    {
        string project;
        await using (var client = await LocalClient.StartAsync(Options))
        {
            project = await client.RegisterAsync("Shop");
            await client.LogAsync(project, """{"id":"r","root_span_id":"t","input":"é ✓ 🫖"}""");
        }
        await using (var client = await LocalClient.StartAsync(Options))
        {
            Assert.Equal("é ✓ 🫖", Assert.Single(client.Local.Rows("Shop"))["input"]!.GetValue<string>());
            Assert.Equal(project, await client.RegisterAsync("Shop"));
            await client.LogAsync(project, """{"id":"r","output":1,"_is_merge":true}""");
            Assert.Equal("é ✓ 🫖", Assert.Single(client.Local.Rows("Shop"))["input"]!.GetValue<string>());
        }
        Assert.Empty(_told.Entries);
    }

    [Fact]
    public async Task WhatWasAnsweredIsInTheFileForAnotherProcessToRead()
    {
        await using var client = await LocalClient.StartAsync(Options);
        await client.LogAsync(await client.RegisterAsync("Shop"), """{"id":"r"}""");
        using var other = new SqliteConnection($"Data Source={Db};Pooling=false;Mode=ReadOnly");
        other.Open();
        using var command = other.CreateCommand();
        command.CommandText = "select count(*) from row";
        Assert.Equal(1L, command.ExecuteScalar());
        command.CommandText = "pragma journal_mode";
        Assert.Equal("wal", command.ExecuteScalar());
    }

    [Fact]
    public async Task AFileThatIsNoDatabaseIsKeptAsideAndToldAbout()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Db)!);
        var text = string.Concat(Enumerable.Repeat("This is no database. ", 300));
        await File.WriteAllTextAsync(Db, text);
        await using var client = await LocalClient.StartAsync(Options);
        await client.LogAsync(await client.RegisterAsync("p"), """{"id":"r"}""");
        var aside = Assert.Single(Directory.GetFiles(Path.GetDirectoryName(Db)!, "*.damaged-*"));
        Assert.Equal(text, await File.ReadAllTextAsync(aside));
        Assert.Contains(aside, Assert.Single(_told.Entries), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADatabaseDamagedInTheMiddleIsKeptAside()
    {
        await using (var client = await LocalClient.StartAsync(Options))
        {
            var project = await client.RegisterAsync("p");
            await client.LogAsync(project, [.. Enumerable.Range(0, 500).Select(i => $$"""{"id":"r{{i}}","root_span_id":"t{{i}}","input":"{{new string('x', 500)}}"}""")]);
        }
        await using (var file = File.OpenWrite(Db))
        {
            file.Position = 4096 * 20;
            await file.WriteAsync(new byte[4096 * 20].Select((_, i) => (byte)(i * 31)).ToArray());
        }
        await using (var client = await LocalClient.StartAsync(Options))
            Assert.Empty(client.Local.Rows("p"));
        Assert.Contains("damaged", Assert.Single(_told.Entries), StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(Path.GetDirectoryName(Db)!, "*.damaged-*"));
    }

    [Fact]
    public async Task ADamagedOneIsLeftWhereItIsByWhoOnlyReads()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Db)!);
        await File.WriteAllTextAsync(Db, string.Concat(Enumerable.Repeat("This is no database. ", 300)));
        var error = await Assert.ThrowsAsync<IOException>(() => ExportCommand.RunAsync(Arguments.Parse(["export", "--project", "p", "--db", Db]), default));
        Assert.Contains(Db, error.Message, StringComparison.Ordinal);
        Assert.Equal([Db], Directory.GetFiles(Path.GetDirectoryName(Db)!));
    }

    [Fact]
    public async Task ADatabaseOfANewerVersionIsLeftAlone()
    {
        await using (await LocalClient.StartAsync(Options))
        {
        }
        using (var connection = new SqliteConnection($"Data Source={Db};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "insert into schema_version (step) values (98), (99)";
            command.ExecuteNonQuery();
        }
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => BraintrustLocal.StartAsync(Options));
        Assert.Contains("newer", error.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(Db)!, "traces.db"));
        Assert.Empty(_told.Entries);
    }

    [Theory]
    [InlineData("create table schema_version (version integer)")]
    [InlineData("pragma application_id = 7")]
    public async Task TheDatabaseOfSomethingElseIsLeftAlone(string sql)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Db)!);
        Run(sql);
        var before = await File.ReadAllBytesAsync(Db);
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => BraintrustLocal.StartAsync(Options));
        Assert.Contains("something else", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Db));
        Assert.Empty(_told.Entries);
    }

    [Fact]
    public async Task ADatabaseOfTheFirstStepIsTakenOn()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Db)!);
        Run(
            $$"""
            create table schema_version (step integer primary key, applied text not null default current_timestamp) strict;
            {{Migrations.Steps[0]}};
            insert into schema_version default values;
            insert into project values ('p', 'Shop', '2026-01-01T00:00:00Z');
            insert into row (project, id, version, arrived, trace, failed, body)
                values ('p', 'r', 1, 0, 't', 0, '{"id":"r","project_id":"p","input":[{"type":"braintrust_attachment","key":"k"}]}');
            insert into trace (project, trace, stale, updated) values ('p', 't', 1, 0);
            insert into audit values ('r', 1, 'app', null), ('gone', 1, 'app', null);
            insert into attachment values ('k', 'ticket', null, null, '{}', 0, x'01');
            """);
        await using (var client = await LocalClient.StartAsync(Options))
        {
            Assert.Equal("app", (string)Assert.Single((await client.GetAsync("/local/projects/Shop/rows/r")).Body!["audit"]!.AsArray())!["source"]!);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/attachment?key=k")).Status);
            Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync("/local/projects/Shop/traces/t")).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/attachment?key=k")).Status);
        }
        await using (await LocalClient.StartAsync(Options))
            Assert.Empty(_told.Entries);
    }

    [Fact]
    public async Task WhatFailsIsAnsweredAndToldInWords()
    {
        await using var client = await LocalClient.StartAsync(Options);
        var project = await client.RegisterAsync("p");
        await client.LogAsync(project, """{"id":"r"}""");
        Run("update row set body = 'no JSON'");
        var (status, body) = await client.GetAsync("/local/projects/p/rows/r");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("braintrust-local failed", (string)body!["error"]!, StringComparison.Ordinal);
        Assert.Contains("GET /local/projects/{project}/rows/{row} failed", Assert.Single(_told.Entries), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APlaceWhereNoFileCanBeIsAnIOException()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "");
        await Assert.ThrowsAnyAsync<IOException>(() => BraintrustLocal.StartAsync(new() { DatabasePath = Path.Combine(_folder, "file", "traces.db") }));
        await Assert.ThrowsAnyAsync<IOException>(() => BraintrustLocal.StartAsync(new() { DatabasePath = _folder }));
    }

    [Fact]
    public async Task WhenTheDatabaseFailsNothingIsAcknowledged()
    {
        await using var client = await LocalClient.StartAsync(Options);
        var project = await client.RegisterAsync("p");
        using (var connection = new SqliteConnection($"Data Source={Db};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "create trigger full before insert on row when new.id = 'bad' begin select raise(abort, 'no room'); end";
            command.ExecuteNonQuery();
        }
        for (var i = 0; i < 2; i++)
        {
            var (status, body) = await client.PostAsync("/logs3", $$"""{"rows":[{"id":"good","project_id":"{{project}}","log_id":"g"},{"id":"bad","project_id":"{{project}}","log_id":"g"}],"api_version":2}""");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Contains("no room", body!["error"]!.GetValue<string>(), StringComparison.Ordinal);
        }
        Assert.Contains("no room", Assert.Single(_told.Entries), StringComparison.Ordinal);
        Assert.Empty(client.Local.Rows("p"));
        await client.LogAsync(project, """{"id":"good"}""");
    }

    [Fact]
    public async Task TwoServersOfOneFileSeeEachOthersProjects()
    {
        await using var one = await LocalClient.StartAsync(Options);
        await using var other = await LocalClient.StartAsync(Options);
        var project = await one.RegisterAsync("p");
        await one.LogAsync(project, """{"id":"r","span_id":"s","root_span_id":"t","input":1}""");

        Assert.Equal("p", (string)Assert.Single((await other.GetAsync("/local/projects")).Body!.AsArray())!["name"]!);
        Assert.Single((await other.GetAsync("/local/projects/p/traces")).Body!.AsArray());
        Assert.Equal(project, await other.RegisterAsync("p"));
        await other.LogAsync(project, """{"id":"r2","span_id":"s2","root_span_id":"t2","input":1}""");
        Assert.Equal(2, one.Local.Rows("p").Count);
    }

    [Fact]
    public async Task WhereNothingCanBeWrittenWhatIsStoredCanStillBeRead()
    {
        await using var client = await LocalClient.StartAsync(Options);
        var project = await client.RegisterAsync("p");
        await client.LogAsync(project, """{"id":"r","span_id":"s","root_span_id":"t","input":1}""");
        Assert.Equal(1, (int)Assert.Single((await client.GetAsync("/local/projects/p/traces")).Body!.AsArray())!["rows"]!);
        await client.LogAsync(project, """{"id":"r2","span_id":"s2","root_span_id":"t","span_parents":["s"],"input":1}""");
        using (var connection = new SqliteConnection($"Data Source={Db};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "create trigger full before insert on trace when new.stale = 0 begin select raise(abort, 'no room'); end";
            command.ExecuteNonQuery();
        }

        var (status, traces) = await client.GetAsync("/local/projects/p/traces");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(1, (int)Assert.Single(traces!.AsArray())!["rows"]!); // as it was counted last
        Assert.Equal(2, (await client.GetAsync("/local/projects/p/traces/t?after=0")).Body!["spans"]!.AsArray().Count);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/local/projects/p/facets")).Status);
        Assert.Contains("no room", Assert.Single(_told.Entries), StringComparison.Ordinal);
    }

    void Run(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Db};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    [Fact]
    public async Task ManyWritersAtOnceLoseNothingOnDisk()
    {
        await using (var client = await LocalClient.StartAsync(Options))
        {
            var project = await client.RegisterAsync("p");
            await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.LogAsync(project, $$"""{"id":"r{{i}}"}""", $$"""{"id":"shared{{i}}","input":1}""")));
        }
        await using (var client = await LocalClient.StartAsync(Options))
            Assert.Equal(400, client.Local.Rows("p").Count);
    }
}
