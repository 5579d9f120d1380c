"""A ledger for one test, and what is put into it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.candidates import candidate
from shared.ledger import Database
from shared.ledger.batches import CaptureRow, LeasedTarget
from shared.ledger.frontier import Candidate, Frontier, TargetKind
from shared.ledger.migrate import migrate
from shared.ledger.registry import Registry, SourceRow

NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
NO_DELAY = timedelta(0)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated ledger, empty."""
    database = Database(database_url, max_connections=4)
    migrate(database)
    yield database
    database.close()


def put_source(database: Database, source_id: str = "harbour", *, obeys_robots: bool = False) -> str:
    row = SourceRow(
        source_id=source_id,
        name=source_id.title(),
        language="en",
        home=f"http://{source_id}.example/",
        definition=f'id = "{source_id}"',
    )
    Registry(database).put(row, obeys_robots=obeys_robots, delay=NO_DELAY, concurrency=2)
    return source_id


def pages(count: int, *, host: str = "harbour.example") -> list[Candidate]:
    return [candidate(f"http://{host}/news/{number}", TargetKind.ARTICLE) for number in range(count)]


def accept(database: Database, candidates: list[Candidate], *, source_id: str = "harbour") -> int:
    return Frontier(database).accept(source_id, candidates, delay=NO_DELAY, concurrency=2)


def capture_of(target: LeasedTarget, *, place: int = 0, **changes: object) -> CaptureRow:
    values: dict[str, object] = {
        "target_id": target.target_id,
        "fetched_at": NOON + timedelta(seconds=place),
        "status": 200,
        "reason": None,
        "content_type": "text/html",
        "redirect_to": None,
        "etag": '"one"',
        "last_modified": None,
        "payload_digest": "sha256:" + "0" * 64,
        "record_id": f"<urn:uuid:{target.target_id}-{place}>",
        "warc_offset": place * 100,
        "warc_length": 100,
        "revisit_of": None,
        "truncated": None,
        "ip": "192.0.2.1",
        "seconds": 0.1,
        "is_good": True,
    }
    return CaptureRow(**(values | changes))  # type: ignore[arg-type]
