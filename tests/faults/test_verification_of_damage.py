"""`pressmark verify` itself finds every cut and change of an object, in bounded memory, without a false alarm."""

import multiprocessing
import random
import zlib
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from services.admin.verification import Verification
from services.fetcher.outcomes import FetchFailure, Truncation
from services.fetcher.warc import RecordedExchange, WarcSpool, digest_of
from shared.cdxj import cdxj_file, cdxj_key, entries_of
from shared.clock import SystemClock
from shared.evidence import EvidenceMissingError
from shared.ledger.evidence_index import IndexedCapture
from shared.warc_reading import read_members, read_records
from tests.support.fetching import INFO, NOON, fetched, not_fetched, previous, target
from tests.support.memory import forget_peak, peak_bytes

KEY = "warc/2026/01/01/twenty.warc.gz"
BODY = b"<html><p>" + b"What the outlet said on that day. " * 6 + b"</p></html>"
MOST_MEMORY = 128 * 1024 * 1024


class HeldIndex:
    """A ledger that knows one object."""

    def __init__(self, captures: list[IndexedCapture], size: int, *, sealed: bool = False) -> None:
        self._captures = captures
        self._size = size
        self._sealed = sealed

    def keys(self, source_id: str | None = None) -> list[str]:
        return [KEY]

    def each_capture_of(self, key: str) -> Iterator[IndexedCapture]:
        return iter(self._captures)

    def size_of(self, key: str) -> int:
        return self._size

    def is_sealed(self, key: str) -> bool:
        return self._sealed

    def superseded(self) -> set[str]:
        return set()


class HeldStore:
    """A store that holds a few objects."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def keys(self, prefix: str) -> Iterator[str]:
        return iter([key for key in self.objects if key.startswith(prefix)])

    def download(self, key: str, path: Path) -> str:
        if key not in self.objects:
            raise EvidenceMissingError(key)
        path.write_bytes(self.objects[key])
        return ""


def capture_of(number: int, written: RecordedExchange) -> IndexedCapture:
    return IndexedCapture(
        capture_id=number,
        batch_id="b",
        source_id="s",
        kind="article",
        url=written.url,
        fetched_at=written.date.astimezone(UTC),
        status=written.status,
        content_type=written.head.first("content-type") if written.head else None,
        payload_digest=written.payload_digest,
        record_id=written.record_id,
        warc_key=KEY,
        warc_offset=written.offset,
        warc_length=written.length,
        revisit_of=1 if written.revisit_of else None,
        truncated=written.truncated,
        original_record=written.revisit_of,
        original_digest=written.payload_digest if written.revisit_of else None,
    )


class Twenty:
    """Twenty records of every type we write, with the captures and the index that belong to them."""

    def __init__(self, path: Path) -> None:
        again = target("http://outlet.example/b", previous=previous(digest_of(BODY)))
        chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        outcomes = [
            fetched(BODY),
            fetched(chunks, raw_head=chunked),
            fetched(BODY, target=again),
            fetched(BODY[:50], truncated=Truncation.DISCONNECT),
            fetched(b"gone", status=404, raw_head=b"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\n"),
            fetched(b"", status=304, target=again, raw_head=b"HTTP/1.1 304 Same\r\n\r\n"),
            not_fetched(FetchFailure.DNS),
        ]
        with WarcSpool(path, INFO, now=NOON) as spool:
            written = [spool.record(outcome) for outcome in outcomes]
            assert spool.records == 20
        self.data = path.read_bytes()
        self.captures = [capture_of(number, one) for number, one in enumerate(written, start=1)]
        digests = {one.record_id: one.payload_digest for one in written if one.payload_digest}
        self.index = cdxj_file(entries_of(read_records(self.data), digests), KEY)

    def found(self, data: bytes) -> list[str]:
        """What verification finds when the store holds this in place of the object."""
        store = HeldStore({KEY: data, cdxj_key(KEY): self.index})
        index = HeldIndex(self.captures, len(self.data))
        verification = Verification(index=index, evidence=store, clock=SystemClock())  # type: ignore[arg-type]
        return [finding.kind.value for finding in verification.findings()]


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Twenty:
    return Twenty(tmp_path_factory.mktemp("twenty") / "twenty.warc.gz")


def test_the_object_as_it_was_written_raises_no_alarm(twenty: Twenty) -> None:
    assert twenty.found(twenty.data) == []


def test_every_cut_is_found_also_between_two_records(twenty: Twenty) -> None:
    missed = [at for at in range(len(twenty.data)) if not twenty.found(twenty.data[:at])]

    assert missed == []


def missed_flips(twenty: Twenty, count: int) -> list[bytes]:
    missed = []
    for bit in random.Random(3).sample(range(len(twenty.data) * 8), count):
        changed = bytearray(twenty.data)
        changed[bit // 8] ^= 1 << bit % 8
        if not twenty.found(bytes(changed)):
            missed.append(bytes(changed))
    return missed


@pytest.mark.parametrize("flips", [1500, pytest.param(10_000, marks=pytest.mark.long)])
def test_every_bit_flip_is_found_unless_it_changes_no_byte_of_any_record(twenty: Twenty, flips: int) -> None:
    whole = [content for _, _, content in read_members(twenty.data)]

    missed = missed_flips(twenty, flips)

    assert all([content for _, _, content in read_members(changed)] == whole for changed in missed)
    assert len(missed) < flips // 100


def damage(kind: str, twenty: Twenty, path: Path) -> None:
    """Write an object of some size that is damaged in a way that could cost memory."""
    deflated = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"WARC/1.1\r\n" + bytes(300_000_000)
    member = bytes.fromhex("1f8b08000000000000ff") + (deflated.compress(bomb) + deflated.flush())[10:]
    dice = random.Random(5)
    with path.open("wb") as file:
        for _ in range(64):
            if kind == "noise":
                file.write(dice.randbytes(1024 * 1024))
            elif kind == "headers":
                file.write(member[:10] * 6000 + twenty.data)
            elif kind == "records":
                file.write(twenty.data * 40)
        if kind == "bombs":
            file.write(twenty.data + member * 6 + twenty.data)


def verify_file(path: Path, twenty: Twenty, results: "multiprocessing.Queue[tuple[int, int]]") -> None:
    """Verify in a process of its own and tell how many findings there were and by how much its peak rose."""

    class FileStore(HeldStore):
        def download(self, key: str, to: Path) -> str:
            if key != KEY:
                raise EvidenceMissingError(key)
            to.symlink_to(path)
            return ""

    captures = [twenty.captures[0]] * 20_000
    index = HeldIndex(captures, 1, sealed=True)
    verification = Verification(index=index, evidence=FileStore({}), clock=SystemClock())  # type: ignore[arg-type]
    base = forget_peak()
    found = sum(1 for _ in verification.findings())
    results.put((found, peak_bytes() - base))


@pytest.mark.parametrize("kind", ["noise", "headers", "records", "bombs"])
def test_memory_stays_within_its_bound_whatever_the_damage(twenty: Twenty, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "damaged"
    damage(kind, twenty, path)
    context = multiprocessing.get_context("spawn")
    results = context.Queue()

    process = context.Process(target=_verify_of_test, args=(path, tmp_path / "again", results))
    process.start()
    found, risen = results.get(timeout=240)
    process.join(30)

    assert found > 0
    assert risen < MOST_MEMORY


def _verify_of_test(path: Path, again: Path, results: "multiprocessing.Queue[tuple[int, int]]") -> None:
    verify_file(path, Twenty(again), results)
