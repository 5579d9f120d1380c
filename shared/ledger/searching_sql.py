"""The statements of the search. They are put together of constants; what a reader typed is always an argument."""

from typing import LiteralString

from shared.ledger.catalogue_sql import SUMMARY_COLUMNS
from shared.search_query import SearchQuery

__all__ = ["OUTLINE", "PLANNING", "SHOWN", "STEPS", "matches"]

# The words decide, and the index of words knows them: without this the planner sometimes reads the whole table, or
# keeps a plan that was made for another word.
PLANNING: tuple[LiteralString, ...] = (
    "plan_cache_mode = force_custom_plan",
    "enable_seqscan = off",
    "jit = off",
)

OUTLINE: LiteralString = """
select is_marked, (select max(published_at) from articles where merged_into is null) as newest from search_index
"""

STEPS: LiteralString = """
select published_at from (
    select published_at, row_number() over (order by published_at desc) - 1 as place
    from articles where merged_into is null
) placed
where place > 0 and place %% %(step)s = 0 order by published_at desc
"""
"""The moments behind each so many articles, the newest first."""

SHOWN: LiteralString = f"""
select {SUMMARY_COLUMNS}, found.only_in_earlier,
    (select left(string_agg(paragraph, ' '), 20000)
     from revisions m cross join jsonb_array_elements_text(m.body) as paragraph
     where m.revision_id = found.matched) as matched_text
from unnest(%(articles)s::text[], %(matched)s::bigint[], %(only_in_earlier)s::boolean[])
         with ordinality as found (article_id, matched, only_in_earlier, place)
join articles a using (article_id) join sources s using (source_id)
order by found.place
"""  # noqa: S608  (made of constants)


def matches(query: SearchQuery, *, is_ranked: bool) -> LiteralString:
    """Return the statement that finds the articles of a stretch of time, the newest first.

    Rows have what is needed to list, count and rank, and the revision that matched: the present one if it did.
    """
    if not query.expression and not query.title_expression:
        return _NARROWED + _conditions(query) + _NEWEST_FIRST
    words: LiteralString = ""
    if query.expression:
        words += " and r.search @@ %(words)s::tsquery"
    if query.title_expression:
        words += " and ts_filter(r.search, '{a}') @@ %(title_words)s::tsquery"
    rank: LiteralString = "ts_rank(r.search, %(ranked)s::tsquery, 1)" if is_ranked else "0.0"
    having: LiteralString = (
        "having not bool_or(m.revision_id = a.revision_id)" if query.narrowing.only_earlier else ""
    )
    return f"""
with matching as materialized (
    select r.revision_id, r.article_id, {rank} as rank from revisions r where r.folded_into is null {words}
)
select a.article_id, a.published_at, a.source_id, a.language, max(m.rank) as rank,
    not bool_or(m.revision_id = a.revision_id) as only_in_earlier,
    coalesce(max(m.revision_id) filter (where m.revision_id = a.revision_id), max(m.revision_id)) as matched
from matching m join articles a using (article_id)
where {_conditions(query)}
group by a.article_id {having} {_NEWEST_FIRST}
"""  # noqa: S608  (made of constants of this module)


_NARROWED: LiteralString = """
select a.article_id, a.published_at, a.source_id, a.language, 0.0 as rank, false as only_in_earlier,
    null::bigint as matched
from articles a where
"""
_NEWEST_FIRST: LiteralString = " order by a.published_at desc, a.article_id limit %(limit)s"

_IN_LISTS: dict[str, LiteralString] = {
    "source_ids": " and a.source_id = any(%(source_ids)s)",
    "not_source_ids": " and a.source_id <> all(%(not_source_ids)s)",
    "languages": " and a.language = any(%(languages)s)",
    "not_languages": " and (a.language is null or a.language <> all(%(not_languages)s))",
}
_EDIT: LiteralString = (
    "exists (select from edits e where e.article_id = a.article_id and e.template_id is null"
)


def _conditions(query: SearchQuery) -> LiteralString:
    """Return what is asked of an article besides its words."""
    asked = query.narrowing
    where: LiteralString = """ a.merged_into is null
    and (%(floor)s::timestamptz is null or a.published_at >= %(floor)s)
    and (%(ceiling)s::timestamptz is null or a.published_at < %(ceiling)s)
    and (%(at)s::timestamptz is null or (a.published_at <= %(at)s
         and (a.published_at < %(at)s or a.article_id > %(key)s)))"""
    for name, condition in _IN_LISTS.items():
        if getattr(asked, name):
            where += condition
    if asked.removed is False:
        where += " and a.state <> all(%(removed_states)s)"
    elif asked.removed is not None:
        where += " and a.state <> 'LIVE' and a.state = any(%(removed_states)s)"
        if asked.removed is not True:
            where += " and a.state_since >= %(removed_since)s and a.state_since < %(removed_until)s"
    if asked.changed is False:
        where += f" and not {_EDIT})"
    elif asked.changed is True:
        where += f" and {_EDIT})"
    elif asked.changed is not None:
        where += f" and {_EDIT} and e.seen_at >= %(changed_since)s and e.seen_at < %(changed_until)s)"
    return where
