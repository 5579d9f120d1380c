"""The statements of `shared.ledger.reading_orders`."""

ADD = """
insert into reading_orders
       (order_id, source_id, begin_at, end_at, older_rules, rules, sample, definition, is_preview)
values (%(order)s, %(source)s, %(begin)s, %(end)s, %(older)s, %(rules)s, %(sample)s, %(definition)s, %(preview)s)
"""

GET = """
select order_id, source_id, begin_at, end_at, older_rules, rules, sample, definition, is_preview, state, stage,
       place, report, error, steps, total, bell_wanted
from reading_orders where order_id = %(order)s
"""

LOCK = "select pg_try_advisory_xact_lock(hashtextextended(%(order)s, 31)) as taken"

ADVANCE = """
update reading_orders
set stage = %(stage)s, place = %(place)s, report = %(report)s, steps = steps + 1,
    total = coalesce(%(total)s, total), bell_wanted = false,
    state = case when %(stage)s = 'done' then 'done' else state end
where order_id = %(order)s and state = 'open'
"""

FAIL = """
update reading_orders set state = 'failed', error = %(error)s
where order_id = %(order)s and state = 'open'
"""

WANT_BELL = "update reading_orders set bell_wanted = true where order_id = %(order)s and state = 'open'"

# What was left by a process that died before it had the outcome.
FORGET_OLD = "delete from reading_orders where ordered_at < now() - interval '30 days'"

FORGET = "delete from reading_orders where order_id = %(order)s"
