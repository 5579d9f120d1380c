-- Files of records that somebody else made. Their records lie in objects of their own, byte for byte, and their
-- captures in batches that no fetcher ever held.

create table imports (
    import_id    text primary key,
    source_id    text not null references sources,
    file_name    text not null,
    file_digest  text not null,               -- of the whole file: equal means one import, however often it is run
    file_bytes   bigint not null,
    format       text not null,               -- warc | wacz
    imported_by  text not null,
    started_at   timestamptz not null default now(),
    finished_at  timestamptz,                 -- the last run that came to the end
    counts       jsonb not null default '{}', -- what that run counted
    unique (source_id, file_digest)
);

create table imported_objects (
    warc_key     text primary key,
    import_id    text not null references imports,
    batch_id     text not null references batches,
    part         text not null,               -- which WARC of a WACZ; empty for a WARC itself
    digest       text not null,               -- of the whole object
    bytes        bigint not null,
    recompressed boolean not null             -- the gzip members are ours, because the file had none for each record
);

-- Records that were left out because they cannot be trusted or read, each with the reason.
create table import_rejections (
    import_id     text not null references imports,
    part          text not null,
    record_offset bigint not null,
    record_id     text,
    url           text,
    reason        text not null,
    primary key (import_id, part, record_offset)
);
