"""The statements of `shared.ledger.evidence_index`."""

from typing import LiteralString

_COLUMNS: LiteralString = """
    c.capture_id, c.batch_id, c.source_id, c.kind, c.url, c.fetched_at, c.status, c.content_type,
    c.payload_digest, c.record_id, c.warc_key, c.warc_offset, c.warc_length, c.revisit_of, c.truncated
"""

# What was imported is as its makers wrote it, and is verified by the digest of each object.
KEYS: LiteralString = """
select distinct warc_key from captures
where (%(source)s::text is null or source_id = %(source)s)
  and (%(begin)s::timestamptz is null or fetched_at >= %(begin)s)
  and (%(end)s::timestamptz is null or fetched_at < %(end)s)
  and (warc_key like 'imported/%%') = %(imported)s
order by warc_key
"""

OF_OBJECT: LiteralString = f"""
select {_COLUMNS}, original.record_id as original_record,
       original.payload_digest as original_digest
from captures c left join captures original on original.capture_id = c.revisit_of
where c.warc_key = %(key)s
order by c.warc_offset, c.capture_id
"""  # noqa: S608  (made of constants of this module)

OF_OBJECT_FROM: LiteralString = f"""
select {_COLUMNS}, original.record_id as original_record,
       original.payload_digest as original_digest
from captures c left join captures original on original.capture_id = c.revisit_of
where c.warc_key = %(key)s and (c.warc_offset, c.capture_id) > (%(offset)s, %(capture)s)
order by c.warc_offset, c.capture_id
limit %(limit)s
"""  # noqa: S608  (made of constants of this module)

# What the fetcher wrote has the size its batch says; a sealed object is as long as its parts.
SIZE = """
select coalesce(
    (select sum(part_length) from sealed_parts where sealed_key = %(key)s),
    (select max(warc_bytes) from batches where warc_key = %(key)s)) as bytes
"""

SUPERSEDED = "select part_key from sealed_parts where moved_at is not null and removed_at is null"

IS_SEALED = "select exists (select from sealed_parts where sealed_key = %(key)s) as sealed"

IS_RECORDED = "select exists (select from batches where warc_key = %(key)s and warc_bytes > 0) as recorded"

DIGESTS = """
select record_id, payload_digest from captures where warc_key = %(key)s and payload_digest is not null
"""

BOUNDARIES = """
select warc_offset as at, null::text as part_key from captures where warc_key = %(key)s
union
select part_offset, part_key from sealed_parts where sealed_key = %(key)s
"""

# A revisit is worth nothing without the record that holds its payload, so that one comes along.
_WITH_ORIGINALS: LiteralString = f"""
, originals (capture_id) as (
    select capture_id from wanted
    union
    select c.revisit_of from originals join captures c using (capture_id) where c.revisit_of is not null
)
select {_COLUMNS}, null::text as original_record, null::text as original_digest,
       w.capture_id is not null as wanted, u.title
from originals join captures c using (capture_id)
left join wanted w using (capture_id)
left join article_urls u on u.url = c.url and u.target_id = c.target_id
order by c.warc_key, c.warc_offset
"""  # noqa: S608  (made of constants of this module)

OF_ARTICLE: LiteralString = f"""
with recursive merged (article_id, merged_into, steps) as (
    select article_id, merged_into, 0 from articles where article_id = %(article)s
    union all
    select n.article_id, n.merged_into, m.steps + 1
    from merged m join articles n on n.article_id = m.merged_into where m.steps < 20
), survivor as (
    select article_id from merged where merged_into is null
), wanted as (
    select c.capture_id from survivor join article_urls using (article_id) join captures c using (target_id)
    union
    select r.capture_id from survivor join revisions r using (article_id)
){_WITH_ORIGINALS}"""  # noqa: S608  (made of constants of this module)

OF_CAPTURE: LiteralString = f"""
with recursive wanted as (
    select c.capture_id from captures c where c.capture_id = %(capture)s
){_WITH_ORIGINALS}"""  # noqa: S608  (made of constants of this module)

OF_SOURCE: LiteralString = f"""
with recursive wanted as (
    select c.capture_id from captures c
    where c.source_id = %(source)s
      and (%(first)s::timestamptz is null or c.fetched_at >= %(first)s)
      and (%(after)s::timestamptz is null or c.fetched_at < %(after)s)
){_WITH_ORIGINALS}"""  # noqa: S608  (made of constants of this module)

PLACE = """
select sealed_key, part_offset, part_length, moved_at, removed_at from sealed_parts where part_key = %(key)s
"""

ONE_PLAN_AT_A_TIME = "select pg_advisory_xact_lock(7233810402)"

SMALL = """
select warc_key, warc_bytes from batches
where state = 'stored' and warc_bytes between 1 and %(most)s::bigint - 1
  and links_done_at is not null and articles_done_at is not null and warc_key not like 'imported/%%'
  and stored_at < now() - %(age)s::interval
  and not warc_key = any(%(passed)s)
  and not exists (select from sealed_parts where part_key = batches.warc_key)
order by stored_at, batch_id
limit %(limit)s
"""

PLAN = """
insert into sealed_parts (part_key, sealed_key, part_offset, part_length)
select part_key, %(sealed)s, part_offset, part_length
from unnest(%(keys)s::text[], %(offsets)s::bigint[], %(lengths)s::bigint[])
     as part(part_key, part_offset, part_length)
"""

PLANNED = """
select sealed_key, part_key, part_offset, part_length from sealed_parts
where moved_at is null order by planned_at, sealed_key, part_offset
"""

DROP_PLAN = "delete from sealed_parts where sealed_key = %(sealed)s and moved_at is null"

MOVE = """
update captures set warc_key = part.sealed_key, warc_offset = captures.warc_offset + part.part_offset
from sealed_parts as part
where part.sealed_key = %(sealed)s and part.moved_at is null and captures.warc_key = part.part_key
"""

MOVED = "update sealed_parts set moved_at = now() where sealed_key = %(sealed)s and moved_at is null"

REMOVABLE = """
select sealed_key, part_key, part_offset, part_length from sealed_parts
where removed_at is null and moved_at < now() - %(grace)s::interval
  and not exists (select from captures where captures.warc_key = part_key)
order by sealed_key, part_offset
"""

REMOVED = "update sealed_parts set removed_at = now() where part_key = %(key)s"
