"""A replayed history as the looks that an archive makes of it, delivered batch by batch in any order.

Pages are read by the real extraction; only the servers are left out. A page that stays the same is read once.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

from services.normalizer.chronicle import Chronicle
from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction
from services.normalizer.reading import page_context
from services.normalizer.sightings import Sighting, sighting_of
from services.standalone.outlet.loopback import Request
from shared.ledger.batches import StoredCapture
from shared.ledger.frontier import TargetKind
from shared.ledger.telling import KINDS
from shared.sources import SourceFile, load_source
from tests.support.publishers import ReplayPublisher
from tests.support.records import RecordsInMemory

SITE = "http://outlet.example"
HOST = f"{SITE}:80"
BATCH = 50
"""Addresses in one message. The real number is larger; smaller batches are mixed more thoroughly."""

Batch = tuple[Sighting, ...]


def batches_of(publisher: ReplayPublisher, looks: Sequence[dt.date], *, paths: set[str]) -> list[Batch]:
    """Return what the looks show at these addresses, in the order in which it happened."""
    source = load_source(publisher.source_text(SITE))
    read = cache(lambda path, _title, _body: _read(publisher, source, path))
    found: list[Batch] = []
    number = 0
    for look in looks:
        publisher.set_look(look)
        begun = dt.datetime.combine(look, dt.time(6), dt.UTC)
        shown: list[Sighting] = []
        for path, page in sorted(publisher._states[look].items()):
            if path not in paths:
                continue
            number += 1
            at = begun + dt.timedelta(seconds=len(shown))
            capture = _capture(path, at=at, number=number, target=hash(path))
            shown.append(sighting_of(capture, read(path, page.headline, page.body), source))
        found += [tuple(shown[first : first + BATCH]) for first in range(0, len(shown), BATCH)]
    return found


def _read(publisher: ReplayPublisher, source: SourceFile, path: str) -> Extraction:
    capture = _capture(path, at=dt.datetime.combine(publisher.look, dt.time(6), dt.UTC), number=0, target=0)
    body = publisher.respond(Request(method="GET", target=path, headers={})).body
    return extract(body, page_context(capture, source))


def _capture(path: str, *, at: dt.datetime, number: int, target: int) -> StoredCapture:
    return StoredCapture(
        capture_id=number,
        target_id=target,
        source_id="x",
        url=SITE + path,
        host=HOST,
        kind=TargetKind.ARTICLE,
        via=None,
        hops=0,
        fetched_at=at,
        status=200,
        reason=None,
        redirect_to=None,
        content_type="text/html",
        record_id=f"<urn:uuid:{number}>",
        warc_offset=0,
        warc_length=1,
        revisit_of=None,
        truncated=None,
        attempts=1,
        archived_at=at,
        found_title=None,
        found_date=None,
        article_tries=0,
        article_outcome=None,
    )


def delivered(batches: Sequence[Batch], source: SourceFile) -> RecordsInMemory:
    """Return the history that these batches leave, each handled as the normalizer handles a message."""
    records = RecordsInMemory()
    chronicle = Chronicle(records, source)
    decided: set[int] = set()
    for batch in batches:
        for look in batch:
            if look.capture_id not in decided:
                decided.add(look.capture_id)
                chronicle.see(look)
    return records


def mixed(batches: Sequence[Batch], seed: int) -> list[Batch]:
    """Return every batch twice, in an order that depends on the seed only."""
    order = [*batches, *batches]
    random.Random(seed).shuffle(order)
    return order


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a reader is told, whatever the ids and the order in which it was learned."""

    articles: frozenset[tuple[frozenset[str], str, str]]
    """Addresses, text and state."""
    texts: frozenset[tuple[frozenset[str], str]]
    edits: Counter[tuple[object, ...]]
    """Addresses, both texts, classes, whether silent."""
    events: Counter[tuple[str, frozenset[str]]]

    def besides(self, paths: AbstractSet[str]) -> "Told":
        """All of this but what is told of articles that have any of these addresses."""
        return Told(
            articles=frozenset(one for one in self.articles if not one[0] & paths),
            texts=frozenset(one for one in self.texts if not one[0] & paths),
            edits=Counter({one: n for one, n in self.edits.items() if not _paths(one[0]) & paths}),
            events=Counter({one: n for one, n in self.events.items() if not one[1] & paths}),
        )


def told_of(records: RecordsInMemory) -> Told:
    """Return what a history tells, articles by the paths of their addresses."""
    paths: dict[str, set[str]] = {}
    for known in records.known.values():
        paths.setdefault(known.article_id, set()).add(known.url.removeprefix(SITE))
    of = {article_id: frozenset(found) for article_id, found in paths.items()}
    return Told(
        articles=frozenset(
            (of[one], records.article(one).text_digest, records.article(one).state) for one in of
        ),
        texts=frozenset((of[text.article_id], text.text_digest) for text, _ in records.revisions.values()),
        edits=Counter(
            (
                of[article_id],
                records.revision(edit.from_revision).text_digest,
                records.revision(edit.to_revision).text_digest,
                tuple(edit.classes),
                edit.silent,
            )
            for article_id, edit in records.edits
        ),
        events=Counter(
            (event.kind, of[records.articles[event.article_id].merged_into or event.article_id])
            for event in records.events
            if event.kind in KINDS and event.article_id is not None
        ),
    )


def _paths(addresses: object) -> AbstractSet[str]:
    assert isinstance(addresses, frozenset)
    return addresses
