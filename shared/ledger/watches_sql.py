"""The statements of `shared.ledger.watches`. An article is in a watch's scope by its source and its language."""

from typing import LiteralString

from shared.ledger.event_order import AFTER_PLACE, IN_ORDER

ONE_AT_A_TIME: LiteralString = "select pg_advisory_xact_lock(hashtextextended('watches', 1))"

_COLUMNS: LiteralString = """
watch_id, name, spellings, expression, source_ids, languages, added_at, filled_at, removed_at
"""

PUT: LiteralString = f"""
insert into watches (watch_id, name, spellings, expression, source_ids, languages)
values (%(watch)s, %(name)s, %(spellings)s, %(expression)s, %(sources)s, %(languages)s)
on conflict (watch_id) do update
set spellings = excluded.spellings, expression = excluded.expression, removed_at = null,
    filled_at = case when watches.expression = excluded.expression and watches.removed_at is null
                     then watches.filled_at end
returning {_COLUMNS}
"""  # noqa: S608  (made of constants of this module)

ALL: LiteralString = f"select {_COLUMNS} from watches where removed_at is null order by added_at, watch_id"  # noqa: S608
ONE: LiteralString = f"select {_COLUMNS} from watches where watch_id = %(watch)s"  # noqa: S608  (as above)
REMOVE: LiteralString = (
    "update watches set removed_at = now() where watch_id = %(watch)s and removed_at is null"
)
COUNTS: LiteralString = """
select (select count(*) from watch_mentions m join articles a using (article_id)
        where m.watch_id = %(watch)s and a.merged_into is null) as articles,
       (select count(*) from watch_alarms where watch_id = %(watch)s) as alarms
"""

PLACE: LiteralString = """
insert into event_readers (reader) values ('watches') on conflict (reader) do update set reader = 'watches'
returning written_in::text, event_id, newest_at
"""
MOVE_ON: LiteralString = """
update event_readers
set written_in = %(written_in)s::xid8, event_id = %(event_id)s, newest_at = greatest(newest_at, %(newest_at)s)
where reader = 'watches'
"""
NEWS: LiteralString = f"""
select e.event_id, e.written_in::text, e.at, e.kind, e.source_id, e.article_id from events e
where {AFTER_PLACE} {IN_ORDER} limit %(limit)s
"""  # noqa: S608  (made of constants)

_IN_SCOPE: LiteralString = """
    (cardinality(%(sources)s::text[]) = 0 or a.source_id = any(%(sources)s))
    and (cardinality(%(languages)s::text[]) = 0 or a.language = any(%(languages)s))
"""

# Without the articles this goes over the index of all texts: once for each watch.
_NOTE: LiteralString = f"""
insert into watch_mentions (watch_id, article_id, source_id, revision_id)
select %(watch)s, a.article_id, a.source_id, min(r.revision_id)
from revisions r join articles a using (article_id)
where r.search @@ %(expression)s::tsquery and a.merged_into is null and {_IN_SCOPE}
"""  # noqa: S608  (made of constants of this module)
_NOTED: LiteralString = """
group by a.article_id, a.source_id
on conflict do nothing returning article_id, source_id, revision_id
"""
NOTE_ALL: LiteralString = _NOTE + _NOTED
NOTE_OF: LiteralString = _NOTE + " and r.article_id = any(%(articles)s)" + _NOTED
FILLED: LiteralString = "update watches set filled_at = now() where watch_id = %(watch)s"

_DEPARTURES: LiteralString = f"""
select e.edit_id, e.article_id, e.source_id, e.url, f.seen_at as held_from, t.seen_at as held_until,
       f.revision_id as from_revision, t.revision_id as to_revision,
       f.capture_id as from_capture, t.capture_id as to_capture, t.title
from edits e join articles a using (article_id)
join revisions f on f.revision_id = e.from_revision
join revisions t on t.revision_id = e.to_revision
where f.search @@ %(expression)s::tsquery and not t.search @@ %(expression)s::tsquery and {_IN_SCOPE}
"""  # noqa: S608  (made of constants of this module)
_IN_TIME: LiteralString = " order by t.seen_at, e.edit_id"
DEPARTURES_OF: LiteralString = _DEPARTURES + " and e.article_id = any(%(articles)s)" + _IN_TIME
_HELD_EVER: LiteralString = """
and e.article_id in (select article_id from watch_mentions where watch_id = %(watch)s)
"""
DEPARTURES_OF_ALL: LiteralString = _DEPARTURES + _HELD_EVER + _IN_TIME

# A capture that is read late may move the edit that took the name away; the two overlap and are one departure.
KNOWN_DEPARTURE: LiteralString = """
select alarm_id from watch_alarms
where watch_id = %(watch)s and kind = 'name_left'
  and (article_id = %(article)s
       or article_id in (select article_id from articles where merged_into = %(article)s))
  and held_from < %(until)s and held_until > %(from)s
limit 1
"""
REFINE_DEPARTURE: LiteralString = """
update watch_alarms set held_from = greatest(held_from, %(from)s), held_until = least(held_until, %(until)s),
    proof = case when %(from)s > held_from or %(until)s < held_until then %(proof)s else proof end
where alarm_id = %(alarm)s
"""

