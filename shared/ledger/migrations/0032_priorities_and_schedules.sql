-- What an operator wants to come first. A source's precedence moves the priority of its targets by ten for each
-- step, so that the index of what is due has them in order; a host's is the greatest of its sources', unless an
-- operator has said otherwise.

alter table sources
    add column precedence smallint not null default 0 check (precedence between -1 and 1);
alter table hosts
    add column precedence smallint not null default 0 check (precedence between -1 and 1),
    add column precedence_stated boolean not null default false;

drop index hosts_ready;
create index hosts_ready on hosts (precedence, ready_at) where held_by is null;

-- Orders that are given again and again. Each due time gives at most one job: its key names the schedule and the time.
create table schedules (
    schedule_id  bigint generated always as identity primary key,
    action       text not null,
    arguments    jsonb not null,
    every        interval not null check (every >= interval '1 minute'),
    next_at      timestamptz not null,
    made_by      text not null,
    made_at      timestamptz not null default now(),
    removed_at   timestamptz,
    removed_by   text,
    last_at      timestamptz,                  -- the due time that was dealt with last
    last_job     text references jobs,         -- the job that was ordered last
    last_passed  text                          -- why nothing was ordered at the last due time; null: a job was
);
create index schedules_next on schedules (next_at) where removed_at is null;
