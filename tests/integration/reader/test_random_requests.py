"""Thousands of requests that nobody would make: each is answered, and none by a fault of ours.

Half of them keep to the description (schemathesis), the other half to nothing. Reader and replay stand over a real
ledger and a real store. In CI it is a tenth of what the long form asks.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from services.reader.app import create_app
from services.reader.replay.app import create_app as create_replay
from services.reader.replay.settings import ReplaySettings
from services.reader.settings import ReaderSettings
from shared.ledger.captured_urls import CapturedUrls
from shared.ledger.catalogue import Catalogue
from tests.support.asgi import Answer, ask
from tests.support.catalogue_factory import CatalogueFactory
from tests.support.catalogue_samples import fill
from tests.support.raw_server import page
from tests.support.stored_evidence import StoredEvidence, text_of

SHORT, LONG = 500, 5000
ODD = (
    "..", ".", "//", "/", "%", "%00", "%2e%2e", "%ff", "\x00", "\n", "\r\n", "\u202e", "\ud800",
    "\U0001f4a9", "é", "a" * 5000, "'", '"', "<script>", "{{7*7}}", "-1", "0", "1", "1e9", "9" * 30,
    "0001-01-01", "9999-12-31", "2026-02-30", "00000000000000", "99999999999999", "20260309120000",
    "20260309120000id_", "http://", "https:///", "http://[::1", "http://harbour.example/news/1",
    "javascript:x", "x:y", "*", "*.example", "http://a/*", "a,b", "~url:(", "~url:(a+)+$", "=status:200",
    "!x:y", "1773057600000000.a", "-999999999999999999.a", "true", "json", "cdxj", "exact", "domain",
    "relevance", "yes", "ko", "zh-Hant", "lang:ko", '"', "after:2013-99", "site:", "(", "title:a OR b", "&",
    "?",
)  # fmt: skip
NAMES = (
    "q", "before", "lang", "source", "class", "silent", "since", "watch", "sort", "start", "counts", "url",
    "matchType", "from", "to", "closest", "limit", "filter", "output", "fl", "fields", "page", "pageSize",
    "showNumPages", "v", "\xe9", "",
)  # fmt: skip
HEADERS = (
    ("Range", "bytes=0-9"), ("Range", "bytes=9-0"), ("Range", "bytes=" + "9" * 40 + "-"),
    ("If-None-Match", '"x", W/"y"'), ("Accept-Datetime", "Mon, 09 Mar 2026 12:00:00 GMT"),
    ("Accept-Datetime", "Mon, 99 Foo 99999 99:99:99 +9999"),
    ("Accept-Datetime", "Mon, 01 Jan 0001 00:00:00 +1400"), ("Host", "[::1"), ("Host", ""),
    ("Host", "a b/<script>"),
)  # fmt: skip
odd = st.sampled_from(ODD) | st.text(max_size=20)
queries = st.lists(st.tuples(st.sampled_from(NAMES), odd), max_size=4)
headers = st.just({}) | st.sampled_from(HEADERS).map(lambda one: dict([one]))
methods = st.sampled_from(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "QUERY"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    method: str


def requests(patterns: Sequence[str]) -> st.SearchStrategy[Asked]:
    paths = st.builds(filled, st.sampled_from(patterns), st.lists(odd, min_size=4, max_size=4))
    return st.builds(Asked, path=paths, query=queries, headers=headers, method=methods)


def filled(pattern: str, words: Sequence[str]) -> str:
    """Put words where the pattern of a path has variables."""
    path = pattern
    for word in words:
        head, brace, rest = path.partition("{")
        path = f"{head}{word.replace('{', '')}{rest.partition('}')[2]}" if brace else path
    return path


# The database is filled once for all examples of a test; none of them writes.
KEPT = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.fixture
def reader(stored: StoredEvidence) -> ASGIApp:
    """The reader over a ledger with everything in it, and captures in a store."""
    fill(CatalogueFactory(stored.database))
    urls = [
        stored.server.url(f"/news/{number}", page(text_of(number), b"Content-Type: text/html"))
        for number in range(3)
    ]
    stored.look(urls)
    return create_app(
        Catalogue(stored.database),
        settings=ReaderSettings(replay_url="http://replay.example:8482", public_url="http://reader.example"),
    )


@pytest.fixture
def replay(stored: StoredEvidence) -> ASGIApp:
    captures = CapturedUrls(stored.database)
    return create_replay(captures, stored.evidence, stored.index, settings=ReplaySettings())


def check(answer: Answer) -> None:
    assert answer.status < 500, answer.body[:300]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "\n" not in "".join(answer.headers.values())


def templates(app: ASGIApp) -> list[str]:
    return sorted(json.loads(ask(app, "/openapi.json").body)["paths"])


def try_described(app: ASGIApp, examples: int) -> None:
    schema = schemathesis.openapi.from_dict(json.loads(ask(app, "/openapi.json").body))

    @settings(max_examples=examples, **KEPT)
    @given(case=schema.as_strategy())
    def asked(case: schemathesis.Case) -> None:
        query = "&".join(f"{quote(str(name), errors='replace')}={quote(str(value), errors='replace')}"
                         for name, values in (case.query or {}).items()
                         for value in (values if isinstance(values, list) else [values]))  # fmt: skip
        answer = ask(app, case.formatted_path, query=query.encode(), headers=plain(case.headers or {}))
        check(answer)
        assert answer.status in (200, 302, 304, 400, 404)

    asked()


def plain(given_headers: dict[str, str]) -> dict[str, str]:
    return {name: str(value).encode("ascii", "replace").decode() for name, value in given_headers.items()}


def try_anything(app: ASGIApp, patterns: list[str], examples: int) -> None:
    @settings(max_examples=examples, **KEPT)
    @given(asked=requests(patterns))
    def ask_it(asked: Asked) -> None:
        query = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in asked.query)
        raw = query.encode("utf-8", "replace")
        check(ask(app, asked.path, query=raw, method=asked.method, headers=dict(asked.headers)))

    ask_it()


def test_no_described_request_meets_a_fault(reader: ASGIApp) -> None:
    try_described(reader, SHORT)


def test_no_request_at_all_meets_a_fault(reader: ASGIApp, replay: ASGIApp) -> None:
    try_anything(reader, [*templates(reader), "/{a}", "/{a}/{b}", "{a}"], SHORT)
    try_anything(replay, ["/{a}/{b}", "/20260309120000/{b}", "/2026id_/{b}", "/warc/{a}", "{a}"], SHORT // 2)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_request_of_ten_thousand_meets_a_fault(reader: ASGIApp, replay: ASGIApp) -> None:
    try_described(reader, LONG)
    try_anything(reader, [*templates(reader), "/{a}", "/{a}/{b}", "{a}"], LONG)
    try_anything(replay, ["/{a}/{b}", "/20260309120000/{b}", "/2026id_/{b}", "/warc/{a}", "{a}"], LONG // 2)
