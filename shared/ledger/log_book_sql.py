"""The statements of `shared.ledger.log_book`."""

ONE_WRITER = "select pg_try_advisory_xact_lock(7233810403) as taken"

# Fetched and imported alike: both have a batch that says what was stored under which key.
UNLOGGED = """
select warc_key from batches
where state = 'stored' and warc_bytes > 0 and not warc_key = any(%(passed)s)
  and not exists (select from log_objects where object_key = batches.warc_key)
order by stored_at, batch_id
limit %(limit)s
"""

PLAN = """
insert into log_objects (object_key, first_position, records)
select * from unnest(%(keys)s::text[], %(firsts)s::bigint[], %(records)s::int[])
"""

FROM_POSITION = """
select object_key as key, first_position as first, records from log_objects
where first_position >= %(position)s order by first_position limit %(limit)s
"""

FORGET = "delete from log_objects where first_position >= %(position)s"

OF_CAPTURES = """
select distinct on (stored.key) stored.key, l.first_position as first, l.records
from (
    select coalesce(part.part_key, c.warc_key) as key
    from captures c left join sealed_parts part
         on part.sealed_key = c.warc_key and part.moved_at is not null
        and c.warc_offset >= part.part_offset and c.warc_offset < part.part_offset + part.part_length
    where c.capture_id = any(%(captures)s)
) as stored
left join log_objects l on l.object_key = stored.key
order by stored.key
"""

NEWEST = "select size, root, note, signed_at from log_checkpoints order by size desc limit 1"

NOTE_SIGNED = """
insert into log_checkpoints (size, root, note) values (%(size)s, %(root)s, %(note)s)
on conflict (size) do nothing
"""

STANDING = """
with last as (select size, signed_at from log_checkpoints order by size desc limit 1)
select coalesce((select size from last), 0) as size, (select signed_at from last) as signed_at,
       (select count(*) from batches
        where state = 'stored' and warc_bytes > 0
          and not exists (select from log_objects where object_key = batches.warc_key
                          and first_position < coalesce((select size from last), 0))) as unlogged
"""
