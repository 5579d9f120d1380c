"""The client against the real reader: every question of it is answered in the shape that it knows."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import uvicorn

from services.client import Archive, AsyncArchive, BadQuestionError, NotKeptError
from services.reader.app import create_app
from services.reader.settings import ReaderSettings
from shared.ledger.catalogue import Catalogue
from shared.ledger.database import Database
from shared.ledger.watches import Watches
from tests.support.catalogue_factory import NOON, CatalogueFactory, Text

COUNT = 23


@pytest.fixture
def ids(database: Database) -> list[str]:
    factory = CatalogueFactory(database)
    factory.source("herald", "Herald", "en")
    factory.source("empty", "Nothing", "ko")
    Watches(database).add("boat")
    found = [
        factory.article("herald", Text(title=f"배 Boat {number}", body=["A boat left."]))
        for number in range(COUNT)
    ]
    changes = [{"op": "replace", "from": "boat", "to": "ferry"}]
    factory.rewrite(
        found[0], Text(title="Ferry", body=["A ferry left."]), at=NOON + timedelta(1), changes=changes
    )
    factory.miss(found[1], "SUSPECT", at=NOON + timedelta(2))
    factory.miss(found[1], "GONE", at=NOON + timedelta(5))
    return found


@pytest.fixture
def base(database: Database, ids: list[str]) -> Iterator[str]:
    """The pages of the archive behind their real server."""
    settings = ReaderSettings(articles_on_page=5, results_on_page=5, entries_on_page=5)
    app = create_app(Catalogue(database), settings=settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


def test_every_question_is_answered(base: str, ids: list[str]) -> None:
    with Archive(base) as archive:
        assert [one.id for one in archive.sources()] == ["herald", "empty"]
        assert {one.id for one in archive.latest()} == set(ids)
        assert len(list(archive.of_source("herald", language="en"))) == COUNT
        assert len(list(archive.of_day(date(2026, 3, 9), source="herald"))) == COUNT
        assert len(list(archive.search("boat"))) == COUNT
        (edit,) = archive.edits(source="herald", since=date(2026, 3, 1))
        assert [(one.before, one.after) for one in edit.changes] == [("boat", "ferry")]
        (removal,) = archive.removals()
        assert (removal.article, removal.state, len(removal.evidence) > 0) == (ids[1], "GONE", True)
        assert [one.name for one in archive.watches()] == ["boat"]
        assert list(archive.alarms("boat")) == []
        assert all(day.verdict for day in archive.coverage("herald"))
        article = archive.article(ids[0])
        assert [one.paragraphs for one in article.revisions] == [("A boat left.",), ("A ferry left.",)]
        assert article.revisions[0].capture.warc_key


def test_an_absence_comes_with_what_could_be_seen(base: str) -> None:
    with Archive(base) as archive:
        page = archive.removals(source="empty").first()

        assert page.items == ()
        assert [one.source for one in page.coverage] == ["empty"]
        assert archive.search("boat lang:!").first().notices


def test_errors_say_what_the_archive_said(base: str) -> None:
    with Archive(base) as archive:
        with pytest.raises(NotKeptError, match="No article is kept"):
            archive.article("nothing")
        with pytest.raises(BadQuestionError, match="class of edits"):
            archive.edits(edit_class="No Class").first()


def test_many_questions_at_once_are_answered_alike(base: str, ids: list[str]) -> None:
    async def read() -> list[set[str]]:
        async with AsyncArchive(base) as archive:

            async def every() -> set[str]:
                return {one.id async for one in archive.latest()}

            return await asyncio.gather(*(every() for _ in range(8)))

    assert asyncio.run(read()) == [set(ids)] * 8
