"""The statements of `shared.ledger.restoring`, each with what it rests on."""

SURVEYED = "select distinct object_key from restored_parts"

# A part that lies in a sealed object and for itself, too, is found twice; the first finding stands.
ADD_PARTS = """
insert into restored_parts (batch_id, object_key, written_key, part_offset, part_length, begun_at, is_sealed)
select batch_id, %(object)s, written_key, part_offset, part_length, begun_at, %(sealed)s
from unnest(%(batches)s::text[], %(keys)s::text[], %(offsets)s::bigint[], %(lengths)s::bigint[],
            %(times)s::timestamptz[])
     as part(batch_id, written_key, part_offset, part_length, begun_at)
on conflict (batch_id) do nothing
"""

KNOWN_OBJECTS = """
select warc_key as key from batches where warc_key is not null
union select sealed_key from sealed_parts where moved_at is not null
"""

LEFT = """
select batch_id, object_key, written_key, part_offset, part_length, begun_at, is_sealed
from restored_parts where outcome is null
order by begun_at, batch_id limit %(limit)s
"""

COUNTS = """
select count(*) as parts, count(*) filter (where outcome is not null) as done,
       count(*) filter (where outcome = 'restored') as restored,
       count(*) filter (where outcome = 'known') as known,
       count(*) filter (where outcome = 'unreadable') as unreadable, coalesce(sum(captures), 0)::bigint as captures
from restored_parts
"""

UNREAD = """
select count(*) as unread from restored_parts join batches using (batch_id)
where outcome = 'restored' and batches.state = 'stored' and articles_done_at is null
"""

END_PART = """
update restored_parts set outcome = %(outcome)s, captures = %(captures)s, detail = %(detail)s
where batch_id = %(batch)s
"""

IS_KNOWN = "select from batches where batch_id = %(batch)s"

# The lock is that of an import: both add captures that no fetcher is about to add.
ONE_RESTORES = "select pg_advisory_xact_lock(hashtextextended('restoring', 3))"

ADD_BATCH = """
insert into batches (batch_id, trace_id, state, targets) values (%(batch)s, %(trace)s, 'fetching', %(count)s)
"""

# Whoever holds a target now looks at it anew and will record that; its past is added without taking it away.
HOLD_TARGETS = """
update targets
set batch_id = %(batch)s, state = 'leased', due_at = %(within)s::interval * random() + now(),
    accepted_at = least(targets.accepted_at, look.at)
from unnest(%(keys)s::uuid[], %(times)s::timestamptz[]) as look(key, at)
where targets.url_key = look.key and targets.state <> 'leased'
returning targets.target_id, targets.url_key::text as key
"""

PLACE_BATCH = """
update batches set stored_at = %(at)s, created_at = %(at)s, rung_at = now(),
                   links_done_at = case when %(imported)s then now() end
where batch_id = %(batch)s
"""

# What a revisit repeats, by the record it names, else by the address and the second, else by the digest.
ORIGINALS = """
select look.place, original.capture_id, original.payload_digest
from unnest(%(keys)s::uuid[], %(records)s::text[], %(times)s::timestamptz[], %(digests)s::text[])
     with ordinality as look(key, record_id, at, digest, place)
join targets on targets.url_key = look.key
join lateral (
    select capture_id, payload_digest from captures
    where captures.target_id = targets.target_id and captures.revisit_of is null
      and payload_digest is not null
      and (captures.record_id = look.record_id
           or date_trunc('second', captures.fetched_at) = date_trunc('second', look.at)
           or captures.payload_digest = look.digest)
    order by captures.record_id = look.record_id desc, fetched_at desc limit 1) as original on true
"""

POINT_INTO = """
update captures set warc_key = %(object)s, warc_offset = warc_offset + %(offset)s where batch_id = %(batch)s
"""

ADD_SEALED = """
insert into sealed_parts (part_key, sealed_key, part_offset, part_length, moved_at, removed_at)
values (%(written)s, %(object)s, %(offset)s, %(length)s, now(), case when not %(remains)s then now() end)
on conflict (part_key) do nothing
"""

ADD_IMPORT = """
insert into imports (import_id, source_id, file_name, file_digest, file_bytes, format, imported_by, started_at)
values (%(import)s, %(source)s, %(name)s, %(file_digest)s, 0, %(format)s, %(by)s, %(at)s)
on conflict (source_id, file_digest) do update set file_name = imports.file_name
returning import_id
"""

ADD_IMPORTED_OBJECT = """
insert into imported_objects (warc_key, import_id, batch_id, part, digest, bytes, recompressed)
values (%(object)s, %(import)s, %(batch)s, %(part)s, %(digest)s, %(length)s, %(recompressed)s)
"""
