"""Watches: names and phrases that are looked for in every article, and the alarms they raised."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.encoding import dump_json
from shared.errors import NotFoundError
from shared.ledger import watches_sql as sql
from shared.ledger.database import Database
from shared.ledger.watch_pass import WatchPass
from shared.ledger.watch_records import Watch
from shared.watched_names import watch_expression

__all__ = ["Alarm", "Watch", "Watches"]

_ALARMS_AT_ONCE = 500
_LAST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What a watch has noticed, with what proves it."""

    alarm_id: int
    watch_id: str
    name: str
    kind: str
    source_id: str
    article_id: str | None
    at: datetime
    raised_at: datetime
    proof: dict[str, Any]
    statistics: dict[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """Return the alarm as exports show it."""
        return {
            "alarm": self.alarm_id,
            "watch": self.watch_id,
            "name": self.name,
            "kind": self.kind,
            "source": self.source_id,
            "article": self.article_id,
            "at": self.at,
            "raised_at": self.raised_at,
            "proof": self.proof,
            "statistics": self.statistics,
        }


class Watches:
    """The watches of one ledger.

    Every method may raise `TryAgainError`: the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        name: str,
        *,
        others: Sequence[str] = (),
        source_ids: Sequence[str] = (),
        languages: Sequence[str] = (),
    ) -> Watch:
        """Watch for a name in these sources and languages, or in all; the same again changes its spellings.

        Raises:
            SettingsError: a spelling has nothing that could be looked up.
        """
        spellings = list(dict.fromkeys([name, *others]))
        sources, tags = sorted(set(source_ids)), sorted({tag.lower() for tag in languages})
        arguments = {
            "watch": _id_of(name, sources, tags),
            "name": name,
            "spellings": spellings,
            "expression": watch_expression(spellings),
            "sources": sources,
            "languages": tags,
        }
        with self._database.transaction() as transaction:
            row = transaction.row(sql.PUT, arguments)
        assert row is not None
        return Watch.of(row)

    def all(self) -> list[Watch]:
        """Return all watches that were not removed."""
        with self._database.transaction() as transaction:
            return [Watch.of(row) for row in transaction.rows(sql.ALL)]

    def get(self, watch_id: str) -> Watch:
        """Return a watch.

        Raises:
            NotFoundError: there is none of this id.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(sql.ONE, {"watch": watch_id})
        if row is None:
            raise NotFoundError(
                f"there is no watch {watch_id!r}; 'pressmark watch list' shows those there are"
            )
        return Watch.of(row)

    def counts(self, watch_id: str) -> dict[str, int]:
        """Return how many articles held it and how many alarms it raised."""
        with self._database.transaction() as transaction:
            row = transaction.row(sql.COUNTS, {"watch": watch_id})
        return dict(row or {})

    def remove(self, watch_id: str) -> None:
        """Watch for it no more. Its alarms stay.

        Raises:
            NotFoundError: there is no such watch.
        """
        with self._database.transaction() as transaction:
            removed = transaction.run(sql.REMOVE, {"watch": watch_id})
        if not removed:
            raise NotFoundError(
                f"there is no watch {watch_id!r}; 'pressmark watch list' shows those there are"
            )

    def alarms(
        self, *, watch_id: str | None = None, source_id: str | None = None, since: datetime | None = None
    ) -> Iterator[Alarm]:
        """Yield alarms, the last raised first, in short reads."""
        before = _LAST_ID
        while True:
            arguments = {"watch": watch_id, "source": source_id, "since": since, "before": before}
            with self._database.transaction() as transaction:
                rows = transaction.rows(sql.ALARMS, {**arguments, "limit": _ALARMS_AT_ONCE})
            yield from (Alarm(**row) for row in rows)
            if len(rows) < _ALARMS_AT_ONCE:
                return
            before = rows[-1]["alarm_id"]

    @contextmanager
    def passing(self) -> Iterator[WatchPass]:
        """Open a pass over what has happened since the last one: all of it is written, or none.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        with self._database.transaction() as transaction:
            transaction.rows(sql.ONE_AT_A_TIME)
            yield WatchPass(transaction)


def _id_of(name: str, sources: Sequence[str], languages: Sequence[str]) -> str:
    """Return 8 letters and digits that depend on what is watched, and where."""
    digest = hashlib.sha256(dump_json([name, list(sources), list(languages)])).digest()
    return base64.b32encode(digest[:5]).decode().lower()
