"""The client for programs that do other things while they wait. Its methods are those of `Archive`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import date
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, Unpack

import httpx

from services.client import records
from services.client.asking import Asking, away, read
from services.client.questions import Answered, Narrowing, Question, Questions, listed, one_record
from services.client.records import Record

__all__ = ["AsyncArchive", "AsyncResults"]

Item = TypeVar("Item", bound=Record)
_ATTEMPTS = 4


class AsyncResults(Generic[Item]):
    """A list that is read page by page while it is gone through. It can be gone through again."""

    def __init__(
        self, question: Question[Item], ask: Callable[[Question[Item]], Awaitable[Answered[Item]]]
    ) -> None:
        self._question = question
        self._ask = ask
        self._first: Answered[Item] | None = None

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Yield every item; each page is asked for when it is needed.

        Raises:
            ArchiveError: a page could not be read.
        """
        page = await self.first()
        while True:
            for item in page.items:
                yield item
            if page.next is None:
                return
            page = await self._ask(page.next)

    async def first(self) -> Answered[Item]:
        """Return the first page, as `Results.first` does."""
        if self._first is None:
            self._first = await self._ask(self._question)
        return self._first


class AsyncArchive:
    """Reads one archive. Every method may raise `ArchiveError`; its arguments are those of `Archive`."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_seconds: float = 30.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._asking = Asking(base_url=base_url, timeout_seconds=timeout_seconds, attempts=_ATTEMPTS)
        self._http = httpx.AsyncClient(**self._asking.options(), transport=transport)
        self._sleep = sleep

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def sources(self) -> AsyncResults[records.Source]:
        """Return every outlet that is followed."""
        return self._results(Questions.sources())

    def latest(self, *, language: str | None = None) -> AsyncResults[records.ArticleSummary]:
        """Return all articles, the newest first."""
        return self._results(Questions.latest(language=language))

    def of_source(self, source: str, *, language: str | None = None) -> AsyncResults[records.ArticleSummary]:
        """Return the articles of one source, the newest first."""
        return self._results(Questions.of_source(source, language=language))

    def of_day(
        self, day: date, *, source: str | None = None, language: str | None = None
    ) -> AsyncResults[records.ArticleSummary]:
        """Return the articles of one day of UTC."""
        return self._results(Questions.of_day(day, source=source, language=language))

    def search(self, query: str) -> AsyncResults[records.Hit]:
        """Return articles by words, phrases and operators."""
        return self._results(Questions.search(query))

    def edits(self, **narrowed: Unpack[Narrowing]) -> AsyncResults[records.Edit]:
        """Return what was reworded, the last seen first."""
        return self._results(Questions.edits(**narrowed))

    def removals(self, **narrowed: Unpack[Narrowing]) -> AsyncResults[records.Removal]:
        """Return what was taken down, the last seen first."""
        return self._results(Questions.removals(**narrowed))

    def watches(self) -> AsyncResults[records.Watch]:
        """Return what is watched for."""
        return self._results(Questions.watches())

    def alarms(self, watch: str) -> AsyncResults[records.Alarm]:
        """Return what one watch, by its id or name, has noticed, the last first."""
        return self._results(Questions.alarms(watch))

    def coverage(self, source: str) -> AsyncResults[records.CoverageDay]:
        """Return the last days of a source, the newest first."""
        return self._results(Questions.coverage(source))

    async def article(self, article_id: str) -> records.Article:
        """Return one article with every wording and the captures that show them.

        Raises:
            NotKeptError: there is none of this id.
        """
        question = Questions.article(article_id)
        return one_record(question, await self._get(question.address))

    def _results(self, question: Question[Item]) -> AsyncResults[Item]:
        async def ask(asked: Question[Item]) -> Answered[Item]:
            return listed(asked, await self._get(asked.address))

        return AsyncResults(question, ask)

    async def _get(self, address: str) -> Mapping[str, Any]:
        attempt = 0
        while True:
            try:
                response = await self._http.get(address)
            except httpx.TransportError as error:
                raise away(error, self._asking.base_url) from error
            pause = self._asking.pause(response, attempt)
            if pause is None:
                return read(response)
            await self._sleep(pause)
            attempt += 1
