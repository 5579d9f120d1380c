-- What operators order: pauses, jobs, the tokens of the API, and the chain of what was done by whom.

create table pauses (
    pause_id   bigint generated always as identity primary key,
    scope      text not null check (scope in ('source', 'host', 'everything')),
    subject    text not null,                  -- a source's id, a host as in hosts, or empty
    reason     text not null,
    until      timestamptz,                    -- null: until someone resumes
    paused_by  text not null,
    paused_at  timestamptz not null default now(),
    ended_at   timestamptz,
    ended_by   text
);
create unique index pauses_standing on pauses (scope, subject) where ended_at is null;

-- The few pauses that hold now. Claims, fetchers and `status` read this and nothing else.
create view pauses_in_force as
    select * from pauses where ended_at is null and (until is null or until > now());

create table jobs (
    job_id              text primary key,
    action              text not null,
    arguments           jsonb not null,
    dry_run             boolean not null default false,
    actor               text not null,
    place               text not null check (place in ('command', 'service')),  -- who runs it
    idempotency_key     text,
    state               text not null default 'queued'
                        check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    done                bigint not null default 0,
    total               bigint,                -- null while nobody knows
    findings            jsonb not null default '[]',
    errors              jsonb not null default '[]',
    result              jsonb,
    attempts            smallint not null default 0,
    queued_at           timestamptz not null default now(),
    started_at          timestamptz,
    finished_at         timestamptz,
    cancel_asked_at     timestamptz
);
create unique index jobs_by_key on jobs (actor, idempotency_key) where idempotency_key is not null;
create index jobs_by_time on jobs (queued_at desc, job_id desc);
create index jobs_open on jobs (queued_at) where state in ('queued', 'running');

create table tokens (
    token_id     text primary key,             -- the part of the token that may be shown
    name         text not null,
    scope        text not null check (scope in ('read', 'operate', 'admin')),
    digest       text not null,                -- SHA-256 of the whole token, which is random: no salt is needed
    made_by      text not null,
    made_at      timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at   timestamptz
);

-- Each row holds the digest of the one before it, so that none can be changed, dropped or moved unseen.
create table audit (
    number    bigint primary key,              -- 1, 2, 3, … without gaps
    entry     text not null,                   -- canonical JSON, its number inside
    previous  text not null,
    digest    text not null                    -- SHA-256 of previous, a line feed, and entry
);

create table audit_head (
    is_only  boolean primary key default true check (is_only),
    number   bigint not null,
    digest   text not null
);
insert into audit_head (number, digest) values (0, repeat('0', 64));

-- A guard against accidents. Whoever owns the database can take it away; then the chain tells.
create function refuse_change_of_audit() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is only ever added to';
end
$$;
create trigger audit_is_append_only before update or delete or truncate on audit
    for each statement execute function refuse_change_of_audit();