RAISE: LiteralString = """
insert into watch_alarms (watch_id, kind, source_id, article_id, at, held_from, held_until, occasion, proof,
                          statistics)
values (%(watch)s, %(kind)s, %(source)s, %(article)s, %(at)s, %(from)s, %(until)s, %(occasion)s, %(proof)s,
        %(statistics)s)
on conflict (watch_id, kind, occasion) do nothing
returning alarm_id
"""

MENTIONS_IN_SOURCE: LiteralString = """
select count(*) as mentions,
       (select count(*) from articles where source_id = %(source)s and merged_into is null) as articles
from watch_mentions where watch_id = %(watch)s and source_id = %(source)s
"""
FIRST_OF: LiteralString = """
select r.article_id, r.revision_id, r.capture_id, r.seen_at
from watch_mentions m join revisions r using (revision_id)
where m.watch_id = %(watch)s and m.source_id = %(source)s
order by r.seen_at, r.revision_id limit 1
"""

HOLDERS_AMONG: LiteralString = """
select distinct source_id from watch_mentions where watch_id = %(watch)s and article_id = any(%(articles)s)
"""
SOURCES_OF_MENTIONS: LiteralString = (
    "select distinct source_id from watch_mentions where watch_id = %(watch)s"
)

REMOVALS_TABLE: LiteralString = f"""
select count(*) as articles,
       count(*) filter (where held) as holders,
       count(*) filter (where gone) as removed,
       count(*) filter (where gone and held) as holders_removed,
       (array_agg(article_id order by article_id) filter (where gone and held))[:200] as removed_holders
from (
    select a.article_id, a.state = any(%(removed)s) as gone, m.article_id is not null as held
    from articles a left join watch_mentions m on m.watch_id = %(watch)s and m.article_id = a.article_id
    where a.source_id = %(source)s and a.merged_into is null and {_IN_SCOPE}
      and not (a.state = any(%(removed)s) and a.state_since <= %(since)s)
) at_risk
"""  # noqa: S608  (made of constants of this module)
CAPTURES_OF_REMOVALS: LiteralString = """
select capture_id from events where article_id = any(%(articles)s) and kind = 'article_removed'
  and capture_id is not null order by event_id desc limit 200
"""

SILENCE: LiteralString = f"""
with last_mention as (
    select a.article_id, a.published_at, a.first_seen_at from watch_mentions m join articles a using (article_id)
    where m.watch_id = %(watch)s and m.source_id = %(source)s and a.merged_into is null
    order by a.published_at desc, a.article_id limit 1
), counted as (
    select count(*) filter (where a.published_at > l.published_at) as after,
           count(*) filter (where a.published_at <= l.published_at) as upto,
           count(*) filter (where a.published_at <= l.published_at and exists (
               select from watch_mentions m where m.watch_id = %(watch)s and m.article_id = a.article_id)
           ) as holders
    from articles a cross join last_mention l
    where a.source_id = %(source)s and a.merged_into is null and {_IN_SCOPE}
      and a.published_at > l.published_at - %(window)s::interval
)
select last_mention.*, counted.* from last_mention cross join counted
"""  # noqa: S608  (made of constants of this module)

COUNT_FOUND: LiteralString = """
insert into watch_looks (watch_id, source_id, test, unlooked)
values (%(watch)s, %(source)s, 'silence', %(found)s)
on conflict (watch_id, source_id, test) do update set unlooked = watch_looks.unlooked + excluded.unlooked
returning unlooked
"""
LOOKS: LiteralString = """
insert into watch_looks (watch_id, source_id, test) values (%(watch)s, %(source)s, %(test)s)
on conflict (watch_id, source_id, test) do update set test = excluded.test
returning looks, since
"""
COUNT_LOOK: LiteralString = """
update watch_looks set looks = looks + 1, unlooked = 0
where watch_id = %(watch)s and source_id = %(source)s and test = %(test)s
"""
BEGIN_ANEW: LiteralString = """
update watch_looks set since = %(since)s
where watch_id = %(watch)s and source_id = %(source)s and test = %(test)s
"""

ALARMS: LiteralString = """
select alarm_id, watch_id, w.name, kind, source_id, article_id, at, raised_at, proof, statistics
from watch_alarms join watches w using (watch_id)
where (%(watch)s::text is null or watch_id = %(watch)s) and (%(source)s::text is null or source_id = %(source)s)
  and (%(since)s::timestamptz is null or at >= %(since)s) and alarm_id < %(before)s
order by alarm_id desc limit %(limit)s
"""
