"""The commands about webhooks: whom events are told to, and what came of it."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from services.admin.cli import Json, say, show, tools
from services.admin.endings import FAILED
from services.admin.printing import print_json
from services.admin.telling_cli import Since, known_source, moment_of
from services.admin.tools import Tools
from shared.errors import SettingsError
from shared.ledger.telling import KINDS
from shared.ledger.webhooks import Webhooks, new_secret
from shared.logs import escape_controls
from shared.messages import DeliverWebhooks
from shared.sources.addresses import is_private_url
from shared.urls import BadUrlError, canonical_url

__all__ = ["add_webhook_commands"]

webhook_commands = typer.Typer(no_args_is_help=True, help="Tell other programs what happens, signed.")

_TEST_SECONDS = 60.0


def add_webhook_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(webhook_commands, name="webhook")


@webhook_commands.command("add")
def webhook_add(
    url: Annotated[str, typer.Argument(help="Where to send it, http or https.")],
    *,
    kind: Annotated[list[str] | None, typer.Option("--kind", help=f"Only these: {', '.join(KINDS)}.")] = None,
    source: Annotated[list[str] | None, typer.Option("--source", "-s", help="Only of this source.")] = None,
    as_json: Json = False,
) -> None:
    """Tell an address what happens from now on. The secret that signs it is shown now and never again."""
    secret = new_secret()
    with tools() as kit:
        address = _allowed(kit, url)
        for one in source or ():
            known_source(kit, one)
        _known_kinds(kind or ())
        webhook_id = Webhooks(kit.database).add(address, secret, kinds=kind or (), source_ids=source or ())
    _show_secret(webhook_id, secret, as_json=as_json)


@webhook_commands.command("list")
def webhook_list(as_json: Json = False) -> None:
    """List the webhooks with their deliveries by how they stand."""
    with tools() as kit:
        rows = [one.as_json() for one in Webhooks(kit.database).all()]
    show(rows, as_json=as_json, columns=("id", "url", "waiting", "delivered", "dead", "rests_until"))


@webhook_commands.command("rotate")
def webhook_rotate(
    webhook_id: str,
    *,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Sign with the new secret alone.")] = False,
    as_json: Json = False,
) -> None:
    """Sign with a new secret too. Run it again with --drop-old when the receiver knows the new one."""
    secret = new_secret()
    with tools() as kit:
        Webhooks(kit.database).rotate(webhook_id, secret, keep_old=not drop_old)
    _show_secret(webhook_id, secret, as_json=as_json)


@webhook_commands.command("test")
def webhook_test(webhook_id: str, as_json: Json = False) -> None:
    """Send one delivery about nothing, and show what came of it."""
    with tools() as kit:
        ledger = Webhooks(kit.database)
        ledger.test(webhook_id, at=datetime.now(UTC))
        kit.actions.bus.publish(DeliverWebhooks(), urgent=True)
        found = _wait_for_try(ledger, webhook_id)
    last = found["tries"][-1] if found["tries"] else {"outcome": "not sent yet: is the archive running?"}
    if as_json:
        print_json(found)
    else:
        say(escape(escape_controls(f"{webhook_id}: {last['outcome']}")))
    if last["outcome"] != "delivered":
        raise typer.Exit(FAILED)


@webhook_commands.command("deliveries")
def webhook_deliveries(
    webhook_id: str,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many.")] = 50,
    as_json: Json = False,
) -> None:
    """List the last deliveries of a webhook, the newest first, each with its tries."""
    with tools() as kit:
        found = Webhooks(kit.database).deliveries(webhook_id, limit=limit)
    rows = [{**row, "last": row["tries"][-1]["outcome"] if row["tries"] else None} for row in found]
    show(rows, as_json=as_json, columns=("event", "kind", "article", "state", "attempts", "last", "due_at"))


@webhook_commands.command("replay")
def webhook_replay(webhook_id: str, *, since: Since = None, as_json: Json = False) -> None:
    """Send again what was given up; with --since, everything from then on."""
    with tools() as kit:
        count = Webhooks(kit.database).replay(webhook_id, since=moment_of(since))
        kit.actions.bus.publish(DeliverWebhooks(), urgent=True)
    if as_json:
        print_json({"id": webhook_id, "deliveries": count})
    else:
        say(f"{count} deliveries of {webhook_id} are sent again")


@webhook_commands.command("remove")
def webhook_remove(webhook_id: str, as_json: Json = False) -> None:
    """Tell a webhook nothing more. The log of its deliveries stays."""
    with tools() as kit:
        Webhooks(kit.database).remove(webhook_id)
    if as_json:
        print_json({"id": webhook_id, "removed": True})
    else:
        say(f"{webhook_id} is told nothing more")


def _allowed(kit: Tools, url: str) -> str:
    """Return the address in canonical form.

    Raises:
        SettingsError: it is none, or it is private. What a name means is judged again at every delivery.
    """
    try:
        address = canonical_url(url)
    except BadUrlError as error:
        raise SettingsError(f"{url!r} is no address to send to: {error}") from None
    if is_private_url(address, tuple(kit.actions.private_networks)):
        raise SettingsError(
            f"{address} is private or loopback. If this is meant, name its network in "
            "PRESSMARK_PRIVATE_NETWORKS (such as 127.0.0.0/8) before 'pressmark up' and here."
        )
    return address


def _known_kinds(kinds: Sequence[str]) -> None:
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise SettingsError(f"there is no kind {', '.join(unknown)}; there are {', '.join(KINDS)}")


def _show_secret(webhook_id: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": webhook_id, "secret": secret})
    else:
        say(f"{webhook_id}\nsecret: {secret}  (shown only now)")


def _wait_for_try(ledger: Webhooks, webhook_id: str) -> dict[str, Any]:
    """Return the newest delivery once it was tried, or as it stands when that takes too long."""
    until = time.monotonic() + _TEST_SECONDS
    while True:
        newest = ledger.deliveries(webhook_id, limit=1)[0]
        if newest["tries"] or time.monotonic() > until:
            return newest
        time.sleep(0.2)
