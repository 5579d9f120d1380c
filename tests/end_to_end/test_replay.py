"""pywb, from PyPI and in its own environment, replays a crawl of ours from our objects and our indexes."""

import gzip
import http.client
import json
import os
import signal
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.admin.compaction import Compaction, Sealed
from services.admin.replay_index import write_replay_index
from services.standalone.ports import choose_ports
from shared.clock import SystemClock
from shared.exporting import Exports, Selection
from shared.ledger.evidence_index import EvidenceIndex
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.evidence_checks import assert_conserved
from tests.support.peers import run
from tests.support.raw_server import RawServer, linking, page, running_raw_server, source_of
from tests.support.running import start_running

TEXT = (
    "<html><head><title>Harbour news</title></head><body><article><h1>Harbour news</h1><p>"
    + "The ferry left the quay at noon and came back in the rain, 기사. " * 20
    + "</p></article></body></html>"
).encode()
EDITED = TEXT.replace(b"at noon", b"at dawn")
CODED = gzip.compress(TEXT, mtime=0)
HTML = b"Content-Type: text/html; charset=utf-8"
OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS = {
    "/news/plain": page(TEXT, HTML),
    "/news/etag": page(TEXT, HTML, b'ETag: "one"'),
    "/news/edited": page(TEXT, HTML),
    "/news/gzip": page(CODED, HTML, b"Content-Encoding: gzip"),
    "/news/chunked": OK + HTML + b"\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"%x;a=b\r\n%b\r\n0\r\n\r\n" % (len(CODED), CODED),
    "/news/latin-1": page(TEXT, HTML, b"X-Weather: caf\xe9  au lait "),
    "/news/old": b"HTTP/1.0 200 OK\r\n" + HTML + b"\r\n\r\n" + TEXT,
    "/news/query?b=2&a=1": page(TEXT, HTML),
    "/news/gone": b"HTTP/1.1 410 Gone\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\ngone",
    "/news/moved": b"HTTP/1.1 301 Moved\r\nLocation: /news/plain\r\nContent-Length: 0\r\n\r\n",
}  # fmt: skip
PAYLOADS = {
    path: (CODED if b"gzip" in answer else b"gone" if path.endswith("gone") else TEXT)
    for path, answer in ANSWERS.items()
    if path != "/news/moved"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A response of pywb, its body as it is on the wire but for chunks."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pywb:
    """pywb at work on a copy of a bucket."""

    port: int

    def get(self, url: str, at: datetime, modifier: str) -> Replayed:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            path = f"/crawl/{at.astimezone(UTC):%Y%m%d%H%M%S}{modifier}/{url}"
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Replayed(status=answer.status, headers=headers, body=answer.read())
        finally:
            connection.close()


@contextmanager
def running_pywb(
    programs: Path, archive: Archive, folder: Path, *, is_exported: bool = True
) -> Iterator[Pywb]:
    """Copy a bucket as `aws s3 sync` would, and let pywb serve it.

    Its index is that of `pressmark export index`, or else all indexes of the bucket, sorted together.
    """
    evidence = archive.evidence
    for key in evidence.keys("warc/"):
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        evidence.download(key, folder / key)
    if is_exported:
        assert write_replay_index(evidence, folder / "index.cdxj") > 0
    else:
        several = (evidence.get(key).splitlines(keepends=True) for key in evidence.keys("cdxj/"))
        (folder / "index.cdxj").write_bytes(b"".join(sorted(line for lines in several for line in lines)))
    config = "collections:\n  crawl:\n    index_paths: ./index.cdxj\n    archive_paths: ./\n"
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    port = choose_ports(("pywb",), configured={}, remembered={})["pywb"]
    argv = [str(programs / "wayback"), "-b", "127.0.0.1", "-p", str(port), "-d", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    running = start_running(argv, log=folder / "pywb.log", env=environment)
    try:
        wait_for(port, log=folder / "pywb.log")
        yield Pywb(port=port)
    finally:
        running.end(first=signal.SIGKILL, seconds=0)


def wait_for(port: int, *, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")[-3000:]
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One capture that must be replayed, and the payload the host sent for it or confirmed by it."""

    url: str
    at: datetime
    status: int
    payload: bytes
    is_revisit: bool
    is_confirmed: bool
    """Whether the host said 304, so that the payload is that of an earlier capture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    """A crawl of every answer, looked at twice."""

    archive: Archive
    looks: tuple[Look, ...]


@pytest.fixture(scope="module")
def crawl(new_servers: NewServers) -> Iterator[Crawl]:
    with running_raw_server() as server, running_archive(new_servers()) as archive:
        for path, answer in ANSWERS.items():
            server.url(path, answer, close=path == "/news/old")
        server.url("/list", page(linking(ANSWERS), HTML))
        server.url("/robots.txt", page(b"User-agent: *\nDisallow:\n", b"Content-Type: text/plain"))
        archive.kit.actions.add_source(source_of(server, "harbour"))
        archive.finish("harbour")
        server.answers["/news/etag"] = b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\n\r\n'
        server.answers["/news/edited"] = page(EDITED, HTML)
        # Indexes tell captures of one URL apart by the second.
        time.sleep(1.1)
        archive.kit.actions.recheck("harbour")
        archive.finish("harbour")
        assert_conserved(archive)
        yield Crawl(archive=archive, looks=looks_of(archive, server))


def looks_of(archive: Archive, server: RawServer) -> tuple[Look, ...]:
    rows = archive.rows(
        "select url, fetched_at, status, revisit_of from captures where kind = 'article' order by capture_id"
    )
    looks = []
    seen: set[str] = set()
    for row in rows:
        path = row["url"].removeprefix(server.origin)
        if path in PAYLOADS:
            payload = EDITED if path == "/news/edited" and path in seen else PAYLOADS[path]
            seen.add(path)
            looks.append(
                Look(
                    url=row["url"],
                    at=row["fetched_at"],
                    status=200 if row["status"] == 304 else row["status"],
                    payload=payload,
                    is_revisit=row["revisit_of"] is not None,
                    is_confirmed=row["status"] == 304,
                )
            )
    assert seen == PAYLOADS.keys()
    return tuple(looks)


def assert_replayed(pywb: Pywb, looks: Iterable[Look]) -> None:
    for look in looks:
        exact = pywb.get(look.url, look.at, "id_")
        assert exact.status == look.status, (look, exact)
        assert exact.body == look.payload, (look.url, look.at, exact.headers)

        shown = pywb.get(look.url, look.at, "mp_")
        text = gzip.decompress(shown.body) if shown.body[:2] == b"\x1f\x8b" else shown.body
        assert shown.status == look.status
        assert (b"gone" if look.status == 410 else b"came back in the rain, \xea\xb8\xb0") in text


def test_pywb_replays_every_page_and_its_payload_as_the_host_sent_it(
    crawl: Crawl, pywb: Path, tmp_path: Path
) -> None:
    assert sum(look.is_revisit for look in crawl.looks) == 7
    assert len(crawl.looks) == 2 * len(PAYLOADS)

    with running_pywb(pywb, crawl.archive, tmp_path) as replay:
        assert_replayed(replay, crawl.looks)
        moved = crawl.looks[0].url.rpartition("/news/")[0] + "/news/moved"
        assert replay.get(moved, crawl.looks[0].at, "id_").status == 301


def test_the_indexes_of_the_bucket_alone_replay_all_but_what_a_304_confirmed(
    crawl: Crawl, pywb: Path, tmp_path: Path
) -> None:
    [confirmed] = (look for look in crawl.looks if look.is_confirmed)

    with running_pywb(pywb, crawl.archive, tmp_path, is_exported=False) as replay:
        assert_replayed(replay, (look for look in crawl.looks if not look.is_confirmed))
        # These indexes tell what was sent, as cdxj-indexer does, and pywb gives a 304 as it is.
        assert replay.get(confirmed.url, confirmed.at, "id_").status == 304


def test_pywb_replays_the_same_after_compaction(crawl: Crawl, pywb: Path, tmp_path: Path) -> None:
    evidence = crawl.archive.evidence
    work = Compaction(index=EvidenceIndex(crawl.archive.kit.database), evidence=evidence, clock=SystemClock())
    size = sum(evidence.size(key) or 0 for key in evidence.keys("warc/"))

    [sealed] = work.seal(size=size, age=timedelta(0))
    assert isinstance(sealed, Sealed)
    assert len(list(work.remove_superseded(grace=timedelta(0)))) == sealed.parts
    assert list(evidence.keys("warc/")) == [sealed.key]

    with running_pywb(pywb, crawl.archive, tmp_path) as replay:
        assert_replayed(replay, crawl.looks)


def test_an_article_is_exported_with_all_looks_at_it_as_a_valid_wacz(
    crawl: Crawl, indexers: Path, tmp_path: Path
) -> None:
    found = next(one for one in crawl.archive.kit.catalogue.every_article() if one.revisions == 2)
    exports = Exports(index=EvidenceIndex(crawl.archive.kit.database), evidence=crawl.archive.evidence)
    target = tmp_path / "article.wacz"

    exported = exports.wacz(Selection(article_id=found.article_id), target, software="pressmark test")

    assert exported.captures >= 2
    run([str(indexers / "wacz"), "validate", "-f", str(target)])
    with zipfile.ZipFile(target) as file:
        pages = [json.loads(line) for line in file.read("pages/pages.jsonl").splitlines()[1:]]
    assert {page["url"] for page in pages} >= {url for url in found.urls if url.endswith("/news/edited")}
    assert {page["title"] for page in pages} == {"Harbour news"}
