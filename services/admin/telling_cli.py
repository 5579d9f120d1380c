"""The commands that tell what happened: edits and removals, with what could be seen of the time they are from."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer

from services.admin.cli import Json, OfSource, say, show, tools
from services.admin.endings import notes
from services.admin.printing import print_edit, print_json_lines
from services.admin.tools import Tools
from shared.errors import NotFoundError
from shared.ledger.coverage import Coverage, Day, in_words
from shared.ledger.filters import Filters

__all__ = ["Since", "add_telling_commands", "known_source", "moment_of"]

Item = TypeVar("Item")

Since = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Seen then or later, in UTC."),
]
Language = Annotated[str | None, typer.Option("--language", "-l", help="Only in this language, such as en.")]
OfWatch = Annotated[
    str | None, typer.Option("--watch", "-w", help="Only of articles that hold this watch's name.")
]
EditClass = Annotated[
    str | None, typer.Option("--class", "-c", help="Only edits of this class, such as name.")
]
Silent = Annotated[
    bool | None, typer.Option("--silent/--announced", help="Only those the page did not own up to, or did.")
]
Suspects = Annotated[
    bool, typer.Option("--suspects", help="Also what is missing, but not for long enough yet.")
]
From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")]

_DAYS_SHOWN = 30


def add_telling_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (edits, removals, coverage):
        app.command()(command)


def edits(  # noqa: PLR0913  (the options of a command)
    *,
    source: OfSource = None,
    language: Language = None,
    edit_class: EditClass = None,
    silent: Silent = None,
    since: Since = None,
    watch: OfWatch = None,
    as_json: Json = False,
) -> None:
    """List the edits that were found, the last seen first, with the words that went and came."""
    only = Filters(
        language=language, edit_class=edit_class, silent=silent, since=moment_of(since), watch_id=watch
    )
    with tools() as kit:
        known_source(kit, source)
        found = _or_coverage(
            kit.catalogue.every_edit(source_id=source, only=only), kit, source, since=only.since
        )
        if as_json:
            print_json_lines(edit.as_json() for edit in found)
        else:
            for edit in found:
                print_edit(edit)


def removals(
    *,
    source: OfSource = None,
    language: Language = None,
    since: Since = None,
    watch: OfWatch = None,
    suspects: Suspects = False,
    as_json: Json = False,
) -> None:
    """List the articles that were taken down, or came back, with the looks that prove it."""
    only = Filters(language=language, since=moment_of(since), watch_id=watch)
    with tools() as kit:
        known_source(kit, source)
        found = kit.catalogue.every_removal(source_id=source, with_suspects=suspects, only=only)
        rows = (one.as_json() for one in _or_coverage(found, kit, source, since=only.since))
        show(rows, as_json=as_json, columns=("article", "state", "since", "url"))


def coverage(source_id: str, *, first: From = None, last: To = None, as_json: Json = False) -> None:
    """Show what was expected, found and archived of each day, and when a source was silent or we were blind."""
    with tools() as kit:
        days = _days(
            kit, source_id, first=first.date() if first else None, last=last.date() if last else None
        )
    if as_json:
        print_json_lines(day.as_json() for day in days)
        return
    columns = ("day", "verdict", "expected", "usual", "published", "found", "archived", "why not the rest")
    show(map(_row, days), as_json=False, columns=columns)
    say(in_words(source_id, days))


def known_source(kit: Tools, source_id: str | None) -> None:
    """Refuse a source that is not there: an empty list of it would look like a finding.

    Raises:
        NotFoundError: there is no such source.
    """
    if source_id is not None and all(one.source_id != source_id for one in kit.catalogue.sources()):
        raise NotFoundError(
            f"there is no source {source_id!r}; 'pressmark source list' shows those there are"
        )


def moment_of(since: datetime | None) -> datetime | None:
    """Return a time of the command line, which is in UTC, as such."""
    return None if since is None else since.replace(tzinfo=UTC)


def _or_coverage(
    found: Iterable[Item], kit: Tools, source_id: str | None, *, since: datetime | None
) -> Iterator[Item]:
    """Yield what was found; where it is nothing of a source, say what could be seen of it."""
    is_empty = True
    for one in found:
        is_empty = False
        yield one
    if is_empty and source_id is not None:
        days = _days(kit, source_id, first=since.date() if since else None, last=None)
        notes.print(f"nothing found; {in_words(source_id, days)}")


def _days(kit: Tools, source_id: str, *, first: date | None, last: date | None) -> list[Day]:
    ledger = Coverage(kit.database)
    begin, today = ledger.span(source_id)
    last = last or today
    first = first or max(begin, last - timedelta(days=_DAYS_SHOWN - 1))
    return ledger.days(source_id, first, last)


def _row(day: Day) -> dict[str, Any]:
    missing = [f"{count} {standing}" for standing, count in day.not_archived.items()]
    if day.serials_missing:
        missing.append(f"no article has the numbers {', '.join(day.serials_missing[:5])}")
    missing += [f"{count} looks failed: {reason}" for reason, count in day.failed_looks.items()]
    if day.cause is not None:
        missing.append(day.cause)
    return {**day.as_json(), "why not the rest": "; ".join(missing)}
