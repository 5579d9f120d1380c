-- Rules change, evidence does not: what a revision said by earlier rules, and how far a new reading has come.

-- A revision that only differed from the one before by a fault of reading. It keeps its number, so that no number
-- is ever given twice, and counts no more.
alter table revisions add column folded_into bigint references revisions;

-- What a revision said before it was read again.
create table revision_readings (
    reading_id    bigint generated always as identity primary key,
    revision_id   bigint not null references revisions,
    rules         text not null,              -- what it had been read by; '' when that was not kept
    title         text not null,
    body          jsonb not null,
    text_digest   text not null,
    fields        jsonb not null,
    replaced_at   timestamptz not null default now()
);
create index revision_readings_of_revision on revision_readings (revision_id, reading_id);

-- One row for each source, rules and choice of articles: a run that was ended goes on where it was.
create table rereadings (
    source_id     text not null references sources,
    rules         text not null,
    scope         text not null,
    stage         text not null default 'articles' check (stage in ('articles', 'pages', 'done')),
    place         text not null default '',   -- the last article or capture that is done
    report        jsonb not null default '{}',
    started_at    timestamptz not null default now(),
    finished_at   timestamptz,
    primary key (source_id, rules, scope)
);

-- What the pages of a source give, field by field, against its own past.
create table field_watch (
    source_id     text primary key references sources,
    state         jsonb not null,
    updated_at    timestamptz not null default now()
);
