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
        """
        -- Who changed a row: ids are one only within a project. What was noted before belongs to each row of its id.
        create table audit_of_project (project text not null, row text not null, version integer not null, source text, metadata text) strict;
        insert into audit_of_project select row.project, audit.row, audit.version, audit.source, audit.metadata from audit join row on row.id = audit.row order by audit.rowid;
        drop table audit;
        alter table audit_of_project rename to audit;
        create index audit_row on audit (project, row);

        -- Which rows refer to a file; it goes with the last of them.
        create table attachment_ref (key text not null, project text not null, row text not null, primary key (key, project, row)) strict, without rowid;
        create index attachment_ref_row on attachment_ref (project, row);
        insert or ignore into attachment_ref
            select json_extract(it.value, '$.key'), row.project, row.id from row, json_tree(row.body) it
            where instr(row.body, 'braintrust_attachment') > 0 and it.type = 'object'
                and json_extract(it.value, '$.type') = 'braintrust_attachment' and json_type(it.value, '$.key') = 'text';

        -- A project that was removed is not shown, but its id stays known to apps that log on.
        alter table project add column removed integer not null default 0;
        """,
    ];
}
