namespace Braintrust.Logging.Local.Storage;

/// <summary>The shape of the database, as the steps that led to it. A step that was released is never changed: what comes later is appended.</summary>
static class Migrations
{
    public static IReadOnlyList<string> Steps { get; } =
    [
        """
        create table counter (name text primary key, value integer not null) strict, without rowid;
        insert into counter values ('transaction', 0);

        create table project (id text primary key, name text not null unique, created text not null) strict, without rowid;

        -- A row as it is stored, and beside it what lists, trees and filters ask for. All numbers are real: a metric may be any number.
        create table row (
            seq integer primary key,
            project text not null, id text not null, version integer not null, arrived real not null,
            trace text, commented text, span text, parent text,
            name text, type text, level text, start real, finish real, counter real,
            prompt real, cached real, completion real, tokens real, cost real,
            model text, tags text, scores text, failed integer not null,
            body text not null,
            unique (project, id)) strict;
        create index row_trace on row (trace, project) where trace is not null;
        create index row_comment on row (project, commented) where commented is not null;

        -- One line per trace. A stale one is counted again before it is read, so that writing need not count.
        create table trace (
            project text not null, trace text not null, stale integer not null, updated real not null,
            root text, name text, type text, start real, finish real,
            rows integer, spans integer, running integer, errors integer,
            prompt real, cached real, completion real, tokens real, cost real,
            models text, tags text, scores text, input text, output text,
            primary key (project, trace)) strict, without rowid;
        create index trace_start on trace (project, start);
        create index trace_stale on trace (project) where stale = 1;

        create table audit (row text not null, version integer not null, source text, metadata text) strict;
        create index audit_row on audit (row);

        -- What was announced under a key, and the bytes once they are there. The ticket stands for the key in addresses that carry no other proof.
        create table attachment (
            key text primary key, ticket text not null unique, filename text, content_type text, status text not null, arrived real not null, bytes blob) strict;
        create table overflow (key text primary key, ticket text not null unique, arrived real not null, bytes blob) strict;
        """,
    ];
}
