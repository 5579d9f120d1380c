"""The statements of `shared.ledger.coverage`."""

from typing import LiteralString

SOURCE: LiteralString = """
select added_at, removed_at, (now() at time zone 'utc')::date as today from sources where source_id = %(source)s
"""

PUBLISHED: LiteralString = """
select substring(published from '^\\d{4}-\\d{2}-\\d{2}') as stated,
       (first_seen_at at time zone 'utc')::date as seen, count(*) as articles
from articles
where source_id = %(source)s and merged_into is null and published_at >= %(from)s and published_at < %(to)s
group by stated, seen
"""

LOOKS: LiteralString = """
select (fetched_at at time zone 'utc')::date as day, count(*) as looks,
       case when status in (200, 304) and truncated is null then 'good'
            when reason is not null then reason
            when truncated is not null then 'truncated'
            when status between 300 and 399 then 'redirected'
            else 'http_' || coalesce(status::text, 'none') end as outcome
from captures
where source_id = %(source)s and kind in ('listing', 'feed', 'sitemap')
  and fetched_at >= %(from)s and fetched_at < %(to)s
group by day, outcome
"""

FOUND: LiteralString = """
select (accepted_at at time zone 'utc')::date as day, count(*) as targets,
       case when state in ('archived', 'waiting', 'leased') then state
            else state || coalesce(': ' || reason, '') end as standing
from targets
where source_id = %(source)s and kind = 'article' and accepted_at >= %(from)s and accepted_at < %(to)s
group by day, standing
"""

ANNOUNCED: LiteralString = """
select left(found_date, 10) as stated, count(*) as targets
from targets
where source_id = %(source)s and kind = 'article' and found_date ~ '^\\d{4}-\\d{2}-\\d{2}'
  and left(found_date, 10) between %(from)s and %(to)s
group by stated
"""

KEYS: LiteralString = """
select key from articles
where source_id = %(source)s and key like 'key:%%' and published_at >= %(from)s and published_at < %(to)s
"""

LISTS: LiteralString = """
select distinct state || coalesce(': ' || reason, '') as standing from targets
where source_id = %(source)s and kind in ('listing', 'feed', 'sitemap') order by standing limit 5
"""
