"""The statements of `shared.ledger.observation`."""

from typing import LiteralString

from shared.ledger.event_order import AFTER_PLACE

FIGURES = """
select (select count(*) from batches
        where state = 'stored' and (links_done_at is null or articles_done_at is null)) as unread,
       (select extract(epoch from now() - min(stored_at))::float8 from batches
        where state = 'stored' and (links_done_at is null or articles_done_at is null)) as oldest_unread,
       (select count(*) from batches where state = 'stored' and warc_bytes > 0
          and not exists (select from log_objects where object_key = batches.warc_key)) as unlogged,
       (select extract(epoch from now() - min(stored_at))::float8 from batches
        where state = 'stored' and warc_bytes > 0
          and not exists (select from log_objects where object_key = batches.warc_key)) as oldest_unlogged,
       (select max(size) from log_checkpoints) as log_records,
       (select max(signed_at) from log_checkpoints) as signed_at,
       (select count(*) from webhook_deliveries where state = 'waiting') as deliveries_waiting,
       (select extract(epoch from now() - min(planned_at))::float8 from webhook_deliveries
        where state = 'waiting') as oldest_delivery,
       (select count(*) from webhook_deliveries where state = 'dead') as deliveries_dead,
       (select coalesce(jsonb_object_agg(kind, alarms), '{}')
        from (select kind, count(*) as alarms from watch_alarms group by kind) as by_kind) as alarms,
       pg_database_size(current_database()) as ledger_bytes
"""

# One moment for the states and what was accepted, or the sums would not close while the archive works.
SUMS = """
select (select coalesce(jsonb_object_agg(state, targets), '{}')
        from (select state, count(*) as targets from targets group by state) as by_state) as targets,
       (select coalesce(sum(accepted), 0)::bigint from acceptances) as accepted,
       (select coalesce(jsonb_object_agg(state, articles), '{}')
        from (select state, count(*) as articles from articles
              where merged_into is null group by state) as by_state) as articles,
       (select coalesce(sum(warc_bytes), 0)::bigint from batches where state = 'stored') as archive_bytes,
       due.targets as due, due.oldest as oldest_due
from (select count(*) as targets, extract(epoch from now() - min(t.due_at))::float8 as oldest
      from targets t join sources using (source_id)
      where t.due_at <= now() and t.state <> 'leased' and sources.removed_at is null) as due
"""

SOURCES = """
select s.source_id, s.definition, lists.last_success, coalesce(lists.failed_looks, 0) as failed_looks,
       coalesce(drifted.fields, 0) as drifted_fields, coalesce(outages.hosts, 0) as hosts_out
from sources s
left join lateral (
    select max(looked_at) filter (where reason is null) as last_success, min(attempts) as failed_looks
    from targets where targets.source_id = s.source_id and kind in ('listing', 'feed', 'sitemap')
      and state <> 'excluded'
) as lists on true
left join lateral (
    select count(*) filter (where (watched.value ->> 'drifted')::boolean) as fields
    from field_watch cross join jsonb_each(state -> 'fields') as watched
    where field_watch.source_id = s.source_id
) as drifted on true
left join lateral (
    select count(*) filter (where is_out) as hosts from host_states where host_states.source_id = s.source_id
) as outages on true
where s.removed_at is null
order by s.source_id
"""

UPKEEP = """
select job, finished_at, outcome ? 'error' as failed, (outcome ->> 'wrong_in_round')::bigint as wrong,
       (outcome ->> 'good_at')::timestamptz as good_at
from upkeep order by job
"""

QUARANTINE = """
select queue, message, count(*) as messages,
       extract(epoch from now() - min(quarantined_at))::float8 as oldest
from quarantine group by queue, message order by queue, message
"""

NEW_EVENTS: LiteralString = f"""
with fresh as (select * from events e where {AFTER_PLACE}),
     place as (select written_in, event_id from fresh order by written_in desc, event_id desc limit 1)
select fresh.source_id, fresh.kind, count(*) as events, max(fresh.at) as newest,
       place.written_in::text as written_in, place.event_id
from fresh cross join place
group by fresh.source_id, fresh.kind, place.written_in, place.event_id
"""  # noqa: S608  (made of constants)
