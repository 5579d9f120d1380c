"""The client against answers written out: what it asks, what it makes of them, and when it asks again."""

import asyncio
import json
from collections.abc import Iterator
from datetime import date

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.client import (
    Archive,
    ArchiveAwayError,
    AsyncArchive,
    BadQuestionError,
    NotKeptError,
    UnexpectedAnswerError,
)

BASE = "https://archive.example"
ARTICLE = {
    "id": "a1", "source": "herald", "title": "Ferry", "published": "2026-03-09", "language": "en",
    "url": "https://herald.example/1", "urls": ["https://herald.example/1"], "state": "LIVE", "revisions": 1,
}  # fmt: skip


class Answers:
    """Gives these answers in turn and remembers what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers: Iterator[httpx.Response | Exception] = iter(answers)
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.raw_path.decode())
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def ok(**value: object) -> httpx.Response:
    return httpx.Response(200, json=value)


def archive(answers: Answers, pauses: list[float] | None = None) -> Archive:
    waited: list[float] = [] if pauses is None else pauses
    return Archive(BASE, transport=httpx.MockTransport(answers), sleep=waited.append)


def test_a_list_is_read_page_by_page_only_as_far_as_it_is_gone_through() -> None:
    answers = Answers(
        ok(items=[ARTICLE, ARTICLE], next="/latest.json?lang=ko&before=1.a"), ok(items=[ARTICLE], next=None)
    )
    found = archive(answers).latest(language="ko")

    going = iter(found)
    next(going), next(going)
    assert answers.asked == ["/latest.json?lang=ko"]
    assert [one.title for one in going] == ["Ferry"]
    assert answers.asked == ["/latest.json?lang=ko", "/latest.json?lang=ko&before=1.a"]


def test_filters_are_asked_for_by_the_names_of_the_pages() -> None:
    answers = Answers(ok(items=[], next=None))

    list(archive(answers).edits(source="herald", silent=True, edit_class="name", since=date(2013, 12, 1)))

    assert answers.asked == ["/edits.json?source=herald&class=name&silent=true&since=2013-12-01"]


def test_what_finds_nothing_says_what_could_be_seen() -> None:
    seen = {
        "source": "herald",
        "from": "2026-03-01",
        "to": "2026-03-09",
        "days": 9,
        "sentence": "Blind on 9.",
    }
    notice = {"part": "before:x", "sentence": "A day is written as 2026-03-09."}
    answers = Answers(ok(items=[], next=None, coverage=[seen], notices=[notice]))

    page = archive(answers).search("before:x").first()

    assert page.items == ()
    assert (page.coverage[0].source, page.coverage[0].first) == ("herald", date(2026, 3, 1))
    assert page.notices[0].part == "before:x"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(404, json={"error": "Not kept.", "status": 404}), NotKeptError, "Not kept."),
        (httpx.Response(400, json={"error": "A day.", "status": 400}), BadQuestionError, "A day."),
        (httpx.Response(500, json={"error": "Our fault.", "status": 500}), ArchiveAwayError, "Our fault."),
        (httpx.Response(200, text="<html>"), UnexpectedAnswerError, "no JSON"),
        (httpx.Response(200, json=[1]), UnexpectedAnswerError, "address of an archive"),
        (httpx.Response(302, headers={"location": "https://evil.example/"}), UnexpectedAnswerError, "302"),
        (httpx.Response(200, json={"id": "a1"}), UnexpectedAnswerError, "another version"),
        (httpx.ConnectError("refused"), ArchiveAwayError, "is it running"),
    ],
)
def test_every_other_answer_is_an_error_that_says_what_it_was(
    answer: httpx.Response | Exception, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        archive(Answers(answer)).article("a1")


def test_an_archive_that_says_later_is_asked_again_when_it_said() -> None:
    pauses: list[float] = []
    later = httpx.Response(503, headers={"retry-after": "10"}, json={"error": "One moment", "status": 503})
    answers = Answers(later, httpx.Response(502), ok(items=[ARTICLE], next=None))

    assert len(list(archive(answers, pauses).latest())) == 1
    assert pauses == [10.0, 1.0]


def test_an_archive_that_always_says_later_is_given_up() -> None:
    pauses: list[float] = []
    answers = Answers(*[httpx.Response(503, json={"error": "One moment", "status": 503})] * 9)

    with pytest.raises(ArchiveAwayError, match="One moment"):
        list(archive(answers, pauses).latest())
    assert len(answers.asked) == 4
    assert pauses == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/x.json", "//evil.example/x.json", "x.json"])
def test_the_next_page_is_never_looked_for_on_another_host(elsewhere: str) -> None:
    answers = Answers(ok(items=[ARTICLE], next=elsewhere))

    with pytest.raises(UnexpectedAnswerError, match="elsewhere"):
        list(archive(answers).latest())
    assert len(answers.asked) == 1


@given(st.text(min_size=1))
def test_a_name_stays_one_part_of_the_path(name: str) -> None:
    answers = Answers(httpx.Response(404, json={"error": "no", "status": 404}))
    try:
        archive(answers).article(name)
    except NotKeptError:
        (path,) = answers.asked
        assert path.startswith("/article/")
        assert path.count("/") == 2
        assert "?" not in path
    except BadQuestionError:
        assert set(name) == {"."} or not name.isprintable() or not _is_text(name)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def test_an_archive_has_an_http_address() -> None:
    with pytest.raises(BadQuestionError, match="https"):
        Archive("ftp://archive.example")


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert methods(Archive) == methods(AsyncArchive)


def test_the_client_that_does_not_wait_reads_the_same() -> None:
    pauses: list[float] = []
    answers = Answers(
        httpx.Response(503),
        ok(items=[ARTICLE], next="/latest.json?before=1.a"),
        ok(items=[ARTICLE], next=None),
    )

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def read() -> list[str]:
        async with AsyncArchive(BASE, transport=httpx.MockTransport(answers), sleep=sleep) as archive:
            return [one.title async for one in archive.latest()]

    assert asyncio.run(read()) == ["Ferry", "Ferry"]
    assert pauses == [0.5]


def test_a_record_says_what_was_changed_by_names_that_python_has() -> None:
    edit = {
        "article": "a1", "url": "u", "urls": ["u"], "from": "old", "to": "new", "classes": ["name"],
        "silent": True, "words_changed": 1,
        "seen_at": "2026-03-09T12:00:00Z", "from_revision": 1, "to_revision": 2,
        "changes": [{"op": "replace", "from": "old", "to": "new"}], "title_from": "t", "title_to": "t",
        "something_new": json.dumps(1),
    }  # fmt: skip
    (found,) = archive(Answers(ok(items=[edit], next=None))).edits()

    assert (found.text_from, found.changes[0].after, found.seen_at.tzinfo is not None) == ("old", "new", True)
