"""Programs of others as clients of ours: memento_client, cdx_toolkit and pywb."""

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.peers import run
from tests.support.raw_server import page
from tests.support.running_reader import RunningReader
from tests.support.stored_evidence import StoredEvidence, text_of

HTML = b"Content-Type: text/html"


@pytest.fixture
def url(stored: StoredEvidence) -> str:
    """A page that was seen on three days: one text, the same again, and another."""
    url = ""
    for text in (text_of(1), text_of(1), text_of(2)):
        url = stored.server.url("/news/1", page(text, HTML))
        stored.look([url])
    stored.run(
        "update captures set fetched_at = '2026-03-09 12:00:00+00'::timestamptz"
        " + (select count(*) from captures as earlier where earlier.target_id = captures.target_id"
        "    and earlier.capture_id < captures.capture_id) * interval '1 day'"
    )
    return url


def test_memento_client_finds_the_page_of_a_day(
    archive_clients: Path, url: str, reading: RunningReader
) -> None:
    program = (
        "import sys, json, datetime; from memento_client import MementoClient;"
        "client = MementoClient(timegate_uri=sys.argv[1], check_native_timegate=False);"
        "print(json.dumps(client.get_memento_info(sys.argv[2], datetime.datetime(2026, 3, 10, 11)), default=str))"
    )

    told = json.loads(run([str(archive_clients), "-c", program, f"{reading.reader_url}/timegate/", url]))

    found = told["mementos"]
    assert found["closest"]["datetime"] == "2026-03-10 12:00:00"
    assert found["closest"]["http_status_code"] == 200
    assert found["closest"]["uri"] == [f"{reading.replay_url}/20260310120000/{url}"]
    assert found["first"]["uri"] == [f"{reading.replay_url}/20260309120000/{url}"]
    assert found["last"]["uri"] == [f"{reading.replay_url}/20260311120000/{url}"]


def test_cdx_toolkit_reads_the_index_and_the_records(
    archive_clients: Path, url: str, reading: RunningReader
) -> None:
    program = (
        "import sys, json, cdx_toolkit;"
        "fetcher = cdx_toolkit.CDXFetcher(source=sys.argv[1]); fetcher.warc_download_prefix = sys.argv[3];"
        "found = [dict(one.data) for one in fetcher.iter(sys.argv[2], limit=10)];"
        "filtered = [dict(one.data) for one in fetcher.get(sys.argv[2], filter='=mime:text/html')];"
        "none = fetcher.get(sys.argv[2] + '/none');"
        "print(json.dumps([found, filtered, len(none)]))"
    )
    argv = [
        str(archive_clients),
        "-c",
        program,
        f"{reading.reader_url}/cdx",
        url,
        f"{reading.replay_url}/warc/",
    ]

    found, filtered, none = json.loads(run(argv))

    assert [one["timestamp"] for one in found] == ["20260309120000", "20260310120000", "20260311120000"]
    assert [one["mime"] for one in found] == ["text/html", "warc/revisit", "text/html"]
    assert [one["timestamp"] for one in filtered] == ["20260309120000", "20260311120000"]
    assert none == 0


@contextmanager
def running_wayback(pywb: Path, folder: Path, reading: RunningReader) -> Iterator[str]:
    """Run pywb with nothing of its own: our index, our records."""
    (folder / "config.yaml").write_text(
        "collections:\n"
        "  harbour:\n"
        f"    index: cdx+{reading.reader_url}/cdx\n"
        f"    archive_paths: {reading.replay_url}/warc/\n",
        encoding="utf-8",
    )
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    log = (folder / "log").open("wb")
    argv = [str(pywb / "wayback"), "--port", str(port), "--bind", "127.0.0.1", "--directory", str(folder)]
    child = subprocess.Popen(argv, stdout=log, stderr=log, cwd=folder)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert child.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/harbour"
    finally:
        child.terminate()
        child.wait(20)
        log.close()


def test_pywb_replays_our_archive_from_our_index_and_our_records(
    pywb: Path, tmp_path: Path, url: str, reading: RunningReader
) -> None:
    with running_wayback(pywb, tmp_path, reading) as wayback:
        for day, text in (("09", text_of(1)), ("10", text_of(1)), ("11", text_of(2))):
            with urllib.request.urlopen(f"{wayback}/202603{day}120000id_/{url}", timeout=30) as got:
                assert got.read() == text
