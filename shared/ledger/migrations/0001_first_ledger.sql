-- The ledger: what was accepted, who holds it, what came back, what it means.
-- Times are timestamptz in UTC. Digests are text with their algorithm in front: 'sha256:…'.

create table sources (
    source_id      text primary key,
    name           text not null,
    language       text not null,
    home           text not null,
    definition     text not null,              -- the source file as the operator gave it
    obeys_robots   boolean not null default true,
    added_at       timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    removed_at     timestamptz                 -- a removed source is asked no more; its evidence stays
);

-- One row for each scheme, host and port: the unit of politeness and of robots.txt (RFC 9309 §2.3).
create table hosts (
    host             text primary key,         -- 'https://example.org:443'
    delay            interval not null default '5 seconds',   -- what its sources ask for
    concurrency      smallint not null default 1,
    robots_delay     interval not null default '0 seconds',   -- what its robots.txt asks for
    next_request_at  timestamptz not null default '-infinity',
    held_by          text,                     -- the batch that asks this host now
    robots_status    text not null default 'unknown',  -- unknown | known | unavailable
    robots_body      bytea,
    robots_until     timestamptz not null default '-infinity'
);

create table targets (
    target_id       bigint generated always as identity primary key,
    url_key         bytea not null unique,     -- 16 bytes of BLAKE2b over the canonical URL
    url             text not null,
    host            text not null references hosts,
    source_id       text not null references sources,
    kind            text not null check (kind in ('article', 'listing', 'feed', 'sitemap', 'robots')),
    state           text not null default 'waiting'
                    check (state in ('waiting', 'leased', 'archived', 'failed', 'excluded')),
    reason          text,                      -- why failed or excluded; what the last look missed
    due_at          timestamptz,               -- the next look; null while leased and when none is planned
    priority        smallint not null default 0,
    batch_id        text,                      -- the batch that holds it while leased
    attempts        smallint not null default 0,       -- looks that failed since the last good one
    lost_leases     smallint not null default 0,       -- leases lost to a dead worker since the last good look
    hops            smallint not null default 0,
    via             text,                      -- the URL it was found on
    found_title     text,
    found_date      text,
    accepted_at     timestamptz not null default now(),
    archived_at     timestamptz,               -- the first good look
    looked_at       timestamptz,               -- the last look of any outcome
    etag            text,
    last_modified   text,
    last_capture_id bigint,                    -- the last capture that holds a whole payload
    unique (source_id, target_id)
);
create index targets_due on targets (host, priority desc, due_at) where due_at is not null;
create index targets_of_batch on targets (batch_id) where batch_id is not null;
create index targets_of_source on targets (source_id, kind);

-- Each acceptance counts itself, so that the sum of states can be checked against something it is not made of.
create table acceptances (
    accepted_at  timestamptz not null default now(),
    source_id    text not null,
    via          text,
    accepted     integer not null
);

create table batches (
    batch_id        text primary key,
    trace_id        text not null,
    state           text not null default 'ready'
                    check (state in ('ready', 'fetching', 'stored', 'lost', 'empty')),
    targets         integer not null,
    created_at      timestamptz not null default now(),
    rung_at         timestamptz not null default now(),   -- the last bell for whatever it waits for
    lease_until     timestamptz,
    warc_key        text,
    warc_bytes      bigint,
    stored_at       timestamptz,
    links_done_at   timestamptz,
    links_tries     smallint not null default 0,
    articles_done_at timestamptz,
    articles_tries  smallint not null default 0
);
create index batches_open on batches (state, rung_at)
    where state in ('ready', 'fetching') or links_done_at is null or articles_done_at is null;

