"""Lines of an index."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cdxj import CdxjEntry, cdxj_file, cdxj_key, mime_of, replay_lines, sha1_of
from shared.http_message import parse_head
from shared.urls import surt


def entry(**changes: object) -> CdxjEntry:
    values: dict[str, object] = {
        "url": "http://www.harbour.example/News?b=2&a=1",
        "date": datetime(2026, 3, 9, 23, 59, 59, 999_999, tzinfo=UTC),
        "mime": "text/html",
        "status": 200,
        "digest": "sha256:00",
        "sha1": None,
        "length": 7,
        "offset": 3,
    }
    return CdxjEntry(**(values | changes))  # type: ignore[arg-type]


def test_a_line_is_a_key_a_time_in_whole_seconds_and_fields_that_are_text() -> None:
    key, date, fields = entry().line("warc/a.warc.gz").decode().rstrip("\n").split(" ", 2)

    assert (key, date) == ("example,harbour)/news?a=1&b=2", "20260309235959")
    assert json.loads(fields) == {
        "url": "http://www.harbour.example/News?b=2&a=1",
        "mime": "text/html",
        "status": "200",
        "digest": "sha256:00",
        "length": "7",
        "offset": "3",
        "filename": "warc/a.warc.gz",
    }


def test_a_time_is_told_in_utc() -> None:
    seoul = datetime(2026, 3, 10, 8, 0, tzinfo=timezone(timedelta(hours=9)))

    assert b" 20260309230000 " in entry(date=seoul).line("a")


@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=0xD7FF), max_size=20), max_size=8))
def test_an_index_is_sorted_and_each_line_is_one_line(paths: list[str]) -> None:
    urls = [f"http://harbour.example/{path}" for path in paths]

    lines = cdxj_file([entry(url=url) for url in urls], "a").splitlines(keepends=True)

    assert lines == sorted(lines)
    assert len(lines) == len(urls)
    assert sorted(line.split(b" ", 1)[0].decode() for line in lines) == sorted(map(surt, urls))


@pytest.mark.parametrize(
    ("field", "mime"),
    [
        (b"Content-Type: text/html; charset=utf-8\r\n", "text/html"),
        (b"content-type:  TEXT/html charset\r\n", "TEXT/html"),
        (b"Content-Type:\r\n", ""),
        (b"", None),
    ],
)
def test_a_media_type_stands_without_parameters(field: bytes, mime: str | None) -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\n" + field + b"\r\n")

    assert mime_of(head, is_revisit=False) == mime
    assert mime_of(head, is_revisit=True) == "warc/revisit"


def test_sha1_is_that_of_other_archives() -> None:
    assert sha1_of(b"") == "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"


def test_an_index_lies_beside_its_object() -> None:
    assert cdxj_key("warc/2026/03/09/a.warc.gz") == "cdxj/2026/03/09/a.cdxj"


def index_line(second: int, **fields: str) -> bytes:
    named = {
        "url": "http://a.example/",
        "status": "200",
        "digest": "sha256:1",
        "offset": str(second),
    } | fields
    return (
        b"example,a)/ 202601010000%02d " % second + json.dumps(named, separators=(",", ":")).encode() + b"\n"
    )


def confirmation(second: int, digest: str = "sha256:1") -> bytes:
    return index_line(second, status="304", mime="warc/revisit", digest=digest)


def test_replay_tools_are_shown_what_a_304_confirmed_under_its_own_time() -> None:
    page, other = index_line(1, mime="text/html"), index_line(2, digest="sha256:2")

    found = list(replay_lines([page, other, confirmation(3), confirmation(4, "sha256:2")]))

    assert found[:2] == [page, other]
    assert [line[:26] for line in found[2:]] == [b"example,a)/ 20260101000003", b"example,a)/ 20260101000004"]
    assert [line[27:] for line in found[2:]] == [page[27:], other[27:]]


def test_a_304_is_left_out_where_the_index_does_not_hold_what_it_confirmed() -> None:
    later, elsewhere = index_line(9), index_line(1).replace(b"example,a)/ ", b"example,a)/b ")
    revisit = index_line(2, mime="warc/revisit", digest="sha256:3")
    answered = index_line(5, status="304", digest="sha256:9")

    lines = [confirmation(1), revisit, confirmation(3, "sha256:3"), answered, later, elsewhere]

    assert list(replay_lines([*lines, confirmation(4).replace(b"a)/ ", b"a)/c ")])) == [
        revisit,
        answered,
        later,
        elsewhere,
    ]
