"""How one source stands, for its operator: its lists with what is wrong with them, its traps, its imports."""

from dataclasses import asdict
from typing import Any

from services.admin.tools import Tools
from shared.ledger.field_watch import FieldStanding
from shared.ledger.imports import Imports
from shared.ledger.priorities import Priorities
from shared.ledger.status import ListStanding
from shared.sources import SourceFile

__all__ = ["advice_on", "source_standing"]


def source_standing(kit: Tools, source: SourceFile) -> dict[str, Any]:
    """Return all of it as `source show --json` prints it."""
    lists = kit.status.lists(source.id)
    return {
        "id": source.id,
        "name": source.name,
        "home": source.home,
        "precedence": str(Priorities(kit.database).of_source(source.id)),
        "lists": [asdict(one) | {"trouble": one.trouble, "advice": advice_on(one)} for one in lists],
        "fields": FieldStanding(kit.database).fields(source.id),
        "traps": kit.status.traps(source.id),
        "reasons": kit.status.failures(source.id),
        "imports": Imports(kit.database).all(source.id),
    }


def advice_on(one: ListStanding) -> str | None:
    """Say what an operator can do about a list; None when it is in order."""
    match one.trouble:
        case None:
            return None
        case "gone":
            return "the outlet says that it is gone; take it out of the source file, or add the file to try again"
        case "moved":
            return f"it is looked at under its new address {one.moved_to}; write that into the source file"
        case "moves":
            return (
                f"it redirects to {one.moved_to}, seen at {one.moved_looks} looks in a row. If that is another "
                "site, it is not asked unless the source file names it: write that address there, or a follow "
                "pattern for it"
            )
        case "fails":
            return f"{one.reason}, {max(1, one.failed_looks)} looks in a row; it is looked at again by itself"
        case reason:
            return reason
