-- How far a rebuild of the ledger from the object store is: every part of every object it has found there, one
-- for each batch. A rebuild that was killed goes on with what has no outcome yet.

create table restored_parts (
    batch_id      text primary key,
    object_key    text not null,               -- where the bytes lie now: the fetcher's object, or a sealed one
    written_key   text not null,               -- what the fetcher wrote them under
    part_offset   bigint not null,
    part_length   bigint not null,
    begun_at      timestamptz not null,        -- as the evidence says, so parts are read in the order of time
    is_sealed     boolean not null,
    outcome       text check (outcome in ('restored', 'known', 'unreadable')),
    captures      integer not null default 0,
    detail        text not null default ''
);
create index restored_parts_left on restored_parts (begun_at, batch_id) where outcome is null;
create index restored_parts_of_object on restored_parts (object_key);
