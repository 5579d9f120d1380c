"""The client for programs that wait for each answer."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, Unpack

import httpx

from services.client import records
from services.client.asking import Asking, away, read
from services.client.questions import Answered, Narrowing, Question, Questions, listed, one_record
from services.client.records import Record

__all__ = ["Archive", "Results"]

Item = TypeVar("Item", bound=Record)
_ATTEMPTS = 4


class Results(Generic[Item]):
    """A list that is read page by page while it is gone through. It can be gone through again."""

    def __init__(self, question: Question[Item], ask: Callable[[Question[Item]], Answered[Item]]) -> None:
        self._question = question
        self._ask = ask
        self._first: Answered[Item] | None = None

    def __iter__(self) -> Iterator[Item]:
        """Yield every item; each page is asked for when it is needed.

        Raises:
            ArchiveError: a page could not be read.
        """
        page = self.first()
        while True:
            yield from page.items
            if page.next is None:
                return
            page = self._ask(page.next)

    def first(self) -> Answered[Item]:
        """Return the first page.

        An empty one says in `coverage` what could be seen of what was asked about: that nothing was found proves
        no more than that. A search says in `notices` which parts of the query it did not understand.
        """
        if self._first is None:
            self._first = self._ask(self._question)
        return self._first


class Archive:
    """Reads one archive. Every method may raise `ArchiveError`; its kinds say what to do.

    Args:
        base_url: of the archive's pages, such as https://archive.example.
        timeout_seconds: the longest wait for a connection, and for each part of an answer.
        sleep: waits between two attempts, in seconds.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout_seconds: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._asking = Asking(base_url=base_url, timeout_seconds=timeout_seconds, attempts=_ATTEMPTS)
        self._http = httpx.Client(**self._asking.options(), transport=transport)
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def sources(self) -> Results[records.Source]:
        """Return every outlet that is followed."""
        return self._results(Questions.sources())

    def latest(self, *, language: str | None = None) -> Results[records.ArticleSummary]:
        """Return all articles, the newest first."""
        return self._results(Questions.latest(language=language))

    def of_source(self, source: str, *, language: str | None = None) -> Results[records.ArticleSummary]:
        """Return the articles of one source, the newest first."""
        return self._results(Questions.of_source(source, language=language))

    def of_day(
        self, day: date, *, source: str | None = None, language: str | None = None
    ) -> Results[records.ArticleSummary]:
        """Return the articles of one day of UTC."""
        return self._results(Questions.of_day(day, source=source, language=language))

    def search(self, query: str) -> Results[records.Hit]:
        """Return articles by words, phrases and operators, such as `"a phrase" site:kcna-en before:2014`."""
        return self._results(Questions.search(query))

    def edits(self, **narrowed: Unpack[Narrowing]) -> Results[records.Edit]:
        """Return what was reworded, the last seen first."""
        return self._results(Questions.edits(**narrowed))

    def removals(self, **narrowed: Unpack[Narrowing]) -> Results[records.Removal]:
        """Return what was taken down, the last seen first."""
        return self._results(Questions.removals(**narrowed))

    def watches(self) -> Results[records.Watch]:
        """Return what is watched for."""
        return self._results(Questions.watches())

    def alarms(self, watch: str) -> Results[records.Alarm]:
        """Return what one watch, by its id or name, has noticed, the last first."""
        return self._results(Questions.alarms(watch))

    def coverage(self, source: str) -> Results[records.CoverageDay]:
        """Return the last days of a source, the newest first: expected, found, archived, or blind."""
        return self._results(Questions.coverage(source))

    def article(self, article_id: str) -> records.Article:
        """Return one article with every wording and the captures that show them.

        Raises:
            NotKeptError: there is none of this id.
        """
        question = Questions.article(article_id)
        return one_record(question, self._get(question.address))

    def _results(self, question: Question[Item]) -> Results[Item]:
        return Results(question, lambda asked: listed(asked, self._get(asked.address)))

    def _get(self, address: str) -> Mapping[str, Any]:
        attempt = 0
        while True:
            try:
                response = self._http.get(address)
            except httpx.TransportError as error:
                raise away(error, self._asking.base_url) from error
            pause = self._asking.pause(response, attempt)
            if pause is None:
                return read(response)
            self._sleep(pause)
            attempt += 1
