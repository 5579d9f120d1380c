-- Where the objects of the fetcher went: each sealed object is made of whole objects, byte for byte, so the place
-- of an old pointer is its offset in the part plus the part's offset. Rows stay for ever: documents, exports and
-- citations name the part, and `batches.warc_key` goes on saying what the fetcher wrote.
create table sealed_parts (
    part_key       text primary key,
    sealed_key     text not null,
    part_offset    bigint not null,
    part_length    bigint not null,
    planned_at     timestamptz not null default now(),
    moved_at       timestamptz,               -- since then the captures point into the sealed object
    removed_at     timestamptz                -- since then the part is no longer an object of its own
);
create index sealed_parts_of_object on sealed_parts (sealed_key, part_offset);
create index sealed_parts_left on sealed_parts (planned_at) where removed_at is null;

-- Equal keys share one entry, so this costs a few bytes a capture.
create index captures_of_object on captures (warc_key);
create index batches_of_object on batches (warc_key) where warc_key is not null;
