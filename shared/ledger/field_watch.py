"""What the pages of each source give, field by field: kept by the normalizer, shown to operators."""

from collections.abc import Mapping
from typing import Any

from shared.ledger.database import Database, Transaction, as_json

__all__ = ["FieldStanding", "keep_watch", "kept_watch"]


def kept_watch(transaction: Transaction, source_id: str) -> Mapping[str, Any]:
    """Return what is kept of a source; nothing for a new one."""
    row = transaction.row("select state from field_watch where source_id = %(source)s", {"source": source_id})
    return {} if row is None else dict(row["state"])


def keep_watch(transaction: Transaction, source_id: str, state: Mapping[str, Any]) -> None:
    """Keep what is known of a source."""
    transaction.run(_KEEP, {"source": source_id, "state": as_json(dict(state))})


class FieldStanding:
    """Reads how the fields of sources stand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def drifted(self) -> dict[str, list[str]]:
        """Return the fields that do not give what they gave, by source."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(_DRIFTED)
        return {row["source_id"]: row["fields"] for row in rows}

    def fields(self, source_id: str) -> list[dict[str, Any]]:
        """Return for each field of a source how often it was missing before, and on the last pages."""
        with self._database.transaction() as transaction:
            state = kept_watch(transaction, source_id)
        found = []
        for name, watch in state.get("fields", {}).items():
            recent = watch["recent"]
            found.append(
                {
                    "field": name,
                    "pages": round(watch["pages"]),
                    "failed_before": round(watch["failed"] / watch["pages"], 3) if watch["pages"] else None,
                    "failed_lately": round(sum(recent) / len(recent), 3) if recent else None,
                    "drifted": watch["drifted"],
                }
            )
        return found


_KEEP = """
insert into field_watch (source_id, state) values (%(source)s, %(state)s)
on conflict (source_id) do update set state = excluded.state, updated_at = now()
"""

_DRIFTED = """
select source_id, array_agg(watched.key order by watched.key) as fields
from field_watch cross join jsonb_each(state -> 'fields') as watched
where (watched.value ->> 'drifted')::boolean
group by source_id order by source_id
"""
