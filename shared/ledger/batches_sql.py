"""The statements of `shared.ledger.batches`, each with what it rests on."""

TAKE = """
update batches set state = 'fetching', lease_until = now() + %(lease)s
where batch_id = %(batch)s and state = 'ready'
returning trace_id
"""

# What was paused since the batch was made goes back, due as soon as the pause ends.
RETURN_PAUSED = """
update targets set state = case when archived_at is null then 'waiting' else 'archived' end,
                   batch_id = null, due_at = now()
where batch_id = %(batch)s and exists (
    select from pauses_in_force
    where scope = 'everything'
       or scope = 'source' and subject = targets.source_id
       or scope = 'host' and subject = (select host from hosts where hosts.host_id = targets.host_id))
"""

LEASED_TARGETS = """
select targets.target_id, targets.source_id, targets.url, hosts.host, targets.kind,
       greatest(hosts.delay, hosts.robots_delay) + hosts.penalty as delay,
       greatest(hosts.next_request_at, now()) - now() as wait, hosts.concurrency,
       targets.etag, targets.last_modified, referrers.url as via, targets.hops,
       case when sources.obeys_robots then 'obey' else 'ignore: ' || sources.robots_reason end as robots,
       nullif(sources.proxy, '') as proxy, targets.found_title, targets.found_date,
       previous.capture_id as previous_id, previous.record_id as previous_record, previous.url as previous_url,
       previous.fetched_at as previous_at, previous.payload_digest as previous_digest
from targets
join hosts using (host_id)
join sources using (source_id)
left join referrers using (referrer_id)
left join captures as previous on previous.capture_id = targets.last_capture_id
where targets.batch_id = %(batch)s and targets.state = 'leased'
order by targets.priority desc, targets.target_id
"""

COUNT_OPEN = """
select count(*) as open, count(*) filter (where state = 'ready') as untaken
from batches where state in ('ready', 'fetching')
"""

RENEW = """
update batches set lease_until = now() + %(lease)s where batch_id = %(batch)s and state = 'fetching'
"""

CLOSE = """
update batches set state = 'stored', lease_until = null, warc_key = %(key)s, warc_bytes = %(bytes)s,
                   stored_at = now(), rung_at = now()
where batch_id = %(batch)s and state = 'fetching'
"""

# The looks go over as JSON: the driver writes arrays value by value, in Python.
ADD_CAPTURES = """
insert into captures (batch_id, target_id, source_id, kind, url, fetched_at, status, reason, content_type,
                      redirect_to, payload_digest, record_id, warc_key, warc_offset, warc_length, revisit_of,
                      truncated, ip, seconds)
select %(batch)s, target_id, targets.source_id, targets.kind, targets.url, look.fetched_at, look.status,
       look.reason, look.content_type, look.redirect_to, look.payload_digest, look.record_id, %(key)s,
       look.warc_offset, look.warc_length, look.revisit_of, look.truncated, look.ip, look.seconds
from json_to_recordset(%(looks)s::json)
     as look(target_id bigint, fetched_at timestamptz, status smallint, reason text, content_type text,
             redirect_to text, payload_digest text, record_id text, warc_offset bigint, warc_length bigint,
             revisit_of bigint, truncated text, ip text, seconds real)
join targets using (target_id)
order by look.fetched_at, target_id
"""

# A target that was ever archived stays so: what a later look misses is told by `reason` and by its article.
# A list in which nothing could be read, and that says the same again, has not come back.
# A conditional request rests on the last whole payload, so only a good 200 moves the validators.
MOVE_TARGETS = """
update targets
set state = case when look.good or targets.archived_at is not null then 'archived' else 'failed' end,
    reason = case when not look.good then look.reason
                  when look.revisit_of is not null and targets.reason like 'unreadable: %%'
                  then targets.reason end,
    attempts = case when look.good then 0 else targets.attempts + 1 end,
    lost_leases = 0,
    batch_id = null,
    looked_at = look.fetched_at,
    archived_at = case when look.good then coalesce(targets.archived_at, look.fetched_at)
                       else targets.archived_at end,
    etag = case when look.good and look.status = 200 then look.etag else targets.etag end,
    last_modified = case when look.good and look.status = 200 then look.last_modified
                         else targets.last_modified end,
    last_capture_id = case when look.good and look.status = 200 and look.revisit_of is null
                           then captures.capture_id else targets.last_capture_id end
from json_to_recordset(%(looks)s::json)
     as look(target_id bigint, fetched_at timestamptz, status smallint, reason text, etag text,
             last_modified text, revisit_of bigint, good boolean)
join captures on captures.batch_id = %(batch)s and captures.target_id = look.target_id
where targets.target_id = look.target_id and targets.batch_id = %(batch)s
"""

