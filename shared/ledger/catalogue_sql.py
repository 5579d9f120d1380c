"""The statements of the catalogue. Keyset order is stated twice where an index needs the simple bound to begin."""

from typing import LiteralString

from shared.ledger.cursor import Cursor

SUMMARY_COLUMNS: LiteralString = """
    a.article_id, a.source_id, s.name as source_name, a.title, a.published, a.published_precision,
    a.published_at, a.language, a.url, a.state, a.state_since, a.revision_id,
    a.revisions, a.first_seen_at, a.last_seen_at,
    array(select u.url from article_urls u where u.article_id = a.article_id
          order by u.first_seen_at, u.url) as urls,
    coalesce((select left(concat_ws(' ', r.body->>0, r.body->>1, r.body->>2), 400)
              from revisions r where r.revision_id = a.revision_id), '') as excerpt
"""

SUMMARY: LiteralString = f"""
select {SUMMARY_COLUMNS} from articles a join sources s using (source_id)
"""  # noqa: S608  (made of constants of this module)

BY_DATE: LiteralString = " order by a.published_at desc, a.article_id limit %(limit)s"

_AFTER: LiteralString = """
    and a.published_at <= %(at)s and (a.published_at < %(at)s or a.article_id > %(key)s)
"""

SURVIVOR: LiteralString = "select a.article_id from articles a"

WHERE_SURVIVOR: LiteralString = """
where a.article_id = (
    with recursive merged (article_id, merged_into, steps) as (
        select article_id, merged_into, 0 from articles where article_id = %(article_id)s
        union all
        select n.article_id, n.merged_into, m.steps + 1
        from merged m join articles n on n.article_id = m.merged_into
        where m.steps < 20
    )
    select article_id from merged where merged_into is null
)
"""

# A key may stand with an article that was merged away; its survivor tells the story now.
EDITIONS: LiteralString = """
where a.article_id in (
    select coalesce(other.merged_into, other.article_id)
    from articles mine join sources own on own.source_id = mine.source_id
         join articles other on other.key = mine.key and other.source_id <> mine.source_id
         join sources its on its.source_id = other.source_id and its.editions = own.editions
    where (mine.article_id = %(article_id)s or mine.merged_into = %(article_id)s)
      and mine.key like 'key:%%' and own.editions <> '')
order by a.language, a.published_at, a.article_id
limit 50
"""

_CAPTURE_COLUMNS: LiteralString = """
    c.capture_id, c.url, c.fetched_at, c.status, c.reason, c.payload_digest, c.warc_key, c.warc_offset,
    c.warc_length, c.record_id, c.redirect_to, c.revisit_of, c.truncated, c.article_outcome
"""

REVISIONS: LiteralString = f"""
select {_CAPTURE_COLUMNS}, r.revision_id, r.number, r.url as revision_url, r.seen_at, r.title, r.body,
    r.text_digest, r.fields
from revisions r join captures c using (capture_id)
where r.article_id = %(article_id)s and r.folded_into is null
order by r.seen_at, r.number
"""  # noqa: S608  (made of constants of this module)

URLS: LiteralString = """
select url, first_seen_at, last_seen_at, title, misses, missing_since, missing_as
from article_urls where article_id = %(article_id)s
order by first_seen_at, url
"""

CAPTURES_OF_ARTICLE: LiteralString = f"""
select {_CAPTURE_COLUMNS} from captures c
where c.target_id in (select u.target_id from article_urls u where u.article_id = %(article_id)s)
order by c.fetched_at desc, c.capture_id desc
limit %(limit)s
"""  # noqa: S608  (made of constants of this module)

# The looks that missed the article, since it was first missed if it still is, and those that an event of its
# state names. A look during an outage of the host missed nothing and is no evidence.
EVIDENCE: LiteralString = f"""
select listed.article_id, evidence.* from unnest(%(article_ids)s::text[]) as listed (article_id)
cross join lateral (
    select {_CAPTURE_COLUMNS} from captures c
    where c.capture_id in (
        select m.capture_id from article_urls u join captures m using (target_id)
        where u.article_id = listed.article_id and m.article_outcome in ('missing', 'missing_at_one_address')
            and (u.missing_since is null or m.fetched_at >= u.missing_since)
        union
        select e.capture_id from events e
        where e.article_id = listed.article_id and e.capture_id is not null
            and e.kind in ('article_suspect', 'article_removed', 'article_returned')
    )
    order by c.fetched_at, c.capture_id
    limit %(limit)s
) evidence
"""  # noqa: S608  (made of constants of this module)

EDITS: LiteralString = """
select e.edit_id, e.article_id, e.source_id, s.name as source_name, a.language, e.url, e.classes, e.silent,
    e.words_changed, e.seen_at, e.from_revision, e.to_revision, f.number as from_number, t.number as to_number,
    -- A title that only the template changed is not shown as changed.
    case when e.title_change is null and e.taken_back <> '[]' then t.title else f.title end as title_from,
    t.title as title_to, f.body as text_from, t.body as text_to, e.changes,
    array(select u.url from article_urls u where u.article_id = e.article_id
          order by u.first_seen_at, u.url) as urls
from edits e
join sources s using (source_id)
join articles a using (article_id)
join revisions f on f.revision_id = e.from_revision
join revisions t on t.revision_id = e.to_revision
"""

EDITS_AFTER: LiteralString = " and e.seen_at <= %(at)s and (e.seen_at < %(at)s or e.edit_id < %(edit_id)s)"

EDITS_BY_DATE: LiteralString = " order by e.seen_at desc, e.edit_id desc limit %(limit)s"

REMOVALS_AFTER: LiteralString = """
    and a.state_since <= %(at)s and (a.state_since < %(at)s or a.article_id > %(key)s)
"""

REMOVALS_BY_DATE: LiteralString = " order by a.state_since desc, a.article_id limit %(limit)s"

SOURCES: LiteralString = """
select s.source_id, s.name, s.language, s.home, s.obeys_robots, s.robots_reason, s.added_at, s.removed_at,
    coalesce(kept.articles, 0) as articles, coalesce(kept.removals, 0) as removals,
    coalesce(edited.edits, 0) as edits,
    kept.first_published_at, kept.last_published_at, kept.last_seen_at
from sources s
left join (
    select source_id, count(*) as articles, count(*) filter (where state = any(%(removed_states)s)) as removals,
        min(published_at) as first_published_at, max(published_at) as last_published_at,
        max(last_seen_at) as last_seen_at
    from articles where merged_into is null group by source_id
) kept using (source_id)
left join (
    select source_id, count(*) as edits from edits where template_id is null group by source_id
) edited using (source_id)
order by s.name, s.source_id
"""


def after_cursor(before: Cursor | None) -> LiteralString:
    """Return the condition that begins a list by date after `before`."""
    return "" if before is None else _AFTER
