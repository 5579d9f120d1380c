"""The statements of `shared.ledger.frontier`, each with what it rests on."""

ADD_HOSTS = """
insert into hosts (host, delay, concurrency, precedence)
select host, %(delay)s, %(concurrency)s,
       coalesce((select precedence from sources where source_id = %(source)s), 0)
from unnest(%(hosts)s::text[]) as host order by host
on conflict (host) do update
set delay = greatest(hosts.delay, excluded.delay), concurrency = least(hosts.concurrency, excluded.concurrency),
    precedence = case when hosts.precedence_stated then hosts.precedence
                      else greatest(hosts.precedence, excluded.precedence) end
where hosts.delay < excluded.delay or hosts.concurrency > excluded.concurrency
   or hosts.precedence < excluded.precedence and not hosts.precedence_stated
"""

# Claims pass over a locked host, so none looks at it and puts it off while its new targets are not yet visible.
# Every writer locks hosts in this order.
LOCK_HOSTS = """
select host_id, host from hosts where host = any(%(hosts)s) order by host_id for no key update
"""

ADD_REFERRERS = """
insert into referrers (url) select url from unnest(%(via_urls)s::text[]) as url order by url
on conflict (url) do nothing
"""

REFERRERS = """
select referrer_id, url from referrers where url = any(%(via_urls)s)
"""

# A source's precedence moves its targets by ten; see `shared.ledger.priorities`.
ADD_TARGETS = """
insert into targets (url_key, url, host_id, source_id, kind, state, reason, due_at, priority, referrer_id, hops,
                     found_title, found_date)
select key::uuid, url, host_id, %(source)s, kind,
       case when reason is null then 'waiting' else 'excluded' end, reason,
       case when reason is null then now() end,
       case when kind = 'robots' then 9
            else case when kind in ('article', 'probe') then 1 when kind = 'requisite' then 0 else 5 end
                 + 10 * coalesce((select precedence from sources where source_id = %(source)s), 0) end,
       via, hops, title, date
from unnest(%(keys)s::text[], %(urls)s::text[], %(host_ids)s::int[], %(kinds)s::text[], %(vias)s::int[],
            %(hops)s::smallint[], %(titles)s::text[], %(dates)s::text[], %(reasons)s::text[])
     with ordinality as offered(key, url, host_id, kind, via, hops, title, date, reason, place)
order by place
on conflict (url_key) do nothing
"""

COUNT_ACCEPTED = """
insert into acceptances (source_id, via, accepted) values (%(source)s, %(via)s, %(accepted)s)
"""

WAKE_ACCEPTING = """
update hosts set ready_at = now() where host_id = any(%(ids)s) and ready_at > now()
"""

# The planner takes every host for an average one and would read and sort all that is due at the largest,
# where the index has the first few in order.
IN_ORDER_OF_INDEX = """
select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_hashjoin', 'off', true)
"""

# Hosts that nobody holds, that may be asked within two seconds (the fetcher waits for the rest) and where
# something may be due, by their precedence, the longest ready first. Of each an equal share of what few hosts
# may have, by how many there are with those that are held now: no less than `host_targets`, no more than its
# delay lets a batch hold. Until a host's robots.txt is known only that file is asked for, except for sources
# that ignore it. Hosts that were looked at in vain are put off until their next target is due, at most a minute:
# a change that wakes none of them costs no longer than that. Not all for the same time, or all would be looked
# at again in one claim. What is paused is passed over; the robots.txt of a host is everyone's who has something
# due there.
CLAIM = """
with free as materialized (
    select ready.*
    from (values (1), (0), (-1)) as level(precedence) cross join lateral (
        select host_id, host, greatest(delay, robots_delay) + penalty as delay,
               robots_until > now() as robots_known
        from hosts
        where hosts.precedence = level.precedence
          and held_by is null and ready_at <= now() and next_request_at <= now() + interval '2 seconds'
          and not exists (select from pauses_in_force where scope = 'everything')
          and host <> all (array(select subject from pauses_in_force where scope = 'host'))
        order by ready_at
        limit %(max_hosts)s
        for no key update skip locked) as ready
    limit %(max_hosts)s
), level as materialized (
    select 9 as priority
    union all
    select base + 10 * precedence
    from (values (5), (1)) as kind(base) cross join (select distinct precedence from sources) as used
), share as materialized (
    select greatest(%(host_targets)s, %(max_targets)s / greatest(1, (select count(*) from free) + (
        select count(*) from (select from hosts where held_by is not null limit 300) as held))) as targets
), due as materialized (
    select target.target_id, target.obeys_robots, free.host_id, free.host
    from free cross join lateral (
        select targets.target_id, sources.obeys_robots
        from targets join sources using (source_id)
        where targets.host_id = free.host_id and targets.due_at <= now()
          and targets.state <> 'leased' and targets.lost_leases = 0
          and (targets.kind = 'robots' or sources.removed_at is null
               and (free.robots_known or not sources.obeys_robots))
          and (targets.source_id <> all (array(select subject from pauses_in_force where scope = 'source'))
               or targets.kind = 'robots' and exists (
                   select from targets as other
                   where other.host_id = free.host_id and other.due_at <= now() and other.kind <> 'robots'
                     and other.source_id <> all (
                         array(select subject from pauses_in_force where scope = 'source'))))
        order by targets.priority desc, targets.due_at
        limit least((select targets from share), case when free.delay <= interval '0' then %(max_targets)s
                   else greatest(1, floor(extract(epoch from %(host_time)s::interval)
                                          / extract(epoch from free.delay))) end)::int
        for no key update of targets skip locked
    ) as target
), put_off as (
    update hosts set ready_at = least(now() + (0.5 + random() / 2) * interval '1 minute', (
        select min(next.due_at)
        from level cross join lateral (
            select targets.due_at from targets
            where targets.host_id = hosts.host_id and targets.priority = level.priority
              and targets.due_at > now()
            order by targets.due_at limit 1) as next))
    where host_id in (select host_id from free) and host_id not in (select host_id from due)
    returning host_id
), leased as (
    update targets
    set state = 'leased', batch_id = %(batch)s, due_at = null
    from due
    where targets.target_id = due.target_id
    returning targets.target_id, targets.url, due.host, targets.kind, due.obeys_robots
)
select leased.*, null::bigint as put_off from leased
union all
select null, null, null, null, null, count(*) from put_off
"""

