"""Evidence in a store and a ledger, made by the fetcher's own parts without a broker."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.fetcher.client import HttpClient
from services.fetcher.snapshots import Snapshots
from shared.candidates import candidate
from shared.clock import SystemClock
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.batches import Batches
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.frontier import ClaimLimits, Frontier, TargetKind
from shared.settings import EvidenceSettings
from tests.support.fetching import LOOPBACK_GATE, limits
from tests.support.ledger import accept, put_source
from tests.support.raw_server import RawServer, page, running_raw_server
from tests.support.servers import ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvidence:
    """A ledger, a bucket of its own, and a server to take snapshots of."""

    database: Database
    evidence: EvidenceStore
    server: RawServer
    snapshots: Snapshots

    @property
    def index(self) -> EvidenceIndex:
        return EvidenceIndex(self.database)

    def serve(self, count: int, *, size: int = 400) -> list[str]:
        """Serve so many different pages and return their URLs."""
        return [
            self.server.url(f"/news/{number}", page(text_of(number, size), b"Content-Type: text/html; a=b"))
            for number in range(count)
        ]

    def look(self, urls: Sequence[str], *, source: str = "harbour", per_batch: int = 20) -> int:
        """Look at pages, in batches of so many, and return how many batches that took."""
        put_source(self.database, source)
        accept(self.database, [candidate(url, TargetKind.ARTICLE) for url in urls], source_id=source)
        frontier, batches = Frontier(self.database), 0
        frontier.make_due(source, [TargetKind.ARTICLE])
        limits = ClaimLimits(max_targets=per_batch)
        while (claim := frontier.claim(limits=limits, trace_id="t")) is not None:
            batch = self.snapshots.batches.open(claim.batch_id, lease=timedelta(seconds=30))
            assert batch is not None
            assert self.snapshots.take(batch) == len(batch.targets)
            frontier.plan_looks([(target.target_id, None) for target in batch.targets])
            self.snapshots.batches.links_done(batch.batch_id)
            self.snapshots.batches.articles_done(batch.batch_id)
            batches += 1
        return batches

    def rows(self, statement: str, **arguments: object) -> list[dict[str, Any]]:
        with self.database.transaction() as transaction:
            return transaction.rows(statement, arguments)  # type: ignore[arg-type]

    def run(self, statement: str, **arguments: object) -> None:
        with self.database.transaction() as transaction:
            transaction.run(statement, arguments)  # type: ignore[arg-type]

    def records(self) -> dict[str, bytes]:
        """The stored bytes of every capture by its record id, by the ledger's pointers."""
        pointers = self.rows("select record_id, warc_key, warc_offset, warc_length from captures")
        return {
            row["record_id"]: self.evidence.get_range(
                row["warc_key"], offset=row["warc_offset"], length=row["warc_length"]
            )
            for row in pointers
        }


def text_of(number: int, size: int = 400) -> bytes:
    return f"<html><title>Report {number}</title><p>".encode() + b"%d " % number * size + b"</p></html>"


@pytest.fixture
def stored(database: Database, s3: ObjectStore) -> Iterator[StoredEvidence]:
    """An empty ledger and bucket, and a server without pages."""
    settings = EvidenceSettings(
        endpoint=s3.endpoint,
        bucket=f"evidence-{uuid4().hex[:12]}",
        access_key=s3.access_key,
        secret_key=s3.secret_key,
        region=s3.region,
    )
    with storing_evidence(database, EvidenceStore(settings)) as stored:
        yield stored


@contextmanager
def storing_evidence(database: Database, evidence: EvidenceStore) -> Iterator[StoredEvidence]:
    """Yield what stores evidence in a ledger and a bucket, of a server without pages."""
    evidence.ensure_bucket()
    client = HttpClient(limits(), LOOPBACK_GATE)
    with running_raw_server() as server:
        yield StoredEvidence(
            database=database,
            evidence=evidence,
            server=server,
            snapshots=Snapshots(
                batches=Batches(database),
                evidence=evidence,
                client=client,
                settings=limits(),
                clock=SystemClock(),
                software="pressmark/test",
            ),
        )
    client.close()
