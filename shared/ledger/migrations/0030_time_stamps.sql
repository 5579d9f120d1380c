-- Time stamps of signed checkpoints (RFC 3161): planned by upkeep, asked for by a fetcher, verified by upkeep. What
-- was verified stands in the object store; a row here only says that it is there.

create table log_stamps (
    size        bigint not null references log_checkpoints,
    authority   text not null,                    -- the address that is asked
    request     bytea not null,
    nonce       text not null,                    -- a number of up to 160 bits
    state       text not null default 'waiting'
                check (state in ('waiting', 'answered', 'kept', 'left')),
    planned_at  timestamptz not null,
    due_at      timestamptz not null,
    attempts    integer not null default 0,
    answer      bytea,
    outcome     text,                             -- of the last try
    stamped_at  timestamptz,                      -- what the authority says
    primary key (size, authority)
);

create index log_stamps_open on log_stamps (due_at) where state in ('waiting', 'answered');
