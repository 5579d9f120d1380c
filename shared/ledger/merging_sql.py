"""The statements that make two articles one, and two again."""

# What is about to move, as it is before the merge.
RECORD_MERGE = """
insert into article_merges (source_id, winner, loser, merged_by, reason, moved)
select w.source_id, w.article_id, l.article_id, %(by)s, %(reason)s, jsonb_build_object(
    'winner', to_jsonb(w),
    'loser', to_jsonb(l),
    'urls', (select coalesce(jsonb_agg(to_jsonb(u) order by u.url), '[]')
             from article_urls u where u.article_id = l.article_id),
    'revisions', (select coalesce(jsonb_agg(jsonb_build_object('revision_id', r.revision_id, 'number', r.number)
                                            order by r.number), '[]')
                  from revisions r where r.article_id = l.article_id),
    'edits', (select coalesce(jsonb_agg(e.edit_id order by e.edit_id), '[]')
              from edits e where e.article_id = l.article_id),
    'merged', (select coalesce(jsonb_agg(m.article_id order by m.article_id), '[]')
               from articles m where m.merged_into = l.article_id))
from articles w, articles l
where w.article_id = %(winner)s and l.article_id = %(loser)s
"""
MERGE_REVISIONS = """
with numbered as (
    select revision_id, row_number() over (order by article_id = %(loser)s, number)
           + (select max(number) from revisions where article_id = %(winner)s) as fresh
    from revisions where article_id = %(loser)s
)
update revisions set article_id = %(winner)s, number = numbered.fresh
from numbered where revisions.revision_id = numbered.revision_id
"""
MERGE_URLS = "update article_urls set article_id = %(winner)s where article_id = %(loser)s"
MERGE_EDITS = "update edits set article_id = %(winner)s where article_id = %(loser)s"
# What was merged into the loser before points at the winner too, so that one step always leads to the survivor.
MERGE_ARTICLE = """
update articles set merged_into = %(winner)s where article_id = %(loser)s or merged_into = %(loser)s
"""
COUNT_REVISIONS = """
update articles set revisions = (select count(*) from revisions
                                 where revisions.article_id = articles.article_id and folded_into is null)
where article_id = any(%(articles)s)
"""
MERGE = (RECORD_MERGE, MERGE_REVISIONS, MERGE_URLS, MERGE_EDITS, MERGE_ARTICLE, COUNT_REVISIONS)
"""All that makes two articles one, in this order."""

# An operator's verdict on a pair stands until an operator merges it again.
ARE_TOLD_APART = """
select unmerged_at is not null as apart from article_merges
where (winner, loser) in ((%(first)s, %(second)s), (%(second)s, %(first)s))
order by merge_id desc limit 1
"""

MERGES = """
select merge_id, source_id, winner, loser, merged_at, merged_by, reason, unmerged_at, unmerged_by, unmerge_reason,
       moved -> 'winner' ->> 'title' as winner_title, moved -> 'loser' ->> 'title' as loser_title
from article_merges
where (%(article)s::text is null or winner = %(article)s or loser = %(article)s)
  and (%(merge)s::bigint is null or merge_id = %(merge)s)
order by merge_id desc limit %(limit)s
"""
ONE_MERGE = "select * from article_merges where merge_id = %(merge)s"
# What happened to either of the two after a merge, which has to be undone before it.
LATER_MERGES = """
select merge_id from article_merges
where merge_id > %(merge)s and unmerged_at is null and (winner = any(%(articles)s) or loser = any(%(articles)s))
order by merge_id desc
"""
NOTE_UNMERGED = """
update article_merges set unmerged_at = now(), unmerged_by = %(by)s, unmerge_reason = %(reason)s
where merge_id = %(merge)s
"""

