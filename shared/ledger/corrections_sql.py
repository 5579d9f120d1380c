"""The statements of `shared.ledger.corrections`."""

from typing import LiteralString

STANDS = "select 1 as stands from articles where article_id = %(article)s and merged_into is null"

REVISIONS = """
select revision_id, article_id, number, capture_id, url, seen_at, title, body, text_digest, identity_digest, fields
from revisions where article_id = %(article)s and folded_into is null order by seen_at, number
"""

_CAPTURE_COLUMNS: LiteralString = """
select captures.capture_id, captures.target_id, captures.source_id, captures.kind, hosts.host, captures.url,
       null as via, targets.hops, captures.fetched_at, captures.status, captures.reason,
       captures.redirect_to, captures.content_type, captures.record_id, captures.warc_offset, captures.warc_length,
       captures.revisit_of, captures.truncated, targets.attempts, targets.archived_at, targets.found_title,
       targets.found_date, captures.article_tries, captures.article_outcome, captures.warc_key
from captures join targets using (target_id) join hosts using (host_id)
where captures.kind = 'article' and captures.status = 200 and captures.revisit_of is null
  and captures.truncated is null and captures.redirect_to is null
"""

# Looks that showed the article. A look that was taken for a miss stays one.
CAPTURES_OF_ARTICLES: LiteralString = f"""{_CAPTURE_COLUMNS}
  and article_outcome in ('found', 'alias', 'unchanged', 'revised', 'late')
  and (captures.target_id in (select target_id from article_urls where article_id = any(%(articles)s))
       or captures.capture_id in (select capture_id from revisions where article_id = any(%(articles)s)))
order by captures.fetched_at, captures.capture_id
"""  # noqa: S608  (made of constants of this module)

# What a page does not show is told by other outcomes.
_NOTHING_READ: LiteralString = """
  and (article_outcome in ('no_text', 'unreadable', 'not_html', 'bad_rule', 'empty', 'too_large')
       or article_outcome like 'failed: %%')
"""

# Looks at which nothing could be read.
UNREAD_CAPTURES: LiteralString = f"""{_CAPTURE_COLUMNS} {_NOTHING_READ}
  and captures.source_id = %(source)s and captures.capture_id > %(after)s
  and (%(begin)s::timestamptz is null or captures.fetched_at >= %(begin)s)
  and (%(end)s::timestamptz is null or captures.fetched_at < %(end)s)
  and (%(sample)s::int is null or captures.capture_id in (
        select capture_id from captures
        where source_id = %(source)s and kind = 'article' and status = 200 {_NOTHING_READ}
        order by capture_id desc limit %(sample)s::int))
order by captures.capture_id limit %(limit)s
"""  # noqa: S608  (made of constants of this module)

LAST_CAPTURE_OF_URL = (
    _CAPTURE_COLUMNS
    + " and captures.url = %(url)s and captures.source_id = %(source)s order by captures.fetched_at desc limit 1"
)

# One look at each of the articles that were looked at last.
SAMPLE: LiteralString = f"""{_CAPTURE_COLUMNS} and captures.capture_id in (
    select max(capture_id) from captures
    where source_id = %(source)s and kind = 'article' and status = 200 and revisit_of is null
      and truncated is null and redirect_to is null
    group by target_id order by max(capture_id) desc limit %(limit)s)
order by captures.capture_id desc
"""  # noqa: S608  (made of constants of this module)

