-- What many articles of a source change alike, and hosts that are out of order.

-- A change of the source's template: one event instead of an edit of each article.
create table templates (
    template_id   bigint generated always as identity primary key,
    source_id     text not null references sources,
    first_seen_at timestamptz not null,
    recognised_at timestamptz not null default now()
);
create index templates_of_source on templates (source_id, first_seen_at);

create table template_deltas (
    source_id    text not null,
    delta        text not null,                -- what makes two changes the same change
    template_id  bigint not null references templates,
    was          text not null,                -- words of an example
    became       text not null,
    primary key (source_id, delta)
);

alter table edits
    add column deltas       text[] not null default '{}',    -- of those changes that a template may have made
    add column title_change jsonb,                           -- how the title changed, if the outlet edited it
    add column taken_back   jsonb not null default '[]',     -- changes that were the template's
    add column template_id  bigint references templates;     -- set when nothing of the edit was the article's own
create index edits_by_delta on edits using gin (deltas);

-- Hosts that were found out of order, and whether they are in order again.
create table host_states (
    source_id  text not null references sources,
    host       text not null,
    is_out     boolean not null,
    since      timestamptz not null,
    capture_id bigint,
    primary key (source_id, host)
);