create table captures (
    capture_id      bigint generated always as identity primary key,
    batch_id        text not null references batches,
    target_id       bigint not null references targets,
    source_id       text not null,
    kind            text not null,
    url             text not null,
    fetched_at      timestamptz not null,
    status          smallint,                  -- null when no response came
    reason          text,                      -- why no whole response came
    content_type    text,
    redirect_to     text,
    payload_digest  text,
    record_id       text not null,             -- urn:uuid:…
    warc_key        text not null,
    warc_offset     bigint not null,
    warc_length     bigint not null,
    revisit_of      bigint references captures,
    truncated       text,
    ip              text,
    seconds         real,
    links_taken     boolean not null default false,
    article_tries   smallint not null default 0,
    article_outcome text,                      -- null until the normalizer has decided what it shows
    unique (batch_id, target_id)
);
create index captures_of_target on captures (target_id, fetched_at desc);
create index captures_by_time on captures (fetched_at desc);

create table articles (
    article_id      text primary key,
    source_id       text not null references sources,
    key             text not null,
    state           text not null default 'LIVE'
                    check (state in ('LIVE', 'SUSPECT', 'GONE', 'SOFT404', 'REDIRECTED', 'REPLACED', 'RETURNED')),
    state_since     timestamptz not null,
    url             text not null,             -- the address to show: the first one seen
    title           text not null,
    published       text,                      -- ISO 8601 to its precision
    published_precision text,
    published_at    timestamptz not null,      -- for sorting: published, else first seen
    language        text,
    first_seen_at   timestamptz not null,
    last_seen_at    timestamptz not null,
    revision_id     bigint,                    -- the current one
    revisions       integer not null default 0,
    merged_into     text references articles,
    unique (source_id, key)
);
create index articles_latest on articles (published_at desc, article_id) where merged_into is null;
create index articles_of_source on articles (source_id, published_at desc, article_id) where merged_into is null;

create index articles_by_state on articles (state_since desc, article_id)
    where state <> 'LIVE' and merged_into is null;

create table article_urls (
    url             text primary key,
    article_id      text not null references articles,
    source_id       text not null,
    target_id       bigint not null references targets,
    first_seen_at   timestamptz not null,
    last_seen_at    timestamptz not null,      -- the last look that showed the article
    revision_id     bigint not null,           -- the revision it showed then
    title           text not null,             -- title and text as last seen at this very URL
    text_digest     text not null,
    misses          smallint not null default 0,
    missing_since   timestamptz,
    missing_as      text,                      -- not_found | gone | redirected_home
    missing_capture bigint
);
create index article_urls_of_article on article_urls (article_id);

create table revisions (
    revision_id     bigint generated always as identity primary key,
    article_id      text not null references articles,
    number          integer not null,
    capture_id      bigint not null references captures,
    url             text not null,
    seen_at         timestamptz not null,
    title           text not null,
    body            jsonb not null,            -- paragraphs
    text_digest     text not null,             -- of the normalized body
    identity_digest text not null,             -- of the normalized body and its day: equal means one article
    fields          jsonb not null,            -- every other field, with provenance
    search          tsvector not null,
    unique (article_id, number)
);
create index revisions_by_identity on revisions (identity_digest);
create index revisions_search on revisions using gin (search);

create table edits (
    edit_id         bigint generated always as identity primary key,
    article_id      text not null references articles,
    source_id       text not null,
    url             text not null,
    from_revision   bigint not null references revisions,
    to_revision     bigint not null unique references revisions,
    seen_at         timestamptz not null,
    classes         text[] not null,
    silent          boolean not null,
    words_changed   integer not null,
    changes         jsonb not null             -- [{"op": "replace", "from": "…", "to": "…"}]
);
create index edits_of_article on edits (article_id);
create index edits_by_time on edits (seen_at desc);

create table events (
    event_id        bigint generated always as identity primary key,
    at              timestamptz not null,      -- when it was seen, not when it was written
    kind            text not null,             -- article_found, alias_added, article_edited, article_suspect, …
    source_id       text not null,
    article_id      text,
    capture_id      bigint,
    data            jsonb not null default '{}'
);
create index events_of_article on events (article_id, event_id);
create index events_of_source on events (source_id, event_id);

create table quarantine (
    quarantine_id   bigint generated always as identity primary key,
    queue           text not null,
    message         text not null,
    body            jsonb not null,
    trace_id        text not null,
    reason          text not null,
    attempts        smallint not null,
    quarantined_at  timestamptz not null default now()
);