RETURN_UNTOUCHED = """
update targets set state = case when archived_at is null then 'waiting' else 'archived' end,
                   batch_id = null, due_at = now()
where batch_id = %(batch)s
"""

GIVE_BACK_BATCH = """
update batches set state = 'lost', lease_until = null, links_done_at = now(), articles_done_at = now()
where batch_id = %(batch)s and state = 'fetching'
"""

GIVE_BACK_TARGETS = """
update targets set state = case when archived_at is null then 'waiting' else 'archived' end,
                   batch_id = null, due_at = now() + interval '15 seconds'
where batch_id = %(batch)s
"""

STORED = """
select trace_id, warc_key, links_done_at, articles_done_at, articles_tries from batches
where batch_id = %(batch)s and state = 'stored'
"""

STORED_CAPTURES = """
select captures.capture_id, captures.target_id, captures.source_id, captures.kind, hosts.host, captures.url,
       referrers.url as via, targets.hops, captures.fetched_at, captures.status, captures.reason,
       captures.redirect_to, captures.content_type, captures.record_id, captures.warc_offset, captures.warc_length,
       captures.revisit_of, captures.truncated, targets.attempts, targets.archived_at, targets.found_title,
       targets.found_date, captures.article_tries, captures.article_outcome
from captures join targets using (target_id) join hosts using (host_id) left join referrers using (referrer_id)
where captures.batch_id = %(batch)s
order by captures.capture_id
"""

LINKS_DONE = """
update batches set links_done_at = coalesce(links_done_at, now()) where batch_id = %(batch)s
"""

BEGIN_ARTICLES = """
update batches set articles_tries = articles_tries + 1, rung_at = now()
where batch_id = %(batch)s and state = 'stored' and articles_done_at is null
returning articles_tries
"""

# Those of the last hour only, which the index on the state and the last bell finds; and none that failed before,
# so that one broken batch does not hold up every other one.
UNREAD_BEFORE = """
select batches.batch_id from batches, batches own
where own.batch_id = %(batch)s and batches.state = 'stored' and batches.rung_at > now() - interval '1 hour'
  and batches.articles_done_at is null and batches.articles_tries < 2
  and (batches.stored_at, batches.batch_id) < (own.stored_at, own.batch_id)
order by batches.stored_at, batches.batch_id limit 500
"""

BEGIN_CAPTURE = """
update captures set article_tries = article_tries + 1 where capture_id = %(capture)s
"""

ARTICLES_DONE = """
update batches set articles_done_at = coalesce(articles_done_at, now()) where batch_id = %(batch)s
"""

LOSE = """
update batches set state = 'lost', lease_until = null, links_done_at = now(), articles_done_at = now()
where batch_id in (select batch_id from batches where state = 'fetching' and lease_until < now()
                   for update skip locked)
returning batch_id
"""

RETURN_LOST = """
update targets
set lost_leases = lost_leases + 1,
    batch_id = null,
    state = case when archived_at is not null then 'archived'
                 when lost_leases + 1 >= %(most)s then 'failed' else 'waiting' end,
    reason = case when lost_leases + 1 >= %(most)s then 'quarantined: its worker died each time' else reason end,
    due_at = case when lost_leases + 1 >= %(most)s then null else now() end
where batch_id = %(batch)s
"""

OVERDUE = """
update batches set rung_at = now()
where batch_id in (
    select batch_id from batches
    where rung_at < now() - %(silence)s::interval
      and (state = 'ready' or (state = 'stored' and (links_done_at is null or articles_done_at is null)))
    order by rung_at limit 500
    for update skip locked)
returning batch_id, trace_id, state = 'ready' as fetch,
          state = 'stored' and links_done_at is null as links,
          state = 'stored' and articles_done_at is null as articles
"""

LOCK_STAGE = """
select pg_try_advisory_xact_lock(hashtextextended(%(name)s, 0)) as taken
"""