ARTICLES: LiteralString = """
select article_id from articles
where source_id = %(source)s and merged_into is null and article_id > %(after)s
  and (not %(older)s or exists (
        select from revisions where revisions.article_id = articles.article_id and folded_into is null
          and coalesce(fields ->> 'rules', '') <> %(rules)s))
  and (%(read_by)s::text is null or exists (
        select from revisions where revisions.article_id = articles.article_id and folded_into is null
          and coalesce(fields ->> 'rules', '') = %(read_by)s))
  and (%(sample)s::int is null or article_id in (
        select recent.article_id from articles as recent
        where recent.source_id = %(source)s and recent.merged_into is null
        order by recent.published_at desc, recent.article_id limit %(sample)s::int))
  and ((%(begin)s::timestamptz is null and %(end)s::timestamptz is null) or exists (
        select from article_urls join captures using (target_id)
        where article_urls.article_id = articles.article_id
          and (%(begin)s::timestamptz is null or fetched_at >= %(begin)s)
          and (%(end)s::timestamptz is null or fetched_at < %(end)s)))
order by article_id limit %(limit)s
"""

COUNT: LiteralString = f"select count(*) as articles from ({ARTICLES}) as chosen"  # noqa: S608  (a constant of ours)

KEEP_READING = """
insert into revision_readings (revision_id, rules, title, body, text_digest, fields)
select revision_id, coalesce(fields ->> 'rules', ''), title, body, text_digest, fields
from revisions where revision_id = %(revision)s
"""
REPLACE = """
update revisions
set title = %(title)s, body = %(body)s, text_digest = %(digest)s, identity_digest = %(identity)s,
    fields = %(fields)s, search = %(search)s::tsvector
where revision_id = %(revision)s
"""

EDIT_INTO = """
select from_revision, to_revision, classes, words_changed, changes from edits where to_revision = %(revision)s
"""

FOLD = (
    "delete from edits where to_revision = %(revision)s",
    """update edits set from_revision = %(into)s
       where from_revision = %(revision)s and to_revision <> %(into)s""",
    "update article_urls set revision_id = %(into)s where revision_id = %(revision)s",
    """update articles set revision_id = %(into)s where revision_id = %(revision)s""",
    "update revisions set folded_into = %(into)s where revision_id = %(revision)s or folded_into = %(revision)s",
    """update articles set revisions = revisions - 1
       where article_id = (select article_id from revisions where revision_id = %(revision)s)""",
)

CORRECT_URL = """
update article_urls set revision_id = %(revision)s, title = %(title)s, text_digest = %(digest)s
where url = %(url)s and article_id = %(article)s
"""

JOINED_BY_TEXT = """
select distinct data ->> 'url' as url from events
where article_id = any(
        select article_id from articles where article_id = %(article)s or merged_into = %(article)s)
  and kind = 'alias_added' and data ->> 'by' = 'text'
"""

FORGET_URL = """
delete from article_urls where url = %(url)s and article_id = %(article)s
returning first_seen_at, last_seen_at, misses, missing_since, missing_as, missing_capture
"""
RESTORE_LOOKS = """
update article_urls
set first_seen_at = least(first_seen_at, %(first_seen_at)s),
    last_seen_at = greatest(last_seen_at, %(last_seen_at)s),
    misses = %(misses)s, missing_since = %(missing_since)s, missing_as = %(missing_as)s,
    missing_capture = %(missing_capture)s
where url = %(url)s
"""

REDECIDE = "update captures set article_outcome = %(outcome)s where capture_id = %(capture)s"

BEGIN = """
insert into rereadings (source_id, rules, scope) values (%(source)s, %(rules)s, %(scope)s)
on conflict (source_id, rules, scope) do update
set stage = case when rereadings.stage = 'done' then 'articles' else rereadings.stage end,
    place = case when rereadings.stage = 'done' then '' else rereadings.place end,
    report = case when rereadings.stage = 'done' then '{}' else rereadings.report end,
    started_at = case when rereadings.stage = 'done' then now() else rereadings.started_at end,
    finished_at = null
returning stage, place, report
"""
PROGRESS = """
select stage, place, report from rereadings
where source_id = %(source)s and rules = %(rules)s and scope = %(scope)s
"""
ADVANCE = """
update rereadings
set stage = %(stage)s, place = %(place)s, report = %(report)s,
    finished_at = case when %(stage)s = 'done' then now() end
where source_id = %(source)s and rules = %(rules)s and scope = %(scope)s
"""
