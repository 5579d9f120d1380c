"""The statements of `shared.ledger.frontier`, each with what it rests on."""

ADD_HOSTS = """
insert into hosts (host, delay, concurrency)
select host, %(delay)s, %(concurrency)s from unnest(%(hosts)s::text[]) as host order by host
on conflict (host) do update
set delay = greatest(hosts.delay, excluded.delay), concurrency = least(hosts.concurrency, excluded.concurrency)
where hosts.delay < excluded.delay or hosts.concurrency > excluded.concurrency
"""

ADD_TARGETS = """
insert into targets (url_key, url, host, source_id, kind, state, reason, due_at, priority, via, hops,
                     found_title, found_date)
select key, url, host, %(source)s, kind,
       case when reason is null then 'waiting' else 'excluded' end, reason,
       case when reason is null then now() end,
       case kind when 'robots' then 9 when 'article' then 1 else 5 end,
       via, hops, title, date
from unnest(%(keys)s::bytea[], %(urls)s::text[], %(target_hosts)s::text[], %(kinds)s::text[], %(vias)s::text[],
            %(hops)s::smallint[], %(titles)s::text[], %(dates)s::text[], %(reasons)s::text[])
     with ordinality as offered(key, url, host, kind, via, hops, title, date, reason, place)
order by place
on conflict (url_key) do nothing
"""

COUNT_ACCEPTED = """
insert into acceptances (source_id, via, accepted) values (%(source)s, %(via)s, %(accepted)s)
"""

# Hosts that nobody holds and whose delay has passed; of each as many due targets as its delay lets a batch
# hold. Until a host's robots.txt is known only that file is asked for, except for sources that ignore it.
CLAIM = """
with free as materialized (
    select host, greatest(delay, robots_delay) as delay, robots_until > now() as robots_known
    from hosts
    where held_by is null and next_request_at <= now()
      and exists (select from targets join sources using (source_id)
                  where targets.host = hosts.host and targets.due_at <= now()
                    and targets.state <> 'leased' and least(targets.lost_leases, 2) = %(lost_leases)s
                    and (targets.kind = 'robots' or sources.removed_at is null
                         and (hosts.robots_until > now() or not sources.obeys_robots)))
    order by next_request_at
    limit %(max_hosts)s
    for update skip locked
), due as (
    select target.target_id, target.obeys_robots
    from free cross join lateral (
        select targets.target_id, sources.obeys_robots
        from targets join sources using (source_id)
        where targets.host = free.host and targets.due_at <= now()
          and targets.state <> 'leased' and least(targets.lost_leases, 2) = %(lost_leases)s
          and (targets.kind = 'robots' or sources.removed_at is null
               and (free.robots_known or not sources.obeys_robots))
        order by targets.priority desc, targets.due_at
        limit case when free.delay <= interval '0' then %(max_targets)s
                   else greatest(1, floor(extract(epoch from %(host_time)s::interval)
                                          / extract(epoch from free.delay)))::int end
        for update of targets skip locked
    ) as target
    limit %(max_targets)s
)
update targets
set state = 'leased', batch_id = %(batch)s, due_at = null
from due
where targets.target_id = due.target_id
returning targets.target_id, targets.url, targets.host, targets.kind, due.obeys_robots
"""

HOLD_HOSTS = """
update hosts set held_by = %(batch)s
where host in (select host from targets where batch_id = %(batch)s)
"""

OPEN_BATCH = """
insert into batches (batch_id, trace_id, targets) values (%(batch)s, %(trace)s, %(targets)s)
"""

EXCLUDE_CLAIMED = """
update targets set state = 'excluded', reason = %(reason)s, batch_id = null, due_at = null
where batch_id = %(batch)s and target_id = any(%(ids)s)
"""

FREE_IDLE_HOSTS = """
update hosts set held_by = null
where held_by = %(batch)s and not exists (
    select from targets where targets.batch_id = %(batch)s and targets.host = hosts.host)
"""

CLOSE_IF_EMPTY = """
update batches set state = 'empty', links_done_at = now(), articles_done_at = now()
where batch_id = %(batch)s and not exists (select from targets where batch_id = %(batch)s)
"""

# An order that came while the look was under way is not postponed by the plan.
PLAN = """
update targets set due_at = case when targets.due_at <= now() then targets.due_at else plan.due end
from unnest(%(ids)s::bigint[], %(dues)s::timestamptz[]) as plan(id, due)
where targets.target_id = plan.id and targets.state in ('archived', 'failed', 'waiting')
"""

# A target that is under lease now keeps the order, and is due again as soon as it comes back.
MAKE_DUE = """
update targets set due_at = now()
where source_id = %(source)s and kind = any(%(kinds)s) and state <> 'excluded'
"""

ASK_FOR_ROBOTS = """
update targets set due_at = now()
from hosts
where targets.kind = 'robots' and targets.state in ('archived', 'failed', 'waiting')
  and hosts.host = targets.host and hosts.robots_until <= now()
  and targets.host in (select host from targets where source_id = %(source)s)
"""

ASK_FOR_ROBOTS_OF_URL = """
update targets set due_at = now()
from hosts
where targets.kind = 'robots' and targets.state in ('archived', 'failed', 'waiting')
  and hosts.host = targets.host and hosts.robots_until <= now()
  and targets.host = (select host from targets where url_key = %(key)s)
"""

MAKE_URL_DUE = """
update targets set due_at = now() where url_key = %(key)s and state <> 'excluded'
"""

ROBOTS = """
select host, robots_status, robots_body, robots_until, robots_delay from hosts
where host = any(%(hosts)s) and robots_status <> 'unknown'
"""

KEEP_ROBOTS = """
update hosts
set robots_status = %(status)s, robots_body = %(body)s, robots_until = %(until)s, robots_delay = %(delay)s
where host = %(host)s
"""

JUDGE_AGAIN = """
update targets set state = case when archived_at is null then 'waiting' else 'archived' end,
                   reason = null, due_at = now()
where host = %(host)s and state = 'excluded' and reason = 'robots'
"""

FREE_HOSTS = """
update hosts set held_by = null, next_request_at = now() + greatest(delay, robots_delay)
where held_by = %(batch)s
"""
