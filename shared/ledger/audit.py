"""The audit: who ordered what and what came of it, in a chain of digests that shows when a row was touched.

A row's digest covers the row before it (`SHA-256(previous + LF + entry)`), and its entry carries its own number.
So a row that is changed, dropped or moved is named by `breaks`. The digest of the newest row stands for all of
them: whoever keeps it outside can tell that even the whole table was not written anew.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.encoding import dump_json, load_json
from shared.ledger.database import Database, Row

__all__ = ["Audit", "AuditHead", "AuditRow", "Break"]

_FIRST = "0" * 64
_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One row: what happened, in the words in which it was chained."""

    number: int
    entry: Mapping[str, Any]
    digest: str

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return {**self.entry, "number": self.number, "digest": self.digest}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """How long the chain is and the digest of its last row, which stands for all of it."""

    number: int
    digest: str

    @property
    def text(self) -> str:
        """Return it as a word that can be kept elsewhere."""
        return f"{self.number}:{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A place where the chain does not hold."""

    number: int
    kind: str
    """changed | dropped | moved"""
    detail: str

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return {"number": self.number, "kind": self.kind, "detail": self.detail}


class Audit:
    """Adds to the chain, reads it and checks it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, *, actor: str, action: str, event: str, job_id: str | None, detail: Mapping[str, Any]
    ) -> AuditHead:
        """Add a row and return the new head. Writers wait for each other: a chain has one end.

        Args:
            actor: Who: `token:…`, or `command:` and the account on the machine.
            action: The name of what was ordered.
            event: ordered | succeeded | failed | cancelled.
            job_id: The job, where there is one.
            detail: What was asked for, or what came of it. Never a secret.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        with self._database.transaction() as transaction:
            head = transaction.row("select number, digest from audit_head for update")
            assert head is not None
            number = int(head["number"]) + 1
            entry = canonical(
                {
                    "number": number,
                    "at": datetime.now(UTC).isoformat(timespec="microseconds"),
                    "actor": actor,
                    "action": action,
                    "event": event,
                    "job": job_id,
                    "detail": load_json(dump_json(dict(detail))),
                }
            )
            arguments = {
                "number": number,
                "entry": entry,
                "previous": head["digest"],
                "digest": chained(head["digest"], entry),
            }
            transaction.run(_ADD, arguments)
            transaction.run("update audit_head set number = %(number)s, digest = %(digest)s", arguments)
        return AuditHead(number=number, digest=str(arguments["digest"]))

    def head(self) -> AuditHead:
        """Return where the chain ends."""
        with self._database.transaction() as transaction:
            row = transaction.row("select number, digest from audit_head")
        assert row is not None
        return AuditHead(number=int(row["number"]), digest=row["digest"])

    def page(self, limit: int, *, before: int | None = None) -> list[AuditRow]:
        """Return rows, the newest first, those before a number if one is given."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(_NEWEST, {"limit": limit, "before": before})
        return [_audit_row(row) for row in rows]

    def breaks(self, expected: AuditHead | None = None) -> Iterator[Break]:
        """Yield each place where the chain does not hold, in its order.

        Args:
            expected: A head that was kept elsewhere, to be found unchanged in the chain.
        """
        number, digest, is_named = 0, _FIRST, False
        kept = None
        for row in self._all():
            yield from _gap(number + 1, row["number"])
            # A row that was named already says nothing about the one after it.
            found = _judge(row, digest, follows=row["number"] == number + 1 and not is_named)
            if found is not None:
                yield found
            number, digest = row["number"], row["digest"]
            is_named = found is not None and found.number == number
            if expected is not None and number == expected.number:
                kept = digest
        head = self.head()
        yield from _gap(number + 1, head.number + 1)
        if head.number == number and head.digest != digest:
            yield Break(
                number=number, kind="changed", detail="the last row is not the one that was added last"
            )
        if expected is not None and kept != expected.digest:
            detail = "the row is not the one whose digest was kept"
            yield Break(number=expected.number, kind="changed" if kept else "dropped", detail=detail)

    def _all(self) -> Iterator[Row]:
        after = 0
        while True:
            with self._database.transaction() as transaction:
                rows = transaction.rows(_ALL, {"after": after, "limit": _PAGE})
            yield from rows
            if len(rows) < _PAGE:
                return
            after = rows[-1]["number"]


def canonical(entry: Mapping[str, Any]) -> str:
    """Return an entry as JSON in one form only: keys in order, no blanks, characters as they are."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).replace("\\u0000", "")


def chained(previous: str, entry: str) -> str:
    """Return the digest of a row: of the digest before it, a line feed, and its entry."""
    return hashlib.sha256(f"{previous}\n{entry}".encode()).hexdigest()


def _judge(row: Row, before: str, *, follows: bool) -> Break | None:
    """Tell what is wrong with one row, which stands after a row with the digest `before`."""
    number = row["number"]
    if chained(row["previous"], row["entry"]) != row["digest"]:
        detail = "its entry is not the one that its digest was made of"
        return Break(number=number, kind="changed", detail=detail)
    said = _said_number(row["entry"])
    if said != number:
        detail = f"here stands the row that was added as number {said}"
        return Break(number=number, kind="moved", detail=detail)
    if follows and row["previous"] != before:
        detail = f"row {number} was added after another row {number - 1} than the one that stands there"
        return Break(number=number - 1, kind="changed", detail=detail)
    return None


def _gap(expected: int, found: int) -> Iterator[Break]:
    for number in range(expected, found):
        yield Break(number=number, kind="dropped", detail="there is no row with this number")


def _said_number(entry: str) -> object:
    try:
        said = load_json(entry)
    except ValueError:
        return None
    return said.get("number") if isinstance(said, dict) else None


def _audit_row(row: Row) -> AuditRow:
    try:
        entry = load_json(row["entry"])
    except ValueError:
        entry = {"unreadable": row["entry"]}
    return AuditRow(number=row["number"], entry=entry, digest=row["digest"])


_ADD = """
insert into audit (number, entry, previous, digest)
values (%(number)s, %(entry)s, %(previous)s, %(digest)s)
"""

_NEWEST = """
select number, entry, digest from audit
where %(before)s::bigint is null or number < %(before)s
order by number desc limit %(limit)s
"""

_ALL = """
select number, entry, previous, digest from audit where number > %(after)s order by number limit %(limit)s
"""
