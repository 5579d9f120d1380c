"""The command that proposes rules to read pages by: `source learn`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tomlkit
import typer
from rich.console import Console
from rich.markup import escape

from services.normalizer.fields import ExtractionError
from services.normalizer.reading import page_context
from services.normalizer.rule_examples import ExamplesError, read_examples
from services.normalizer.rules_learning import LearntPage, Lesson, Proposal, learn
from shared.encoding import dump_json
from shared.errors import NotFoundError, PressmarkError, RejectError, TryAgainError
from shared.evidence import EvidenceStore
from shared.http_message import DecodeError
from shared.ledger import Database
from shared.ledger.corrections import LocatedCapture, Rereadings
from shared.ledger.registry import Registry
from shared.logs import escape_controls
from shared.settings import LedgerSettings, StoreSettings, load
from shared.sources import SourceFile, load_source
from shared.warc_reading import exchange_at

__all__ = ["add_rules_commands", "article_section"]

FAILED, PARTLY, NOT_FOUND, TRY_LATER = 1, 3, 4, 75

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
notes = Console(stderr=True, highlight=False)


class RulesSettings(LedgerSettings, StoreSettings):
    """What these commands need to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesTools:
    """The ledger and the evidence."""

    database: Database
    evidence: EvidenceStore

    def source(self, source_id: str) -> SourceFile:
        """Return a source by its id."""
        return load_source(Registry(self.database).get(source_id).definition)


def add_rules_commands(source_commands: typer.Typer) -> None:
    """Add `learn` to the commands about sources."""

    @source_commands.command("learn")
    def source_learn(
        source_id: str,
        *,
        examples: Annotated[
            Path, typer.Option("--examples", help="Pages with their right answers: .toml, .json or .csv.")
        ],
        sample: Annotated[int, typer.Option(help="Stored pages to try the rules on.", min=0, max=500)] = 50,
        output: Annotated[
            Path | None, typer.Option("--output", "-o", help="Write the [article] section here.")
        ] = None,
        force: Annotated[bool, typer.Option("--force", help="Replace the file of --output.")] = False,
        as_json: Json = False,
    ) -> None:
        """Propose selectors from a few stored pages with their right answers, and try them on others."""
        with rules_tools() as kit:
            if output is not None and output.exists() and not force:
                raise ExamplesError(f"{output} exists; name another file, or replace it with --force")
            source = kit.source(source_id)
            lessons = _lessons(kit, source, examples)
            stored = Rereadings(kit.database).sample(source.id, sample)
            pages = [page for one in stored if (page := _page(kit, source, one)) is not None]
            proposal = learn(lessons, pages, source.article)
            section = article_section(proposal)
            if output is not None:
                _write(output, section)
        if as_json:
            _print_json(_as_json(proposal, section))
        else:
            _print_proposal(proposal, section, output)
        is_right = not proposal.missed and all(right == of for right, of in proposal.right.values())
        raise typer.Exit(0 if is_right else PARTLY)


def article_section(proposal: Proposal) -> str:
    """Return proposed rules as the [article] section of a source file."""
    rules = proposal.rules.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return tomlkit.dumps({"article": rules})


@contextmanager
def rules_tools() -> Iterator[RulesTools]:
    """Open the ledger and the store, and turn our errors into one line and an exit code."""
    database: Database | None = None
    try:
        settings = load(RulesSettings)
        database = Database(settings.database_url.get_secret_value(), max_connections=2)
        yield RulesTools(database=database, evidence=EvidenceStore(settings.evidence()))
    except PressmarkError as error:
        notes.print(f"[bold red]pressmark:[/] {escape(escape_controls(str(error)))}")
        code = NOT_FOUND if isinstance(error, NotFoundError) else FAILED
        raise typer.Exit(TRY_LATER if isinstance(error, TryAgainError) else code) from None
    finally:
        if database is not None:
            database.close()


def _lessons(kit: RulesTools, source: SourceFile, path: Path) -> list[Lesson]:
    lessons = []
    for example in read_examples(path):
        located = Rereadings(kit.database).page(source.id, example.url)
        page = None if located is None else _page(kit, source, located)
        if page is None:
            raise ExamplesError(
                f"{example.url} is not stored as a whole page of {source.id}; "
                "'pressmark archive URL --wait' stores it"
            )
        lessons.append(Lesson(learnt=page, example=example))
    return lessons


def _page(kit: RulesTools, source: SourceFile, located: LocatedCapture) -> LearntPage | None:
    capture = located.capture
    try:
        exchange = exchange_at(
            kit.evidence, located.warc_key, offset=capture.warc_offset, length=capture.warc_length
        )
        return LearntPage.of(exchange.body(), page_context(capture, source))
    except (ExtractionError, DecodeError, RejectError) as error:
        notes.print(f"{escape(escape_controls(capture.url))} is left out: {escape(str(error))}")
        return None


def _print_proposal(proposal: Proposal, section: str, output: Path | None) -> None:
    if output is None:
        typer.echo(section)
    for name, (right, of) in proposal.right.items():
        notes.print(f"{name}: right on {right} of {of} examples")
    for name in proposal.missed:
        notes.print(f"{name}: no stable selector is right on any example")
    for name, tried in proposal.sample.items():
        notes.print(
            f"{name}: found on {tried['found']} of {tried['pages']} stored pages, "
            f"on {tried['agree']} the same as without rules"
        )
        for one in tried["differing"]:
            notes.print(f"  {_plain(one['url'])}: {_plain(one['by_rules'])}, else {_plain(one['without'])}")
    if output is not None:
        notes.print(f"{escape(str(output))} is written; put it into the source file")


def _as_json(proposal: Proposal, section: str) -> dict[str, Any]:
    right = {name: {"right": right, "examples": of} for name, (right, of) in proposal.right.items()}
    rules = proposal.rules.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {
        "rules": rules,
        "right": right,
        "missed": proposal.missed,
        "sample": proposal.sample,
        "toml": section,
    }


def _write(path: Path, section: str) -> None:
    try:
        path.write_text(section, encoding="utf-8")
    except OSError as error:
        raise ExamplesError(f"{path} cannot be written ({error.strerror})") from None


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(dump_json(value) + b"\n")
    sys.stdout.flush()


def _plain(value: object) -> str:
    return escape(escape_controls("nothing" if value is None else str(value)))
