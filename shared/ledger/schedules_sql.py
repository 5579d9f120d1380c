"""The statements of `shared.ledger.schedules`."""

from typing import LiteralString

ADD = """
insert into schedules (action, arguments, every, next_at, made_by)
values (%(action)s, %(arguments)s, %(every)s, coalesce(%(first)s, now() + %(every)s), %(by)s)
returning schedule_id
"""

_SELECT: LiteralString = """
select schedule_id, schedules.action, schedules.arguments, every, next_at, made_by, made_at, removed_at, last_at,
       last_job, last_passed, jobs.state as last_state
from schedules left join jobs on jobs.job_id = schedules.last_job
"""

GET: LiteralString = _SELECT + "where schedule_id = %(id)s"

ALL: LiteralString = _SELECT + "where removed_at is null order by next_at, schedule_id"

DUE: LiteralString = (
    _SELECT + "where removed_at is null and next_at <= now() order by next_at, schedule_id limit 100"
)

REMOVE = """
update schedules set removed_at = now(), removed_by = %(by)s where schedule_id = %(id)s and removed_at is null
"""

# The next due time keeps the rhythm. Those that went by while nobody looked are not made up for.
SETTLE = """
update schedules
set last_at = next_at, last_job = coalesce(%(job)s, last_job), last_passed = %(passed)s,
    next_at = next_at + every * (1 + floor(
        extract(epoch from now() - next_at) / extract(epoch from every)))
where schedule_id = %(id)s and next_at = %(due)s and removed_at is null
"""
