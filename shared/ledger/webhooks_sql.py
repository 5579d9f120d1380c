"""The statements of `shared.ledger.webhooks`."""

from typing import LiteralString

from shared.ledger.event_order import AFTER_PLACE, IN_ORDER
from shared.ledger.telling import TOLD

# From the oldest transaction that still runs: what it writes is told, what was there before is not.
ADD: LiteralString = """
insert into webhooks (webhook_id, url, secrets, kinds, source_ids, written_in, event_id)
values (%(webhook)s, %(url)s, %(secrets)s, %(kinds)s, %(sources)s, pg_snapshot_xmin(pg_current_snapshot()), 0)
"""
ONE: LiteralString = "select url, secrets from webhooks where webhook_id = %(webhook)s and removed_at is null"
ALL: LiteralString = """
select webhook_id, url, kinds, source_ids, added_at,
    count(*) filter (where state = 'waiting') as waiting,
    count(*) filter (where state = 'delivered') as delivered,
    count(*) filter (where state = 'dead') as dead,
    case when rests_until > now() then rests_until end as rests_until
from webhooks left join webhook_deliveries using (webhook_id)
where removed_at is null group by webhook_id order by added_at, webhook_id
"""
REMOVE: LiteralString = (
    "update webhooks set removed_at = now() where webhook_id = %(webhook)s and removed_at is null"
)
ROTATE: LiteralString = """
update webhooks set secrets = array[%(secret)s::text] || secrets[1:%(kept)s]
where webhook_id = %(webhook)s and removed_at is null
"""
DELIVERIES: LiteralString = """
select d.delivery_id as delivery, d.event_id as event, e.kind, e.source_id as source, e.article_id as article,
    d.state, d.planned_at, case when d.state = 'waiting' then d.due_at end as due_at, d.ended_at, d.attempts,
    coalesce((select jsonb_agg(jsonb_build_object('at', t.at, 'status', t.status, 'outcome', t.outcome,
                                                  'seconds', t.seconds) order by t.attempt_id)
              from webhook_attempts t where t.delivery_id = d.delivery_id), '[]') as tries
from webhook_deliveries d join events e using (event_id)
where d.webhook_id = %(webhook)s order by d.delivery_id desc limit %(limit)s
"""
# A test is an event of its own that no other webhook is told: its kind is not in the list of those that are.
TEST: LiteralString = """
with event as (
    insert into events (at, kind, source_id, data)
    select %(at)s, 'webhook_test', source_id, jsonb_build_object('webhook', webhook_id)
    from webhooks cross join lateral (select source_id from sources order by added_at limit 1) any_source
    where webhook_id = %(webhook)s and webhooks.removed_at is null
    returning event_id, source_id
)
insert into webhook_deliveries (webhook_id, event_id, about) select %(webhook)s, event_id, 'test ' || event_id
from event
"""
REPLAY: LiteralString = """
update webhook_deliveries set state = 'waiting', due_at = now(), planned_at = now(), ended_at = null
where webhook_id = %(webhook)s and state <> 'waiting'
  and (state = 'dead' and %(since)s::timestamptz is null
       or event_id in (select event_id from events where at >= %(since)s))
"""

# Two who plan at once wait for each other here.
PLACES: LiteralString = """
select webhook_id, kinds, source_ids, written_in::text, event_id from webhooks
where removed_at is null order by webhook_id for update
"""
NEWS: LiteralString = (
    """
select e.event_id, e.written_in::text,
    e.kind = any(%(told)s)
    and (cardinality(%(source_ids)s::text[]) = 0 or e.source_id = any(%(source_ids)s)) as chosen
from events e where"""
    + AFTER_PLACE
    + IN_ORDER
    + " limit %(limit)s"
)
PLAN: LiteralString = """
insert into webhook_deliveries (webhook_id, event_id, about)
select %(webhook_id)s, e.event_id, coalesce('article ' || e.article_id, 'source ' || e.source_id)
from unnest(%(events)s::bigint[]) with ordinality as chosen (event_id, place) join events e using (event_id)
order by place
on conflict (webhook_id, event_id) do nothing
"""
MOVE_ON: LiteralString = """
update webhooks set written_in = %(written_in)s::xid8, event_id = %(event_id)s where webhook_id = %(webhook_id)s
"""

# Only the oldest waiting delivery about each article: a later one would overtake it. A claimed one stays
# 'waiting' with a time in the future, so it holds back the later ones until it has ended.
CLAIM: LiteralString = """
with heads as (
    select distinct on (d.webhook_id, d.about) d.delivery_id, d.due_at
    from webhook_deliveries d join webhooks w using (webhook_id)
    where d.state = 'waiting' and w.removed_at is null and w.rests_until <= now()
    order by d.webhook_id, d.about, d.delivery_id
), due as (
    select d.delivery_id from webhook_deliveries d join heads using (delivery_id)
    where heads.due_at <= now() and d.due_at <= now() and d.state = 'waiting'
    order by d.delivery_id limit %(limit)s for update of d skip locked
)
update webhook_deliveries d set due_at = now() + %(lease)s::interval, attempts = attempts + 1
from due, webhooks w where d.delivery_id = due.delivery_id and w.webhook_id = d.webhook_id
returning d.delivery_id, d.webhook_id, w.url, w.secrets, d.planned_at, d.attempts, w.failures, d.event_id
"""
TOLD_OF: LiteralString = TOLD + " where e.event_id = any(%(events)s)"

# What still waits is kept however old it is, unless nobody sends it any more. Events are never pruned.
OLD_DELIVERIES: LiteralString = """
select delivery_id from webhook_deliveries d join webhooks w using (webhook_id)
where coalesce(ended_at, planned_at) < %(before)s and (state <> 'waiting' or w.removed_at is not null)
order by coalesce(ended_at, planned_at) limit %(limit)s for update of d skip locked
"""
PRUNE_ATTEMPTS: LiteralString = "delete from webhook_attempts where delivery_id = any(%(deliveries)s)"
PRUNE_DELIVERIES: LiteralString = "delete from webhook_deliveries where delivery_id = any(%(deliveries)s)"

LOG: LiteralString = """
insert into webhook_attempts (delivery_id, at, status, outcome, seconds)
values (%(delivery)s, %(at)s, %(status)s, %(outcome)s, %(seconds)s)
"""
END: LiteralString = """
update webhook_deliveries set state = %(state)s, due_at = %(due)s, ended_at = %(ended)s
where delivery_id = %(delivery)s and state <> 'delivered'
"""
REST: LiteralString = """
update webhooks set failures = %(failures)s, rests_until = coalesce(%(rests)s::timestamptz, '-infinity')
where webhook_id = %(webhook)s
"""
