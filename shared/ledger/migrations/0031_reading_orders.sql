-- Stored pages that an operator wants to be read again. The normalizers do it, a step for each bell, and note here
-- how far they are; whoever ordered it waits, rings again, and takes the row away when it has the outcome.

create table reading_orders (
    order_id     text primary key,
    source_id    text not null references sources,
    begin_at     timestamptz,                 -- looks from this time on
    end_at       timestamptz,                 -- looks before this time
    older_rules  boolean not null,            -- only articles that were read by other rules than now hold
    rules        text,                        -- only articles that were read by these rules
    sample       integer,                     -- only so many of the newest articles; null: all
    definition   text,                        -- a source file to try; null: the one that stands
    is_preview   boolean not null,
    state        text not null default 'open' check (state in ('open', 'done', 'failed')),
    stage        text not null default 'begin',
    place        text not null default '',
    report       jsonb not null default '{}',
    error        text,
    steps        integer not null default 0,  -- a sign that somebody reads
    total        bigint,                      -- articles there are to read
    bell_wanted  boolean not null default true,
    ordered_at   timestamptz not null default now()
);
