"""A small archive in five languages for a whole module: edits, removals, coverage, a watch with an alarm."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

from services.normalizer.watching import check_watches
from shared.candidates import candidate
from shared.ledger.database import Database
from shared.ledger.frontier import TargetKind
from shared.ledger.migrate import migrate
from shared.ledger.watches import Watches
from tests.support.catalogue_factory import CatalogueFactory
from tests.support.catalogue_samples import fill
from tests.support.ledger import accept

__all__ = ["add_coverage_and_alarms", "filled_ledger"]


@contextmanager
def filled_ledger(postgres_url: str) -> Iterator[tuple[Database, dict[str, str]]]:
    """Make a ledger of its own; yield it with the ids of the articles worth looking at by name."""
    name = f"reader_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        database = Database(postgres_url.rpartition("/")[0] + f"/{name}")
        try:
            migrate(database)
            yield database, fill(CatalogueFactory(database))
        finally:
            database.close()
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def add_coverage_and_alarms(database: Database) -> None:
    """Let the lists of one source answer, answer with nothing, and not answer; watch a name that was cut."""
    now = datetime.now(UTC)
    source, listing = "naenara-en", "http://naenara-en.example/list"
    accept(database, [candidate(listing, TargetKind.LISTING)], source_id=source)
    factory = CatalogueFactory(database)
    looks = []
    for days, status in ((3, 200), (2, 200), (1, 503)):
        _, capture = factory.capture(source, listing, at=now - timedelta(days=days), status=status)
        looks.append(capture)
    with database.transaction() as ledger:
        ledger.run("update captures set kind = 'listing' where capture_id = any(%(ids)s)", {"ids": looks})
        ledger.run("update sources set added_at = %(at)s", {"at": now - timedelta(days=3)})
    Watches(database).add("Marrek Oduvan", others=["마레크 오두반"])
    check_watches(Watches(database))