# Revisions get numbers above all others first: two of them may be about to change places.
PARK_REVISIONS = """
update revisions set article_id = %(loser)s, number = number + 1000000000
where revision_id = any(%(moved)s) or (article_id = %(winner)s and url = any(%(urls)s))
"""
OLD_NUMBERS = """
update revisions set number = old.number
from jsonb_to_recordset(%(revisions)s) as old (revision_id bigint, number integer)
where revisions.revision_id = old.revision_id
"""
NEW_NUMBERS = """
with fresh as (
    select revision_id, row_number() over (order by number)
           + (select coalesce(max(number), 0) from revisions
              where article_id = %(loser)s and number <= 1000000000) as number
    from revisions where article_id = %(loser)s and number > 1000000000
)
update revisions set number = fresh.number from fresh where revisions.revision_id = fresh.revision_id
"""
MOVE_EDITS_BACK = """
update edits set article_id = %(loser)s
where edit_id = any(%(edits)s) or (article_id = %(winner)s and url = any(%(urls)s))
"""
MOVE_URLS_BACK = """
update article_urls set article_id = %(loser)s where article_id = %(winner)s and url = any(%(urls)s)
"""
MOVE_MERGED_BACK = """
update articles set merged_into = %(loser)s where merged_into = %(winner)s and article_id = any(%(merged)s)
"""
PART = "update articles set merged_into = null where article_id = %(loser)s"

# An address that showed what the other article says has that text as a revision of its own from now on.
BORROWED_REVISIONS = """
select u.url, u.revision_id, u.article_id,
       coalesce((select capture_id from captures c
                 where c.target_id = u.target_id and c.fetched_at <= u.last_seen_at
                   and c.article_outcome is not null and c.status = 200
                 order by c.fetched_at desc limit 1), r.capture_id) as capture_id
from article_urls u join revisions r using (revision_id)
where u.article_id = any(%(articles)s) and r.article_id <> u.article_id
order by u.url
"""
COPY_REVISION = """
insert into revisions (article_id, number, capture_id, url, seen_at, title, body, text_digest, identity_digest,
                       fields, search)
select %(article)s, (select max(number) + 1 from revisions where article_id = %(article)s), %(capture)s, %(url)s,
       u.last_seen_at, r.title, r.body, r.text_digest, r.identity_digest, r.fields, r.search
from revisions r, article_urls u
where r.revision_id = %(revision)s and u.url = %(url)s
returning revision_id
"""
POINT_URL = "update article_urls set revision_id = %(fresh)s where url = %(url)s"

# What an article shows follows its addresses: the newest revision of the one that was seen last, and their state.
STAND_ALONE = """
with own as (
    select bool_and(missing_since is not null) as all_missing, max(missing_since) as missing_since,
           max(last_seen_at) as last_seen_at
    from article_urls where article_id = %(article)s
), shown as (
    select u.revision_id, u.title from article_urls u where u.article_id = %(article)s
    order by u.revision_id = %(revision_id)s desc, u.last_seen_at desc, u.url limit 1
)
update articles a
set revision_id = coalesce(kept.revision_id, shown.revision_id),
    title = case when kept.revision_id is null then shown.title else %(title)s end,
    last_seen_at = own.last_seen_at,
    state = case when not own.all_missing and %(state)s in ('LIVE', 'RETURNED') then %(state)s
                 when not own.all_missing then 'LIVE'
                 when %(state)s not in ('LIVE', 'RETURNED') then %(state)s
                 when a.state not in ('LIVE', 'RETURNED') then a.state
                 else 'SUSPECT' end,
    state_since = case when not own.all_missing and %(state)s in ('LIVE', 'RETURNED')
                       then %(state_since)s::timestamptz
                       when own.all_missing and %(state)s not in ('LIVE', 'RETURNED')
                       then %(state_since)s::timestamptz
                       when own.all_missing and a.state not in ('LIVE', 'RETURNED') then a.state_since
                       else coalesce(own.missing_since, own.last_seen_at) end
from own, shown left join lateral (
    select r.revision_id from revisions r
    where r.revision_id = %(revision_id)s and r.article_id = %(article)s and r.folded_into is null
      and not exists (select from article_urls newer where newer.article_id = %(article)s
                      and newer.revision_id > r.revision_id)
) as kept on true
where a.article_id = %(article)s
"""
