"""In which time zone each source writes, as its source file says."""

import tomllib
from collections.abc import Mapping
from typing import LiteralString
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.ledger.database import Database

__all__ = ["source_zones"]

_DEFINITIONS: LiteralString = "select source_id, definition from sources where definition like '%%timezone%%'"


def source_zones(database: Database) -> Mapping[str, ZoneInfo]:
    """Return the zones of the sources whose files name one, by the sources' ids."""
    with database.reading() as ledger:
        rows = ledger.rows(_DEFINITIONS, {})
    found = ((row["source_id"], _zone_of(row["definition"])) for row in rows)
    return {source_id: zone for source_id, zone in found if zone is not None}


def _zone_of(definition: str) -> ZoneInfo | None:
    try:
        name = tomllib.loads(definition).get("timezone")
        return ZoneInfo(name) if isinstance(name, str) else None
    except (tomllib.TOMLDecodeError, ZoneInfoNotFoundError, ValueError):
        return None
