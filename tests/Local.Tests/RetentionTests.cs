using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Local.Tests;

/// <summary>What goes by itself, and what does not.</summary>
public sealed class RetentionTests : IDisposable
{
    const int MaxBytes = 800_000;

    readonly FakeTimeProvider _clock = new();
    readonly List<string> _told = [];
    readonly Database _database = Database.InMemory();
    readonly Writer _writer;
    readonly RowStore _rows;
    readonly BlobStore _blobs;
    readonly Retention _retention;

    public RetentionTests()
    {
        _writer = new Writer(_database);
        _rows = new RowStore(_database, _writer, _clock);
        _blobs = new BlobStore(_database, _writer, _clock);
        _retention = new Retention(_writer, new Removal(_writer), _clock, MaxBytes, null, _told.Add, _ => { });
    }

    public void Dispose()
    {
        _writer.Dispose();
        _database.Dispose();
    }

    [Fact]
    public async Task AnOversizedBodyCostsNoTraceAndGoesByItself()
    {
        var key = await ARowAndAnOversizedBodyAsync();
        await _retention.ApplyAsync();
        Assert.Single(_rows.OfProject("p"));
        Assert.NotNull(_blobs.Overflow(key));

        _clock.Advance(TimeSpan.FromHours(1));
        await _retention.ApplyAsync();
        Assert.Single(_rows.OfProject("p"));
        Assert.Null(_blobs.Overflow(key));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task AFileThatNoRowRefersToCostsNoTraceAndGoesByItself()
    {
        await ApplyAsync("""{"id":"r","project_id":"p"}""");
        await _blobs.UploadAsync(await _blobs.AnnounceAsync("key", "a.bin", "application/octet-stream"), new byte[3 * MaxBytes]);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await _retention.ApplyAsync();
        Assert.Single(_rows.OfProject("p"));
        Assert.NotNull(_blobs.Find("key")!.Bytes);

        _clock.Advance(TimeSpan.FromMinutes(50));
        await _blobs.AnnounceAsync("key", "a.bin", "application/octet-stream"); // its row is still to come
        _clock.Advance(TimeSpan.FromMinutes(50));
        await _retention.ApplyAsync();
        Assert.NotNull(_blobs.Find("key"));

        _clock.Advance(TimeSpan.FromHours(1));
        await _retention.ApplyAsync();
        Assert.Single(_rows.OfProject("p"));
        Assert.Null(_blobs.Find("key"));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task WhenNothingFitsAnyMoreTracesMakeRoomAndBodiesThatAreStillToBeReadStay()
    {
        var key = await ARowAndAnOversizedBodyAsync();
        await _retention.ApplyAsync(isFull: true);
        Assert.Empty(_rows.OfProject("p"));
        Assert.NotNull(_blobs.Overflow(key));
        Assert.Single(_told);
    }

    /// <summary>Both two minutes ago; the key of the body.</summary>
    async Task<string> ARowAndAnOversizedBodyAsync()
    {
        await ApplyAsync("""{"id":"r","project_id":"p"}""");
        var (key, ticket) = await _blobs.AnnounceOverflowAsync();
        await _blobs.UploadAsync(ticket, new byte[3 * MaxBytes]);
        _clock.Advance(TimeSpan.FromMinutes(2));
        return key;
    }

    [Fact]
    public async Task WhatIsStillBeingWrittenIsNotTakenAwayForItsSize()
    {
        await ApplyAsync(Large("r"));
        await _retention.ApplyAsync();
        Assert.Single(_rows.OfProject("p"));
        _clock.Advance(TimeSpan.FromMinutes(1));
        await _retention.ApplyAsync();
        Assert.Empty(_rows.OfProject("p"));
        Assert.Equal(["Removed the oldest 1 trace: the database had grown beyond 0.8 MiB."], _told);
    }

    [Fact]
    public async Task ADatabaseThatIsFullSaysSoAndTakesRowsAgainOnceRoomIsMade()
    {
        await _writer.RunAsync(it => it.First("pragma max_page_count = 300", row => row.GetInt64(0)));
        SqliteException? full = null;
        for (var i = 0; full is null; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            full = (SqliteException?)await Record.ExceptionAsync(() => ApplyAsync($$"""{"id":"r{{i}}","project_id":"p","input":"{{new string('x', 20_000)}}"}"""));
        }
        Assert.Equal(13, full.SqliteErrorCode);
        Assert.Contains("full", full.Message, StringComparison.Ordinal);
        var before = _rows.OfProject("p").Count;

        await _retention.ApplyAsync(isFull: true);
        await ApplyAsync("""{"id":"newest","project_id":"p"}""");
        Assert.InRange(_rows.OfProject("p").Count, 2, before - 1);
        Assert.Contains("grown beyond", Assert.Single(_told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileStaysUntilTheLastRowThatRefersToItIsGone()
    {
        foreach (var key in new[] { "shared", "ha", "elsewhere" })
            await _blobs.AnnounceAsync(key, "a.txt", "text/plain");
        await ApplyAsync(Referring("old", "shared"));
        _clock.Advance(TimeSpan.FromMinutes(10));
        // "ha" stands in the text of the old one, and is the key of another.
        await ApplyAsync(Referring("new", "shared"), Referring("newer", "ha"), Referring("moved", "elsewhere"));
        await ApplyAsync("""{"id":"moved","project_id":"p"}""");
        _clock.Advance(TimeSpan.FromMinutes(1));

        await new Retention(_writer, new Removal(_writer), _clock, long.MaxValue, TimeSpan.FromMinutes(5), _told.Add, _ => { }).ApplyAsync();
        Assert.Equal(["new", "newer", "moved"], _rows.OfProject("p").Select(RowMerge.IdOf));
        Assert.NotNull(_blobs.Find("shared"));
        Assert.NotNull(_blobs.Find("ha"));
        Assert.NotNull(_blobs.Find("elsewhere")); // whose row may be on its way

        await ApplyAsync("""{"id":"new","project_id":"p","_object_delete":true}""");
        Assert.Null(_blobs.Find("shared"));
        _clock.Advance(TimeSpan.FromHours(1));
        await _retention.ApplyAsync();
        Assert.NotNull(_blobs.Find("ha"));
        Assert.Null(_blobs.Find("elsewhere"));
    }

    [Fact]
    public async Task ACommentWhoseRowDoesNotComeGoesAfterAnHour()
    {
        await ApplyAsync("""{"id":"r","project_id":"p"}""");
        await ApplyAsync("""{"id":"c","project_id":"p","origin":{"id":"r"},"comment":{"text":"hm"}}""", """{"id":"lost","project_id":"p","origin":{"id":"r9"},"comment":{"text":"hm"}}""");
        _clock.Advance(TimeSpan.FromMinutes(59));
        await _retention.ApplyAsync();
        Assert.Equal(3, _rows.OfProject("p").Count);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await _retention.ApplyAsync();
        Assert.Equal(["r", "c"], _rows.OfProject("p").Select(RowMerge.IdOf));
    }

    [Fact]
    public async Task AFileThatIsStoredIsNotKeptInMemoryAsWell()
    {
        var ticket = await _blobs.AnnounceAsync("k", "a.txt", "text/plain");
        var bytes = Upload(_blobs, ticket);
        var began = Stopwatch.GetTimestamp();
        do
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience.Limit, "Something keeps it.");
            await Task.Yield(); // whoever completed the upload may still be on the way out of it
            GC.Collect();
        }
        while (bytes.IsAlive);
        Assert.Equal(2_000_000, _blobs.Find("k")!.Bytes!.Length);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Upload(BlobStore blobs, string ticket)
        {
            var bytes = new byte[2_000_000];
            blobs.UploadAsync(ticket, bytes).GetAwaiter().GetResult();
            return new WeakReference(bytes);
        }
    }

    static string Referring(string id, string key) =>
        $$"""{"id":"{{id}}","project_id":"p","input":{"type":"braintrust_attachment","key":"{{key}}","filename":"a.txt","content_type":"text/plain"} }""";

    static string Large(string id) => $$"""{"id":"{{id}}","project_id":"p","input":"{{new string('x', 2 * MaxBytes)}}"}""";

    Task ApplyAsync(params string[] rows) => _rows.ApplyAsync([.. rows.Select(row => JsonNode.Parse(row)!.AsObject())]);
}
