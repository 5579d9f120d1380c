"""The statements of `shared.ledger.jobs`."""

# Of any number of equal orders at once one inserts; the others wait for it and then find it.
ORDER = """
insert into jobs (job_id, action, arguments, dry_run, actor, place, idempotency_key)
values (%(id)s, %(action)s, %(arguments)s, %(dry_run)s, %(actor)s, %(place)s, %(key)s)
on conflict (actor, idempotency_key) where idempotency_key is not null do nothing
returning job_id, action, arguments, dry_run, actor, place, state, done, total, findings, errors, result, attempts,
          queued_at, started_at, finished_at, cancel_asked_at
"""

BY_KEY = """
select job_id, action, arguments, dry_run, actor, place, state, done, total, findings, errors, result, attempts,
       queued_at, started_at, finished_at, cancel_asked_at,
       action = %(action)s and arguments = %(arguments)s and dry_run = %(dry_run)s as is_same
from jobs where actor = %(actor)s and idempotency_key = %(key)s
"""

GET = """
select job_id, action, arguments, dry_run, actor, place, state, done, total, findings, errors, result, attempts,
       queued_at, started_at, finished_at, cancel_asked_at
from jobs where job_id = %(id)s
"""

PAGE = """
select job_id, action, arguments, dry_run, actor, place, state, done, total, findings, errors, result, attempts,
       queued_at, started_at, finished_at, cancel_asked_at
from jobs
where (%(state)s::text is null or state = %(state)s)
  and (%(at)s::timestamptz is null or (queued_at, job_id) < (%(at)s, %(key)s))
order by queued_at desc, job_id desc limit %(limit)s
"""

WAITING = """
select job_id from jobs
where state = 'running' or (state = 'queued' and place = 'service')
order by queued_at limit 100
"""

LOCK = "select pg_try_advisory_xact_lock(hashtextextended(%(id)s, 15)) as taken"

# A command runs its own job once and nobody takes that over; a service's may be taken up again.
TAKE = """
update jobs set state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now()), done = 0
where job_id = %(id)s
  and (state = 'queued' or (state = 'running' and place = 'service' and attempts < %(most)s))
returning job_id, action, arguments, dry_run, actor, place, state, done, total, findings, errors, result, attempts,
          queued_at, started_at, finished_at, cancel_asked_at
"""

GIVE_UP = """
update jobs set state = 'failed', finished_at = now(), errors = %(errors)s
where job_id = %(id)s and state = 'running'
"""

ADVANCE = """
update jobs set done = %(done)s, total = coalesce(%(total)s, total), findings = %(findings)s
where job_id = %(id)s and state = 'running'
returning cancel_asked_at is not null as is_cancelled
"""

END = """
update jobs set state = %(state)s, finished_at = now(), result = %(result)s, errors = %(errors)s
where job_id = %(id)s
returning job_id, action, arguments, dry_run, actor, place, state, done, total, findings, errors, result, attempts,
          queued_at, started_at, finished_at, cancel_asked_at
"""

CANCEL = """
update jobs
set cancel_asked_at = coalesce(cancel_asked_at, now()),
    finished_at = case when state = 'queued' then now() else finished_at end,
    state = case when state = 'queued' then 'cancelled' else state end
where job_id = %(id)s and state in ('queued', 'running')
"""
