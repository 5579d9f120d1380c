"""The statements of `shared.ledger.imports`, each with what it rests on."""

BEGIN = """
insert into imports (import_id, source_id, file_name, file_digest, file_bytes, format, imported_by)
values (%(import)s, %(source)s, %(name)s, %(digest)s, %(bytes)s, %(format)s, %(by)s)
on conflict (source_id, file_digest) do update set file_name = imports.file_name
returning import_id
"""

FINISH = "update imports set finished_at = now(), counts = %(counts)s where import_id = %(import)s"

REJECT = """
insert into import_rejections (import_id, part, record_offset, record_id, url, reason)
select %(import)s, part, place, record_id, url, reason
from unnest(%(parts)s::text[], %(places)s::bigint[], %(records)s::text[], %(urls)s::text[], %(reasons)s::text[])
     as rejected(part, place, record_id, url, reason)
on conflict (import_id, part, record_offset) do update set reason = excluded.reason
"""

IMPORTS = """
select import_id, source_id, file_name, file_digest, file_bytes, format, imported_by, started_at, finished_at,
       counts
from imports where %(source)s::text is null or source_id = %(source)s
order by started_at desc
"""

REJECTIONS = """
select part, record_offset, record_id, url, reason from import_rejections
where import_id = %(import)s order by part, record_offset
"""

KNOWN = """
select targets.url_key::text as key, targets.target_id, targets.source_id, targets.kind,
       coalesce(array_agg(captures.record_id) filter (where captures.capture_id is not null), '{}') as records,
       coalesce(array_agg(captures.fetched_at) filter (where captures.capture_id is not null), '{}') as times,
       coalesce(array_agg(captures.payload_digest) filter (where captures.capture_id is not null), '{}') as digests
from targets left join captures using (target_id)
where targets.url_key = any(%(keys)s::uuid[])
group by targets.target_id
"""

# Two runs over one file must not record a capture twice; the second waits here and then finds the first's.
LOCK = "select pg_advisory_xact_lock(hashtextextended(%(name)s, 3))"

ALREADY = """
select captures.record_id
from captures join targets using (target_id)
join unnest(%(keys)s::uuid[], %(records)s::text[]) as found(key, record_id)
     on found.key = targets.url_key and found.record_id = captures.record_id
limit 1
"""

# What was never looked at by us is looked at some time within its source's longest interval, so that a large
# import comes as no burst; or now, when the operator asks for it.
ADD_TARGETS = """
insert into targets (url_key, url, host_id, source_id, kind, state, reason, due_at, priority, archived_at)
select key::uuid, url, host_id, %(source)s, kind, state, reason,
       now() + random() * %(within)s::interval, case when kind = 'robots' then 9
            else 1 + 10 * coalesce((select precedence from sources where source_id = %(source)s), 0) end,
       archived_at
from unnest(%(keys)s::text[], %(urls)s::text[], %(host_ids)s::int[], %(kinds)s::text[], %(states)s::text[],
            %(reasons)s::text[], %(archived)s::timestamptz[])
     as offered(key, url, host_id, kind, state, reason, archived_at)
order by key
on conflict (url_key) do nothing
"""

# Its robots.txt must be known before anything else of a host is asked.
ROBOTS_FIRST = """
update targets set due_at = least(targets.due_at, (
    select min(other.due_at) from targets as other
    where other.host_id = targets.host_id and other.kind <> 'robots'))
where kind = 'robots' and state = 'waiting' and host_id = any(%(host_ids)s)
"""

# A target that failed for us, or was not looked at yet, is archived by what somebody else has of it.
KEEP_ARCHIVED = """
update targets
set archived_at = found.archived_at,
    state = case when targets.state = 'failed' then 'archived' else targets.state end,
    reason = case when targets.state = 'failed' then null else targets.reason end,
    due_at = case when targets.state = 'failed'
                  then coalesce(targets.due_at, now() + random() * %(within)s::interval)
                  else targets.due_at end
from unnest(%(keys)s::uuid[], %(archived)s::timestamptz[]) as found(key, archived_at)
where targets.url_key = found.key and targets.archived_at is null and found.archived_at is not null
"""

ADD_BATCH = """
insert into batches (batch_id, trace_id, state, targets, warc_key, warc_bytes, stored_at, links_done_at)
values (%(batch)s, %(trace)s, 'stored', %(count)s, %(key)s, %(bytes)s, now(), now())
"""

ADD_OBJECT = """
insert into imported_objects (warc_key, import_id, batch_id, part, digest, bytes, recompressed)
values (%(key)s, %(import)s, %(batch)s, %(part)s, %(digest)s, %(bytes)s, %(recompressed)s)
"""

# What a revisit repeats is named by the address and time of that capture, and by its record where that is known.
ADD_CAPTURES = """
insert into captures (batch_id, target_id, source_id, kind, url, fetched_at, status, reason, content_type,
                      redirect_to, payload_digest, record_id, warc_key, warc_offset, warc_length, revisit_of,
                      truncated, ip)
select %(batch)s, targets.target_id, targets.source_id, targets.kind, targets.url, look.fetched_at, look.status,
       look.reason, look.content_type, look.redirect_to, coalesce(look.payload_digest, original.payload_digest),
       look.record_id, %(key)s, look.warc_offset, look.warc_length, original.capture_id, look.truncated, look.ip
from unnest(%(keys)s::uuid[], %(times)s::timestamptz[], %(statuses)s::smallint[], %(reasons)s::text[],
            %(types)s::text[], %(redirects)s::text[], %(digests)s::text[], %(records)s::text[],
            %(offsets)s::bigint[], %(lengths)s::bigint[], %(truncations)s::text[], %(ips)s::text[],
            %(original_keys)s::uuid[], %(original_records)s::text[])
     as look(key, fetched_at, status, reason, content_type, redirect_to, payload_digest, record_id,
             warc_offset, warc_length, truncated, ip, original_key, original_record)
join targets on targets.url_key = look.key and targets.source_id = %(source)s
left join lateral (
    select capture_id, payload_digest from captures
    where target_id = (select target_id from targets as there where there.url_key = look.original_key)
      and record_id = look.original_record
    limit 1) as original on true
where look.original_key is null or original.capture_id is not null
order by look.fetched_at, targets.target_id
"""

OBJECTS = """
select warc_key, digest, bytes from imported_objects join imports using (import_id)
where %(source)s::text is null or source_id = %(source)s
order by warc_key
"""
