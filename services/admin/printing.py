"""Printing: JSON for programs, and articles and edits for people."""

import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape

from shared.encoding import dump_json
from shared.ledger.records import Article, Edit
from shared.logs import escape_controls

__all__ = ["print_article", "print_edit", "print_json", "print_json_lines"]


def print_json(value: object) -> None:
    """Print one value as one line of JSON."""
    sys.stdout.buffer.write(dump_json(value) + b"\n")
    sys.stdout.flush()


def print_json_lines(rows: Iterable[Any]) -> None:
    """Print one line of JSON for each row, as they come."""
    for row in rows:
        sys.stdout.buffer.write(dump_json(row) + b"\n")
    sys.stdout.flush()


def print_article(article: Article) -> None:
    """Print an article as it reads now, then what is known of its revisions."""
    page = Console(highlight=False)
    summary = article.summary
    page.print(f"[bold]{_plain(summary.title)}[/]")
    page.print(f"{summary.published or 'no date'} · {_plain(summary.source_name)} · {summary.state}")
    for url in summary.urls:
        page.print(_plain(url), style="dim")
    for edition in article.editions:
        told = f"in {edition.language or 'another language'}: {edition.title} ({edition.article_id})"
        page.print(_plain(told), style="dim")
    if article.current is not None:
        for paragraph in article.current.body:
            page.print()
            page.print(_plain(paragraph))
    for revision in article.revisions:
        page.print()
        capture = revision.capture
        page.print(
            f"revision {revision.number}, seen {revision.seen_at:%Y-%m-%d %H:%M:%S} UTC: "
            f"{capture.warc_key} at {capture.warc_offset}",
            style="dim",
        )


def print_edit(edit: Edit) -> None:
    """Print an edit: what went struck through, what came underlined."""
    page = Console(highlight=False)
    silent = "silent" if edit.silent else "announced"
    page.print(
        f"[bold]{_plain(edit.title_to)}[/] · {', '.join(edit.classes)} · {silent} · {edit.words_changed} words"
    )
    page.print(f"{edit.seen_at:%Y-%m-%d %H:%M} UTC {_plain(edit.url)}", style="dim")
    if edit.title_from != edit.title_to:
        _print_change(page, edit.title_from, edit.title_to)
    for change in edit.changes:
        _print_change(page, change.before, change.after)


def _print_change(page: Console, before: str, after: str) -> None:
    """Print what went and what came. The signs tell them apart where there are no colours."""
    if before:
        page.print(f"  − [red strike]{_plain(before)}[/]")
    if after:
        page.print(f"  + [green underline]{_plain(after)}[/]")


def _plain(text: str) -> str:
    return escape(escape_controls(text))
