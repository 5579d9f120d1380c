"""Lines of an index."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cdxj import CdxjEntry, cdxj_file, cdxj_key, mime_of, sha1_of
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
