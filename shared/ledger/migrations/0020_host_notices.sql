-- What a host shows where there is no page: asked at an address that never was, so that a page which says "not found"
-- with status 200 is known by the host's own words.

alter table targets
    drop constraint targets_kind_check,
    add constraint targets_kind_check check (kind in ('article', 'listing', 'feed', 'sitemap', 'robots', 'probe'));

create table host_notices (
    source_id   text not null references sources,
    host        text not null,
    title       text not null,
    body        jsonb not null,                -- its paragraphs; none where the source's rules find no text in it
    redirect_to text,                          -- where the host leads instead of answering
    looks       integer not null default 1,    -- in a row that showed the same
    seen_at     timestamptz not null,
    capture_id  bigint not null references captures,
    primary key (source_id, host)
);
