"""The commands about orders that are given again and again."""

from datetime import datetime
from typing import Annotated, Any

import typer

from services.admin.cli import DryRun, Json, carried_out, ordered, show, tell, tools
from services.admin.operating.catalogue import ACTIONS
from services.admin.operating.scheduling import AddSchedule, RemoveSchedule
from shared.errors import SettingsError
from shared.ledger.schedules import Schedules

__all__ = ["schedule_commands"]

schedule_commands = typer.Typer(no_args_is_help=True, help="Orders that are given again and again.")


@schedule_commands.command("add")
def schedule_add(
    order: Annotated[str, typer.Argument(help="The name of the order, such as source.crawl.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(help="What it asks for, as source=my-outlet; several of a field make a list."),
    ] = None,
    *,
    every: Annotated[str, typer.Option(help="From one due time to the next, such as 6h or 30d.")],
    first: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="When it is due first, in UTC."),
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Give an order again and again. A due time at which it is paused, or still at work, is passed over."""
    with tools() as kit:
        fields = _fields(order, arguments or [])
        action = ordered(AddSchedule, order=order, arguments=fields, every=every, first=first)
        tell(carried_out(kit, action, dry_run=dry_run), as_json=as_json or dry_run)


@schedule_commands.command("list")
def schedule_list(*, as_json: Json = False) -> None:
    """List the schedules, the next one first, with what came of the last due time."""
    with tools() as kit:
        rows = [one.as_json() for one in Schedules(kit.database).all()]
    columns = ("id", "order", "arguments", "every", "next_at", "last_at", "last_outcome", "last_job")
    show(rows, as_json=as_json, columns=columns)


@schedule_commands.command("remove")
def schedule_remove(number: int, *, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Give an order no more. What was ordered goes on."""
    with tools() as kit:
        done = carried_out(kit, ordered(RemoveSchedule, schedule=number), dry_run=dry_run)
    tell(done, as_json=as_json or dry_run)


def _fields(order: str, words: list[str]) -> dict[str, Any]:
    """Return words such as `source=my-outlet` as an order reads them."""
    known = ACTIONS[order].model_json_schema()["properties"] if order in ACTIONS else {}
    found: dict[str, Any] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise SettingsError(f"{word!r} names no field; write it as source=my-outlet")
        if known.get(name, {}).get("type") == "array":
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found
