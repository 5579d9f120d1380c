"""The statements of `shared.ledger.schedule`, each with what it rests on."""

MEMORIES = """
select target_id, coalesce(unchanged_looks, 0) as unchanged_looks, moved_to,
       coalesce(moved_looks, 0) as moved_looks, coalesce(reason like 'unreadable: %%', false) as is_unreadable
from targets left join list_memories using (target_id)
where target_id = any(%(ids)s)
"""

REMEMBER = """
insert into list_memories (target_id, unchanged_looks, moved_to, moved_looks)
select * from unnest(%(ids)s::bigint[], %(unchanged)s::smallint[], %(moved_tos)s::text[], %(moved)s::smallint[])
on conflict (target_id) do update
set unchanged_looks = excluded.unchanged_looks, moved_to = excluded.moved_to, moved_looks = excluded.moved_looks
"""

END_LIST = """
update targets set state = 'excluded', reason = %(reason)s, due_at = null
where target_id = %(target)s and state in ('archived', 'failed', 'waiting')
"""

# A list has moved only when its new address is looked at as a list and has given a whole page before.
HAS_MOVED = """
select target_id from targets
where url_key = %(key)s::uuid and target_id <> %(target)s and kind in ('listing', 'feed', 'sitemap')
  and state in ('archived', 'leased', 'waiting') and last_capture_id is not null
"""

ADD_EVENT = """
insert into events (at, kind, source_id, capture_id, data)
values (%(at)s, %(kind)s, %(source)s, %(capture)s, %(data)s)
"""

PROPOSE_MOVE = """
insert into events (at, kind, source_id, capture_id, data)
select %(at)s, 'list_move_proposed', %(source)s, %(capture)s, %(data)s
where not exists (select from events where source_id = %(source)s and kind = 'list_move_proposed'
                    and data ->> 'url' = %(url)s and data ->> 'moved_to' = %(moved_to)s)
"""

NOTE_UNREADABLE = """
update targets set reason = noted.reason
from unnest(%(ids)s::bigint[], %(reasons)s::text[]) as noted(id, reason)
where targets.target_id = noted.id and targets.state = 'archived'
"""

REVIVE_LISTS = """
with revived as (
    update targets
    set state = case when archived_at is null then 'waiting' else 'archived' end, reason = null, due_at = now()
    where source_id = %(source)s and url_key = any(%(keys)s::uuid[]) and state = 'excluded'
      and reason in ('gone', 'moved')
    returning target_id
), forgotten as (
    delete from list_memories using revived where list_memories.target_id = revived.target_id
)
select target_id from revived
"""

EDITED = """
select distinct article_urls.target_id
from article_urls join edits on edits.article_id = article_urls.article_id and edits.template_id is null
where article_urls.url in (select url from targets where target_id = any(%(ids)s))
"""

# The order is random but the same for everybody who asks on one day. The looks stand apart, so that a sample
# comes as no burst. A second call on a day finds the source sampled and does nothing.
SAMPLE = """
with sampled as (
    update sources set sampled_on = %(day)s
    where source_id = %(source)s and removed_at is null and sampled_on is distinct from %(day)s
    returning source_id
), chosen as (
    select target_id, row_number() over (order by hashint8extended(target_id, %(seed)s)) as place
    from targets join sampled using (source_id)
    where targets.kind = 'article' and targets.state = 'archived'
    order by place
    limit %(count)s
)
update targets
set due_at = least(coalesce(due_at, 'infinity'), now() + (chosen.place - 1) * %(apart)s::interval)
from chosen
where targets.target_id = chosen.target_id
"""

UNPROBED = """
select min(targets.url) as url
from targets
where targets.source_id = %(source)s and targets.kind = 'article' and targets.state = 'archived'
  and not exists (
      select from targets as probe
      where probe.source_id = targets.source_id and probe.kind = 'probe' and probe.host_id = targets.host_id)
group by targets.host_id
order by url
"""

EDITED_SINCE = """
select distinct targets.target_id, targets.source_id, targets.archived_at, targets.looked_at
from edits join article_urls using (article_id) join targets using (target_id)
where edits.seen_at >= %(since)s and edits.template_id is null and targets.state = 'archived'
  and targets.archived_at is not null and targets.looked_at is not null
order by targets.target_id
"""

BRING_FORWARD = """
update targets set due_at = plan.due
from unnest(%(ids)s::bigint[], %(dues)s::timestamptz[]) as plan(id, due)
where targets.target_id = plan.id and targets.state = 'archived'
  and (targets.due_at is null or targets.due_at > plan.due)
"""
