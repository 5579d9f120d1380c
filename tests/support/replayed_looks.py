"""A replayed history as the looks that an archive makes of it, delivered batch by batch in any order.

Pages are read by the real extraction; only the servers are left out. A page that stays the same is read once.
"""

import datetime as dt
import random
from collections.abc import Sequence
from functools import cache

from services.normalizer.chronicle import Chronicle
from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction
from services.normalizer.reading import page_context
from services.normalizer.sightings import Sighting, sighting_of
from services.standalone.outlet.loopback import Request
from shared.ledger.batches import StoredCapture
from shared.ledger.frontier import TargetKind
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