# Targets that went down with a worker are few, so their hosts are found by an index of these alone.
CLAIM_SUSPECTS = """
with free as materialized (
    select host_id, host, greatest(delay, robots_delay) + penalty as delay, robots_until > now() as robots_known
    from hosts
    where held_by is null and next_request_at <= now() + interval '2 seconds'
      and not exists (select from pauses_in_force where scope = 'everything')
      and host <> all (array(select subject from pauses_in_force where scope = 'host'))
      and host_id in (select host_id from targets
                      where lost_leases > 0 and least(lost_leases, 2) = %(lost_leases)s
                        and due_at <= now() and state <> 'leased')
    order by next_request_at
    limit %(max_hosts)s
    for no key update skip locked
), due as materialized (
    select targets.target_id, sources.obeys_robots, free.host
    from targets join free using (host_id) join sources using (source_id)
    where targets.lost_leases > 0 and least(targets.lost_leases, 2) = %(lost_leases)s
      and targets.due_at <= now() and targets.state <> 'leased'
      and (targets.kind = 'robots' or sources.removed_at is null
           and (free.robots_known or not sources.obeys_robots))
      and targets.source_id <> all (array(select subject from pauses_in_force where scope = 'source'))
    order by targets.priority desc, targets.due_at
    limit %(max_targets)s
    for no key update of targets skip locked
)
update targets
set state = 'leased', batch_id = %(batch)s, due_at = null
from due
where targets.target_id = due.target_id
returning targets.target_id, targets.url, due.host, targets.kind, due.obeys_robots
"""

HOLD_HOSTS = """
update hosts set held_by = %(batch)s where host = any(%(hosts)s)
"""

OPEN_BATCH = """
insert into batches (batch_id, trace_id, targets) values (%(batch)s, %(trace)s, %(targets)s)
"""

DISSOLVE_NARROW = """
update batches set state = 'empty', links_done_at = now(), articles_done_at = now()
where batch_id in (
    select batch_id from batches
    where state = 'ready'
      and (select count(*) from hosts where held_by = batches.batch_id) < %(hosts)s
      and not exists (select from targets where targets.batch_id = batches.batch_id and lost_leases > 0)
    for no key update skip locked)
returning batch_id
"""

LOCK_DISSOLVED_HOSTS = """
select from hosts where held_by = any(%(batches)s) order by host_id for no key update
"""

RETURN_DISSOLVED = """
update targets set state = case when archived_at is null then 'waiting' else 'archived' end,
                   batch_id = null, due_at = now()
where batch_id = any(%(batches)s)
"""

# Nobody has asked them meanwhile, so what they wait for has not changed.
FREE_DISSOLVED_HOSTS = """
update hosts set held_by = null, ready_at = now() where held_by = any(%(batches)s)
"""

LOCK_UNTAKEN_BATCH = """
select batch_id from batches where batch_id = %(batch)s and state = 'ready' for no key update
"""

WIDEN_BATCH = """
update batches set targets = targets + %(targets)s where batch_id = %(batch)s
"""

EXCLUDE_CLAIMED = """
update targets set state = 'excluded', reason = %(reason)s, batch_id = null, due_at = null
where batch_id = %(batch)s and target_id = any(%(ids)s)
"""

FREE_IDLE_HOSTS = """
update hosts set held_by = null
where held_by = %(batch)s and not exists (
    select from targets where targets.batch_id = %(batch)s and targets.host_id = hosts.host_id)
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
  and hosts.host_id = targets.host_id and hosts.robots_until <= now()
  and targets.host_id in (select host_id from targets where source_id = %(source)s)
"""

