"""The commands about watches: what to look out for, and the alarms."""

from typing import Annotated

import typer
from rich.markup import escape

from services.admin.cli import Json, OfSource, say, show, tools
from services.admin.printing import print_json
from services.admin.telling_cli import Since, known_source, moment_of
from shared.ledger.watches import Alarm, Watches
from shared.logs import escape_controls

__all__ = ["add_watch_commands"]

watch_commands = typer.Typer(no_args_is_help=True, help="Names and phrases to look out for in every article.")

_KINDS = {
    "name_left": "left an article",
    "vanishing": "vanishes faster than the rest",
    "first_seen": "stands there for the first time",
    "fell_silent": "fell silent",
}


def add_watch_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(watch_commands, name="watch")
    app.command()(watches)


@watch_commands.command("add")
def watch_add(
    name: Annotated[str, typer.Argument(help="The name or phrase, in any script.")],
    *,
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--also",
            help="Another way to write it. Case, accents, simplified or traditional, North or "
            "South Korean spelling need none.",
        ),
    ] = None,
    source: Annotated[list[str] | None, typer.Option("--source", "-s", help="Only in this source.")] = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", "-l", help="Only in this language.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Watch for a name or a phrase. What is archived already is searched for it too, and for edits that cut it."""
    with tools() as kit:
        for one in source or ():
            known_source(kit, one)
        found = Watches(kit.database).add(
            name, others=also or (), source_ids=source or (), languages=language or ()
        )
    if as_json:
        print_json(found.as_json())
    else:
        say(escape(escape_controls(f"{found.watch_id} watches for {', '.join(found.spellings)}")))


@watch_commands.command("list")
def watch_list(as_json: Json = False) -> None:
    """List what is watched for, with the articles that ever held it and the alarms."""
    with tools() as kit:
        ledger = Watches(kit.database)
        rows = [{**one.as_json(), **ledger.counts(one.watch_id)} for one in ledger.all()]
    show(rows, as_json=as_json, columns=("id", "name", "sources", "languages", "ready", "articles", "alarms"))


@watch_commands.command("show")
def watch_show(watch_id: str, as_json: Json = False) -> None:
    """Show a watch with its spellings and its alarms."""
    with tools() as kit:
        ledger = Watches(kit.database)
        found = ledger.get(watch_id)
        alarms = [alarm.as_json() for alarm in ledger.alarms(watch_id=watch_id)]
        counts = ledger.counts(watch_id)
    if as_json:
        print_json({**found.as_json(), "articles": counts["articles"], "alarms": alarms})
        return
    say(escape(escape_controls(f"{', '.join(found.spellings)}: in {counts['articles']} articles")))
    show(alarms, as_json=False, columns=("at", "kind", "source", "article", "proof"))


@watch_commands.command("remove")
def watch_remove(watch_id: str, as_json: Json = False) -> None:
    """Watch for it no more. Its alarms stay."""
    with tools() as kit:
        Watches(kit.database).remove(watch_id)
    if as_json:
        print_json({"id": watch_id, "removed": True})
    else:
        say(f"{watch_id} is watched no more; its alarms stay")


def watches(
    *,
    source: OfSource = None,
    watch: Annotated[str | None, typer.Option("--watch", "-w", help="Only of this watch.")] = None,
    since: Since = None,
    as_json: Json = False,
) -> None:
    """List the alarms, the last raised first, each with its proof and its test."""
    with tools() as kit:
        known_source(kit, source)
        found = Watches(kit.database).alarms(watch_id=watch, source_id=source, since=moment_of(since))
        if as_json:
            show((alarm.as_json() for alarm in found), as_json=True, columns=())
            return
        for alarm in found:
            say(escape(escape_controls(_in_words(alarm))))


def _in_words(alarm: Alarm) -> str:
    words = f"{alarm.at:%Y-%m-%d %H:%M} UTC  {alarm.name}  {_KINDS[alarm.kind]}  {alarm.source_id}"
    if alarm.article_id is not None:
        words += f"  article {alarm.article_id}"
    proof = "; ".join(
        f"{name} {', '.join(map(str, found[:5]))}{' …' if len(found) > 5 else ''}"
        for name, found in alarm.proof.items()
        if isinstance(found, list) and found
    )
    figures = "; ".join(f"{name} {value}" for name, value in (alarm.statistics or {}).items())
    return "\n    ".join(line for line in (words, proof, figures) if line)
