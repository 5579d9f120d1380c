"""The statements of `shared.ledger.captured_urls`."""

from typing import LiteralString

# A 304 whose page we do not hold shows nothing, and a look that got no answer neither.
_COLUMNS: LiteralString = """
    c.capture_id, c.url, c.fetched_at, c.status, c.content_type,
    coalesce(c.payload_digest, o.payload_digest) as payload_digest, c.record_id, c.warc_key,
    c.warc_offset, c.warc_length, c.truncated, c.redirect_to, c.revisit_of,
    o.warc_key as original_key, o.warc_offset as original_offset, o.warc_length as original_length,
    o.status as original_status, o.content_type as original_type, o.truncated as original_truncated
"""
_ANSWERED: LiteralString = "c.status is not null and (c.status <> 304 or c.revisit_of is not null)"
_FROM: LiteralString = f"""
from captured_urls u join captures c using (target_id) left join captures o on o.capture_id = c.revisit_of
where {_ANSWERED}
"""

FORWARD: LiteralString = f"""
select u.surt, {_COLUMNS} {_FROM}
  and u.surt >= %(first_key)s and u.surt < %(end_key)s
  and c.fetched_at >= %(first)s and c.fetched_at < %(end)s
  and (%(at)s::timestamptz is null or u.surt > %(key)s
       or u.surt = %(key)s and (c.fetched_at, c.capture_id) > (%(at)s, %(id)s))
order by u.surt, c.fetched_at, c.capture_id limit %(limit)s offset %(skipped)s
"""

BACKWARD: LiteralString = f"""
select u.surt, {_COLUMNS} {_FROM}
  and u.surt >= %(first_key)s and u.surt < %(end_key)s
  and c.fetched_at >= %(first)s and c.fetched_at < %(end)s
  and (%(at)s::timestamptz is null or u.surt < %(key)s
       or u.surt = %(key)s and (c.fetched_at, c.capture_id) < (%(at)s, %(id)s))
order by u.surt desc, c.fetched_at desc, c.capture_id desc limit %(limit)s offset %(skipped)s
"""

# No more is counted than anybody will turn pages.
COUNT: LiteralString = f"""
select count(*) as number from (
    select {_FROM}
      and u.surt >= %(first_key)s and u.surt < %(end_key)s
      and c.fetched_at >= %(first)s and c.fetched_at < %(end)s
    limit %(most)s) as found
"""  # noqa: S608  (made of constants of this module)

# Of each target under a key as many as are wanted, straight from the index of its captures.
UP_TO: LiteralString = f"""
select u.surt, {_COLUMNS}
from captured_urls u cross join lateral (
    select * from captures c where c.target_id = u.target_id and c.fetched_at <= %(at)s and {_ANSWERED}
    order by c.fetched_at desc limit %(limit)s) as c
left join captures o on o.capture_id = c.revisit_of
where u.surt = %(key)s order by c.fetched_at desc, c.capture_id desc limit %(limit)s
"""  # noqa: S608  (made of constants of this module)

FROM: LiteralString = f"""
select u.surt, {_COLUMNS}
from captured_urls u cross join lateral (
    select * from captures c where c.target_id = u.target_id and c.fetched_at > %(at)s and {_ANSWERED}
    order by c.fetched_at limit %(limit)s) as c
left join captures o on o.capture_id = c.revisit_of
where u.surt = %(key)s order by c.fetched_at, c.capture_id limit %(limit)s
"""  # noqa: S608  (made of constants of this module)

BY_ID: LiteralString = f"""
select u.surt, {_COLUMNS} {_FROM} and c.capture_id = %(id)s
"""

OF_REVISIONS: LiteralString = f"""
select u.surt, {_COLUMNS} {_FROM}
  and c.capture_id in (select capture_id from revisions where article_id = %(article_id)s)
"""  # noqa: S608  (made of constants of this module)

IS_RECORD = """
select exists (
    select from captures where warc_key = %(key)s and warc_offset = %(offset)s and warc_length >= %(length)s
    union all
    select from sealed_parts as part join captures on captures.warc_key = part.sealed_key
        and captures.warc_offset = %(offset)s + part.part_offset and captures.warc_length >= %(length)s
    where part.part_key = %(key)s) as is_record
"""
