"""What can be asked of an archive, and how its answers are read. Nothing here does I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypedDict, TypeVar, Unpack
from urllib.parse import quote, urlencode, urlsplit

from pydantic import ValidationError

from services.client import records
from services.client.errors import (
    ArchiveAwayError,
    BadQuestionError,
    NotKeptError,
    UnexpectedAnswerError,
)
from services.client.records import CoverageOfSource, Notice, Record

__all__ = [
    "Answered",
    "Narrowing",
    "Question",
    "Questions",
    "answer_of",
    "listed",
    "one_record",
    "retry_seconds",
]

Item = TypeVar("Item", bound=Record)
_LONGEST_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[Item]):
    """A list or a thing, by its address on the archive's host and the kind of its records."""

    address: str
    """Path and query."""
    kind: type[Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Generic[Item]):
    """One page of a list."""

    items: tuple[Item, ...]
    next: Question[Item] | None
    coverage: tuple[CoverageOfSource, ...] = field(default=())
    notices: tuple[Notice, ...] = field(default=())


class Narrowing(TypedDict, total=False):
    """What a list of edits or removals keeps to."""

    source: str | None
    language: str | None
    edit_class: str | None
    """Such as name, number, wording, sentence_removed, title."""
    silent: bool | None
    since: date | None
    """The first day, in UTC."""
    watch: str | None
    """The id of a watch."""


class Questions:
    """Every question by its name; both clients have a method for each."""

    @staticmethod
    def sources() -> Question[records.Source]:
        """Every outlet that is followed."""
        return _asked("/sources.json", records.Source)

    @staticmethod
    def latest(*, language: str | None = None) -> Question[records.ArticleSummary]:
        """All articles, the newest first."""
        return _asked("/latest.json", records.ArticleSummary, lang=language)

    @staticmethod
    def of_source(source: str, *, language: str | None = None) -> Question[records.ArticleSummary]:
        """The articles of one source, the newest first."""
        return _asked(f"/source/{_part(source)}.json", records.ArticleSummary, lang=language)

    @staticmethod
    def of_day(
        day: date, *, source: str | None = None, language: str | None = None
    ) -> Question[records.ArticleSummary]:
        """The articles of one day of UTC."""
        path = f"/day/{day.isoformat()}.json"
        return _asked(path, records.ArticleSummary, source=source, lang=language)

    @staticmethod
    def search(query: str) -> Question[records.Hit]:
        """Articles by their words and operators, the newest first."""
        return _asked("/search.json", records.Hit, q=query)

    @staticmethod
    def edits(**narrowed: Unpack[Narrowing]) -> Question[records.Edit]:
        """What was reworded, the last seen first."""
        return _asked("/edits.json", records.Edit, **_narrowing(narrowed))

    @staticmethod
    def removals(**narrowed: Unpack[Narrowing]) -> Question[records.Removal]:
        """What was taken down, the last seen first."""
        return _asked("/removals.json", records.Removal, **_narrowing(narrowed))

    @staticmethod
    def watches() -> Question[records.Watch]:
        """What is watched for."""
        return _asked("/watches.json", records.Watch)

    @staticmethod
    def alarms(watch: str) -> Question[records.Alarm]:
        """What one watch, by its id or name, has noticed."""
        return _asked(f"/watches/{_part(watch)}.json", records.Alarm)

    @staticmethod
    def coverage(source: str) -> Question[records.CoverageDay]:
        """The last days of a source: what was expected, found and archived."""
        return _asked(f"/coverage/{_part(source)}.json", records.CoverageDay)

    @staticmethod
    def article(article_id: str) -> Question[records.Article]:
        """One article with every wording."""
        return _asked(f"/article/{_part(article_id)}.json", records.Article)


def answer_of(status: int, body: Any) -> Mapping[str, Any]:  # noqa: ANN401  (JSON)
    """Return the object of a good answer.

    Raises:
        NotKeptError: nothing of this name is kept.
        BadQuestionError: a value means nothing to the archive.
        ArchiveAwayError: it cannot answer just now.
        UnexpectedAnswerError: it is no answer of an archive.
    """
    said = body.get("error") if isinstance(body, dict) else None
    sentence = said if isinstance(said, str) else f"the answer was {status}"
    if status == 200 and isinstance(body, dict):
        return body
    if status == 404:
        raise NotKeptError(sentence)
    if status == 400:
        raise BadQuestionError(sentence)
    if status == 429 or status >= 500:
        raise ArchiveAwayError(sentence)
    raise UnexpectedAnswerError(f"{sentence}; is this the address of an archive's pages?")


def listed(question: Question[Item], body: Mapping[str, Any]) -> Answered[Item]:
    """Read a page of a list.

    Raises:
        UnexpectedAnswerError: the shape is not one that this client knows.
    """
    try:
        following = body.get("next")
        return Answered(
            items=tuple(question.kind.model_validate(one) for one in body["items"]),
            next=None if following is None else _following(question, following),
            coverage=tuple(CoverageOfSource.model_validate(one) for one in body.get("coverage", ())),
            notices=tuple(Notice.model_validate(one) for one in body.get("notices", ())),
        )
    except (KeyError, TypeError, ValidationError) as error:
        raise _unknown_shape(question, error) from error


def one_record(question: Question[Item], body: Mapping[str, Any]) -> Item:
    """Read one thing.

    Raises:
        UnexpectedAnswerError: the shape is not one that this client knows.
    """
    try:
        return question.kind.model_validate(body)
    except ValidationError as error:
        raise _unknown_shape(question, error) from error


def retry_seconds(header: str | None, attempt: int) -> float:
    """Return how long to wait after an answer that asks to come again; `Retry-After` in seconds is kept to."""
    if header is not None and header.isascii() and header.isdigit():
        return min(float(header), _LONGEST_WAIT_SECONDS)
    return min(0.5 * 2.0**attempt, _LONGEST_WAIT_SECONDS)


def _following(question: Question[Item], address: str) -> Question[Item]:
    """Return the next page, which is on the host that was asked and nowhere else."""
    split = urlsplit(address)
    if split.scheme or split.netloc or not address.startswith("/"):
        raise UnexpectedAnswerError(f"the next page is said to be elsewhere: {address[:200]!r}")
    return Question(address=address, kind=question.kind)


def _unknown_shape(question: Question[Any], error: Exception) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"{question.address} gave {question.kind.__name__} in a shape this client does not know; "
        f"is the archive of another version? ({type(error).__name__}: {str(error)[:300]})"
    )


def _narrowing(given: Narrowing) -> dict[str, str | None]:
    silent, since = given.get("silent"), given.get("since")
    return {
        "source": given.get("source"),
        "lang": given.get("language"),
        "class": given.get("edit_class"),
        "silent": None if silent is None else str(silent).lower(),
        "since": None if since is None else f"{since:%Y-%m-%d}",
        "watch": given.get("watch"),
    }


def _asked(path: str, kind: type[Item], **values: str | None) -> Question[Item]:
    query = urlencode({name: value for name, value in values.items() if value is not None})
    return Question(address=f"{path}?{query}" if query else path, kind=kind)


def _part(text: str) -> str:
    """Return text as one part of a path; a point or two would be taken for a way up."""
    if not text or set(text) == {"."}:
        raise BadQuestionError("an empty name names nothing; give the id as a list shows it")
    return quote(text, safe="")
