-- Names and phrases that are watched, the alarms they raised, and whom events are told to.

-- The order in which events may be told. Ids are given before a transaction commits, so a reader that goes by them
-- alone passes over what commits late. A transaction older than every running one is complete: whoever reads up to
-- there, in the order of (written_in, event_id), misses nothing. Writers of one source wait for each other, so
-- this is the order of each article's history too.
alter table events add column written_in xid8 not null default pg_current_xact_id();
create index events_in_order on events (written_in, event_id);
create index events_of_kind on events (kind, event_id desc);

create table watches (
    watch_id    text primary key,
    name        text not null,                -- as the operator wrote it
    spellings   text[] not null,              -- the name and what else is written for it
    expression  text not null,                -- the tsquery that finds any of them
    source_ids  text[] not null default '{}', -- empty: all
    languages   text[] not null default '{}', -- empty: all
    added_at    timestamptz not null default now(),
    filled_at   timestamptz,                  -- since then the articles archived before it are known to it
    removed_at  timestamptz
);

-- Articles of which any revision ever held it.
create table watch_mentions (
    watch_id    text not null references watches,
    article_id  text not null references articles,
    source_id   text not null,
    revision_id bigint not null,              -- the first that held it
    primary key (watch_id, article_id)
);
create index watch_mentions_of_source on watch_mentions (watch_id, source_id);

-- How often the data were looked at, because each look is a chance of a false alarm.
create table watch_looks (
    watch_id    text not null references watches,
    source_id   text not null,
    test        text not null,                -- vanishing | silence
    looks       integer not null default 0,
    unlooked    integer not null default 0,   -- articles found since the last look
    since       timestamptz,                  -- the last alarm: what came before it counts no more
    primary key (watch_id, source_id, test)
);

create table watch_alarms (
    alarm_id    bigint generated always as identity primary key,
    watch_id    text not null references watches,
    kind        text not null check (kind in ('name_left', 'vanishing', 'first_seen', 'fell_silent')),
    source_id   text not null,
    article_id  text,
    at          timestamptz not null,         -- when what it tells of was seen
    raised_at   timestamptz not null default now(),
    held_from   timestamptz,                  -- name_left: between these the name went
    held_until  timestamptz,
    occasion    text not null,                -- equal means one alarm, however often it is come to
    proof       jsonb not null,               -- ids of edits, articles, revisions, captures
    statistics  jsonb,                        -- the test with all that went into it
    unique (watch_id, kind, occasion)
);
create index watch_alarms_by_time on watch_alarms (alarm_id desc);
create index watch_alarms_of_article on watch_alarms (article_id) where article_id is not null;

-- How far the events are read by those who read them in order.
create table event_readers (
    reader      text primary key,
    written_in  xid8 not null default '0',
    event_id    bigint not null default 0,
    newest_at   timestamptz                   -- the latest time of what was read: the archive's own clock
);

create table webhooks (
    webhook_id  text primary key,
    url         text not null,
    secrets     text[] not null,              -- whsec_…; the newest first, all of them sign
    kinds       text[] not null default '{}', -- of events; empty: all
    source_ids  text[] not null default '{}',
    added_at    timestamptz not null default now(),
    removed_at  timestamptz,
    written_in  xid8 not null,                -- what is told next comes after this
    event_id    bigint not null,
    failures    integer not null default 0,   -- in a row, without any answer
    rests_until timestamptz not null default '-infinity'
);

create table webhook_deliveries (
    delivery_id bigint generated always as identity primary key,
    webhook_id  text not null references webhooks,
    event_id    bigint not null references events,
    about       text not null,                -- article or source: within it, the order is kept
    state       text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
    planned_at  timestamptz not null default now(),
    due_at      timestamptz not null default now(),
    attempts    integer not null default 0,
    ended_at    timestamptz,
    unique (webhook_id, event_id)
);
create index webhook_deliveries_waiting on webhook_deliveries (webhook_id, about, delivery_id)
    where state = 'waiting';

create table webhook_attempts (
    attempt_id  bigint generated always as identity primary key,
    delivery_id bigint not null references webhook_deliveries,
    at          timestamptz not null,
    status      smallint,                     -- null when no answer came
    outcome     text not null,
    seconds     real not null
);
create index webhook_attempts_of_delivery on webhook_attempts (delivery_id, attempt_id);

-- Coverage asks, for each day of a source, whether any of its lists answered.
create index captures_of_lists on captures (source_id, fetched_at) where kind in ('listing', 'feed', 'sitemap');