ASK_FOR_ROBOTS_OF_URL = """
update targets set due_at = now()
from hosts
where targets.kind = 'robots' and targets.state in ('archived', 'failed', 'waiting')
  and hosts.host_id = targets.host_id and hosts.robots_until <= now()
  and targets.host_id = (select host_id from targets where url_key = %(key)s::uuid)
"""

MAKE_URL_DUE = """
update targets set due_at = now() where url_key = %(key)s::uuid and state <> 'excluded'
"""

ROBOTS = """
select host, robots_status, robots_body, robots_until, robots_delay from hosts
where host = any(%(hosts)s) and robots_status <> 'unknown'
"""

KEEP_ROBOTS = """
update hosts
set robots_status = %(status)s, robots_body = %(body)s, robots_until = %(until)s, robots_delay = %(delay)s,
    ready_at = least(ready_at, now())
where host = %(host)s
"""

JUDGE_AGAIN = """
update targets set state = case when archived_at is null then 'waiting' else 'archived' end,
                   reason = null, due_at = now()
where host_id = (select host_id from hosts where host = %(host)s) and state = 'excluded' and reason = 'robots'
"""

LOCK_HELD_HOSTS = """
select from hosts where held_by = %(batch)s order by host_id for no key update
"""

# How a host is spared: it doubles when the host asks for that (429, 503), is as long as the host's answers
# take when these are slow, and halves with every batch that went well.
ADAPT = """
update hosts
set penalty = case
        when look.is_refused
            then least(interval '5 minutes', greatest(penalty * 2, delay, robots_delay, interval '1 second'))
        when look.seconds > 2
            then least(interval '1 minute', greatest(penalty / 2, look.seconds * interval '1 second'))
        when penalty < interval '0.1 seconds' then interval '0'
        else penalty / 2 end,
    next_request_at = greatest(next_request_at, look.not_before)
from (select targets.host_id, bool_or(status in (429, 503)) as is_refused,
             avg(seconds) filter (where status is not null) as seconds,
             max(fetched_at + least(retry_after, interval '1 day'))
                 filter (where retry_after is not null) as not_before
      from unnest(%(target_ids)s::bigint[], %(times)s::timestamptz[], %(statuses)s::smallint[],
                  %(seconds)s::real[], %(retries)s::interval[])
           as given(target_id, fetched_at, status, seconds, retry_after)
      join targets using (target_id)
      group by targets.host_id) as look
where hosts.host_id = look.host_id and held_by = %(batch)s
"""

# A host that only seems to have something due is put off again by the next claim. Claims reach two seconds ahead.
FREE_HOSTS = """
update hosts
set held_by = null,
    next_request_at = greatest(next_request_at, now() + greatest(delay, robots_delay) + penalty),
    ready_at = greatest(next_request_at, now() + greatest(delay, robots_delay) + penalty) - interval '2 seconds'
where held_by = %(batch)s
"""

LOCK_ASKED_HOSTS = """
select from hosts where held_by = %(batch)s and host = any(%(hosts)s) order by host_id for no key update
"""

# The delay counts from the last request, which was `ago` before this transaction began, or longer.
FREE_ASKED_HOSTS = """
update hosts
set held_by = null,
    penalty = case when penalty < interval '0.1 seconds' then interval '0' else penalty / 2 end,
    next_request_at = greatest(next_request_at, now() - ago + greatest(delay, robots_delay) + penalty),
    ready_at = greatest(next_request_at, now() - ago + greatest(delay, robots_delay) + penalty)
               - interval '2 seconds'
from unnest(%(hosts)s::text[], %(agos)s::interval[]) as asked(host, ago)
where hosts.host = asked.host and held_by = %(batch)s
"""

LOCK_HOSTS_OF_TARGETS = """
select from hosts where host_id in (select host_id from targets where target_id = any(%(ids)s))
order by host_id for no key update
"""

WAKE_HOSTS_OF_TARGETS = """
update hosts set ready_at = woken.due
from (select host_id, min(due_at) as due from targets
      where target_id = any(%(ids)s) and due_at is not null group by host_id) as woken
where hosts.host_id = woken.host_id and hosts.ready_at > woken.due
"""

LOCK_HOSTS_OF_SOURCE = """
select from hosts where host_id in (select host_id from targets where source_id = %(source)s)
order by host_id for no key update
"""

WAKE_HOSTS_OF_SOURCE = """
update hosts set ready_at = now()
where host_id in (select host_id from targets where source_id = %(source)s) and ready_at > now()
"""

WAKE_HOST_OF_URL = """
update hosts set ready_at = now()
where host_id = (select host_id from targets where url_key = %(key)s::uuid)
"""

SOURCE_OF = """
select source_id from targets where url_key = %(key)s::uuid
"""
