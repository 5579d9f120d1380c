"""The statements of `shared.ledger.history`."""

DECIDE = """
update captures set article_outcome = %(outcome)s where capture_id = %(capture)s and article_outcome is null
"""

KNOWN_URL = """
select url, article_id, revision_id, title, text_digest, last_seen_at, misses, missing_since, missing_as,
       pictures
from article_urls
"""
URL = KNOWN_URL + " where url = %(url)s"
URLS = KNOWN_URL + " where article_id = %(article)s order by first_seen_at, url"

ARTICLE = """
select article_id, articles.source_id, key, state, articles.title, articles.revision_id, revisions,
       revisions.text_digest, first_seen_at
from articles join revisions using (article_id, revision_id)
where article_id = %(article)s
"""

ARTICLE_OF_KEY = """
select coalesce(merged_into, article_id) as article_id from articles
where source_id = %(source)s and key = %(key)s
"""

REVISION_COLUMNS = """
select revisions.revision_id, revisions.article_id, revisions.title, body, text_digest,
       fields ->> 'modified' as modified, seen_at, coalesce(fields ->> 'rules', '') as rules,
       fields ->> 'image' as image, fields -> 'pictures' as pictures,
       fields ->> 'published' as published, revisions.capture_id
from revisions
"""
REVISION = REVISION_COLUMNS + " where revision_id = %(revision)s"
REVISION_WITH_TEXT = (
    REVISION_COLUMNS
    + " where article_id = %(article)s and text_digest = %(digest)s and folded_into is null"
    + " order by revision_id desc limit 1"
)
REVISION_BEFORE = (
    REVISION_COLUMNS
    + """ where article_id = %(article)s and url = %(url)s and seen_at < %(at)s and folded_into is null
order by seen_at desc, number desc limit 1"""
)
REVISION_AFTER = (
    REVISION_COLUMNS
    + """ where article_id = %(article)s and url = %(url)s and seen_at > %(at)s and folded_into is null
order by seen_at, number limit 1"""
)
OF_IDENTITY = (
    REVISION_COLUMNS
    + """ join articles using (article_id)
where identity_digest = %(identity)s and source_id = %(source)s and folded_into is null
  and article_id is distinct from %(besides)s::text
order by articles.first_seen_at, revision_id limit 1"""
)

ADD_ARTICLE = """
insert into articles (article_id, source_id, key, state_since, url, title, published_at, first_seen_at,
                      last_seen_at)
values (%(article)s, %(source)s, %(key)s, %(seen)s, %(url)s, %(title)s, %(published_at)s, %(seen)s, %(seen)s)
"""

ADD_REVISION = """
insert into revisions (article_id, number, capture_id, url, seen_at, title, body, text_digest,
                       identity_digest, fields, search)
select %(article)s, coalesce(max(number), 0) + 1, %(capture)s, %(url)s, %(seen)s, %(title)s, %(body)s,
       %(digest)s, %(identity)s, %(fields)s, %(search)s::tsvector
from revisions where article_id = %(article)s
returning revision_id
"""

TELLS = """
select 1 as told from edits
join revisions before on before.revision_id = from_revision join revisions after on after.revision_id = to_revision
where edits.article_id = %(article)s and before.text_digest = %(before)s and after.text_digest = %(after)s
  and edits.url is distinct from %(besides)s::text limit 1
"""
DATE_BACK = """
update revisions set seen_at = %(seen)s, capture_id = %(capture)s where revision_id = %(revision)s
"""
DATE_EDIT_BACK = "update edits set seen_at = %(seen)s where to_revision = %(revision)s"
REPEAT_REVISION = """
insert into revisions (article_id, number, capture_id, url, seen_at, title, body, text_digest,
                       identity_digest, fields, search)
select r.article_id, (select max(number) + 1 from revisions where article_id = r.article_id), c.capture_id, c.url,
       c.fetched_at, r.title, r.body, r.text_digest, r.identity_digest, r.fields, r.search
from revisions r, article_urls u join captures c on c.target_id = u.target_id
where r.revision_id = %(revision)s and u.url = %(url)s and c.fetched_at = %(seen)s
order by c.capture_id limit 1
returning revision_id, article_id
"""
REPEAT_AT_URL = """
update article_urls set revision_id = %(fresh)s where url = %(url)s and revision_id = %(revision)s
"""
REPEAT_IN_ARTICLE = """
update articles set revision_id = %(fresh)s where article_id = %(article)s and revision_id = %(revision)s
"""

MAKE_CURRENT = """
update articles
set revision_id = %(revision)s, title = %(title)s, published = %(published)s,
    published_precision = %(precision)s, published_at = %(published_at)s, language = %(language)s
where article_id = %(article)s
"""

COUNT_REVISION = "update articles set revisions = revisions + 1 where article_id = %(article)s"

SEE_URL = """
insert into article_urls (url, article_id, source_id, target_id, first_seen_at, last_seen_at, revision_id,
                          title, text_digest, pictures)
values (%(url)s, %(article)s, %(source)s, %(target)s, %(seen)s, %(seen)s, %(revision)s, %(title)s, %(digest)s,
        %(pictures)s)
on conflict (url) do update
set last_seen_at = greatest(article_urls.last_seen_at, excluded.last_seen_at), revision_id = excluded.revision_id,
    title = excluded.title, text_digest = excluded.text_digest, pictures = excluded.pictures,
    misses = 0, missing_since = null, missing_as = null, missing_capture = null
"""

SEE_ARTICLE = """
update articles set last_seen_at = greatest(last_seen_at, %(seen)s), first_seen_at = least(first_seen_at, %(seen)s)
where article_id = %(article)s
"""

SEE_URL_EARLIER = """
update article_urls set first_seen_at = %(seen)s where url = %(url)s and first_seen_at > %(seen)s
"""
SEE_ARTICLE_EARLIER = """
update articles set first_seen_at = %(seen)s
where article_id = (select article_id from article_urls where url = %(url)s) and first_seen_at > %(seen)s
"""

MISS_URL = """
update article_urls
set misses = least(misses + 1, 1000), missing_since = coalesce(missing_since, %(seen)s), missing_as = %(as)s,
    missing_capture = %(capture)s
where url = %(url)s
"""

SET_STATE = """
update articles set state = %(state)s, state_since = %(since)s where article_id = %(article)s
"""

ADD_EVENT = """
insert into events (at, kind, source_id, article_id, capture_id, data)
values (%(at)s, %(kind)s, %(source)s, %(article)s, %(capture)s, %(data)s)
"""
