using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Tests;

public sealed class RowStoreTests : IDisposable
{
    readonly LocalStore _all = new(null, TimeProvider.System, _ => { });

    RowStore Store => _all.Rows;

    public void Dispose() => _all.Dispose();

    [Fact]
    public void TheSameIdInAnotherProjectIsAnotherRow()
    {
        Apply("""{"id":"r","project_id":"a","input":1}""", """{"id":"r","project_id":"b","input":2}""");
        Assert.Equal(1, Assert.Single(Store.OfProject("a"))["input"]!.GetValue<int>());
        Assert.Equal(2, Assert.Single(Store.OfProject("b"))["input"]!.GetValue<int>());
    }

    [Fact]
    public void AChangedRowKeepsItsPlace()
    {
        Apply("""{"id":"1","project_id":"p"}""", """{"id":"2","project_id":"p"}""");
        Apply("""{"id":"1","project_id":"p","input":"new"}""");
        Assert.Equal(["1", "2"], Store.OfProject("p").Select(RowMerge.IdOf));
    }

    [Fact]
    public void TheAuditIsKeptBesideTheRow()
    {
        Apply("""{"id":"r","project_id":"p"}""");
        var transaction = Apply("""{"id":"r","project_id":"p","scores":{"a":1},"_is_merge":true,"_audit_source":"app","_audit_metadata":{"user_id":"u"}}""");
        var entry = Assert.Single(Store.Audit("p", "r"));
        Assert.Equal((transaction, "app", """{"user_id":"u"}"""), (entry.Transaction, entry.Source, entry.Metadata!.ToJsonString()));
        Assert.DoesNotContain(Assert.Single(Store.OfProject("p")), member => member.Key.StartsWith('_'));
    }

    [Fact]
    public void WhoChangedARowIsNotSaidOfItsNamesakeInAnotherProject()
    {
        Apply("""{"id":"r","project_id":"a"}""", """{"id":"r","project_id":"b"}""");
        Apply("""{"id":"r","project_id":"a","scores":{"s":1},"_is_merge":true,"_audit_source":"app"}""");
        Assert.Single(Store.Audit("a", "r"));
        Assert.Empty(Store.Audit("b", "r"));
        Apply("""{"id":"r","project_id":"b","_object_delete":true}""");
        Assert.Single(Store.Audit("a", "r"));
    }

    [Fact]
    public void ADeletedRowTakesItsCommentsAndItsAuditAlong()
    {
        Apply("""{"id":"r","project_id":"p","_audit_source":"app"}""", """{"id":"kept","project_id":"p"}""");
        Apply("""{"id":"c","project_id":"p","origin":{"id":"r"},"comment":{"text":"hm"},"_audit_source":"app"}""");
        Apply("""{"id":"r","project_id":"p","_object_delete":true,"_audit_source":"app"}""");
        Apply("""{"id":"r","project_id":"p","input":"new"}""");
        Assert.Equal(["kept", "r"], Store.OfProject("p").Select(RowMerge.IdOf));
        Assert.Empty(Store.CommentsOn("p", "r"));
        Assert.Empty(Store.Audit("p", "r"));
        Assert.Empty(Store.Audit("p", "c"));
    }

    [Fact]
    public void ACommentSentAgainIsStillOneComment()
    {
        Apply("""{"id":"r","project_id":"p","root_span_id":"t"}""");
        Apply("""{"id":"c","project_id":"p","origin":{"id":"r"},"comment":{"text":"hm"}}""");
        Apply("""{"id":"c","project_id":"p","origin":{"id":"r"},"comment":{"text":"hm"}}""");
        Assert.Equal(["r", "c"], Store.OfTrace("t").Select(RowMerge.IdOf));
    }

    [Fact]
    public void WhatIsReadIsACopy()
    {
        Apply("""{"id":"r","project_id":"p","input":1}""");
        Store.OfProject("p")[0]["input"] = 2;
        Assert.Equal(1, Store.OfProject("p")[0]["input"]!.GetValue<int>());
    }

    [Fact]
    public void WritersAtOnceLoseNothing()
    {
        var start = new Barrier(4);
        var writers = Enumerable.Range(0, 4).Select(writer => new Thread(() =>
        {
            start.SignalAndWait();
            for (var i = 0; i < 500; i++)
                Apply($$"""{"id":"shared","project_id":"p","metadata":{"w{{writer}}-{{i}}":1},"_is_merge":true}""", $$"""{"id":"w{{writer}}-{{i}}","project_id":"p"}""");
        })).ToList();
        writers.ForEach(thread => thread.Start());
        writers.ForEach(thread => thread.Join());
        var rows = Store.OfProject("p");
        Assert.Equal(2001, rows.Count);
        Assert.Equal(2000, rows.Single(row => RowMerge.IdOf(row) == "shared")["metadata"]!.AsObject().Count);
    }

    string Apply(params string[] rows) => Store.ApplyAsync([.. rows.Select(row => JsonNode.Parse(row)!.AsObject())]).GetAwaiter().GetResult().Transaction;
}
