-- Where the records of each stored object stand in the log. The plan is here before anything is written, so that a
-- killed writer goes on with the same rows at the same positions. The key is the one the object was first stored
-- under; `sealed_parts` says where its bytes lie now.
create table log_objects (
    object_key     text primary key,
    first_position bigint not null unique check (first_position >= 0),
    records        integer not null check (records > 0),
    planned_at     timestamptz not null default now()
);

-- Every checkpoint that was signed. The store holds them too; the two must agree, or nothing more is signed.
create table log_checkpoints (
    size      bigint primary key,
    root      bytea not null,
    note      text not null,
    signed_at timestamptz not null default now()
);

-- Work that the archive does by itself, and what came of it the last time.
create table upkeep (
    job         text primary key,
    started_at  timestamptz not null,
    finished_at timestamptz,
    outcome     jsonb not null default '{}'
);
