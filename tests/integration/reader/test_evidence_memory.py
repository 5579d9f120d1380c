"""A file of evidence of any size goes through the replay server's process in the same memory."""

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import httpx
import pytest

from services.standalone.ports import choose_ports
from tests.support.memory import forget_peak, peak_bytes
from tests.support.proof_service import LoggedArchive
from tests.support.raw_server import page
from tests.support.stored_evidence import StoredEvidence

LOOK_BYTES = 1_500_000
MOST_BYTES = 24_000_000
"""Above what the process holds anyway: some copies of one record, two pieces of a megabyte, and what is sent."""


@contextmanager
def replay_process(stored: StoredEvidence, database_url: str) -> Iterator[tuple[str, Path]]:
    """Run the server as an archive does; yields its address and its folder in /proc."""
    port = choose_ports(("replay",), configured={}, remembered={})["replay"]
    store = stored.evidence._settings
    env = {
        **os.environ,
        "PRESSMARK_DATABASE_URL": database_url,
        "PRESSMARK_REPLAY_PORT": str(port),
        "PRESSMARK_S3_ENDPOINT": store.endpoint or "",
        "PRESSMARK_S3_BUCKET": store.bucket,
        "PRESSMARK_S3_ACCESS_KEY": store.access_key,
        "PRESSMARK_S3_SECRET_KEY": store.secret_key,
        "PRESSMARK_LOG_LEVEL": "warning",
    }
    address = f"http://127.0.0.1:{port}"
    with Popen([sys.executable, "-m", "services.reader.replay.server"], env=env) as child:
        try:
            deadline = time.monotonic() + 60
            while not answers(f"{address}/healthz"):
                assert child.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield address, Path(f"/proc/{child.pid}")
        finally:
            child.terminate()


def answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.TransportError:
        return False


def size_of(address: str) -> int:
    """Take a file, and return how many bytes came."""
    with httpx.stream("GET", address, timeout=120) as got:
        assert got.status_code == 200, got.read()
        size = sum(map(len, got.iter_raw(2**16)))
        assert size == int(got.headers["content-length"])
        return size


def assert_bounded(stored: StoredEvidence, database_url: str, *, megabytes: int) -> None:
    archive = LoggedArchive(stored=stored)
    stored.look([stored.server.url("/news/small", page(b"<p>small</p>"))])
    for number in range(megabytes * 1_000_000 // LOOK_BYTES + 1):
        noise = random.Random(number).randbytes(LOOK_BYTES)
        stored.look([stored.server.url("/news/large", page(noise))])
    archive.append()
    small, large = archive.make_article("/news/small"), archive.make_article("/news/large")
    with replay_process(stored, database_url) as (address, process):
        for form in (".warc.gz", ".wacz", ".proof.zip"):
            size_of(f"{address}/evidence/article/{small}{form}")
        for form in (".warc.gz", ".wacz", ".proof.zip"):
            held, started = forget_peak(process), time.monotonic()
            size = size_of(f"{address}/evidence/article/{large}{form}")
            above = peak_bytes(process) - held
            told = f"{form}: {size / 1e6:.0f} MB in {time.monotonic() - started:.1f} s, {above / 1e6:.1f} MB more"
            print(told)  # noqa: T201 - the figures of a long run
            assert size > megabytes * 1_000_000
            assert above < MOST_BYTES, told


@pytest.mark.long
def test_a_file_of_many_megabytes_takes_no_more_memory_than_a_small_one(
    stored: StoredEvidence, database_url: str
) -> None:
    assert_bounded(stored, database_url, megabytes=16)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_file_of_300_megabytes_takes_no_more_memory_than_a_small_one(
    stored: StoredEvidence, database_url: str
) -> None:
    assert_bounded(stored, database_url, megabytes=300)
