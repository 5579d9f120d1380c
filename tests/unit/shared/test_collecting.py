"""What is collected is exactly the records of the wanted captures, whatever stands between them."""

import gzip
import hashlib
import io
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.composed_files import StoredRuns
from shared.errors import RejectError
from shared.evidence import EvidenceMissingError
from shared.exporting import Collected, collect
from shared.ledger.evidence_index import IndexedCapture, WantedCapture
from shared.warc_reading import WarcReadError

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


def record_id(number: int) -> str:
    return f"<urn:uuid:{UUID(int=number)}>"


def member(kind: str, number: int, *, of: int | None = None, block: bytes = b"x") -> bytes:
    fields = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: {record_id(number)}",
        f"WARC-Date: {NOON:%Y-%m-%dT%H:%M:%SZ}",
        f"Content-Length: {len(block)}",
        *([f"WARC-Concurrent-To: {record_id(of)}"] if of is not None else []),
        *([f"WARC-Target-URI: http://outlet.example/{number}"] if kind == "response" else []),
    ]
    return gzip.compress("\r\n".join(fields).encode() + b"\r\n\r\n" + block + b"\r\n\r\n", mtime=0)


@dataclass
class Objects:
    """Objects of looks in memory, the store and the index in one."""

    data: dict[str, bytearray] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    captures: dict[str, list[int]] = field(default_factory=dict)
    wanted: list[WantedCapture] = field(default_factory=list)
    expected: bytes = b""

    def add(self, key: str, looks: list[tuple[bool, bool, bytes]]) -> None:
        """Add an object of looks: whether each is wanted, whether a stranger's record follows, and its payload."""
        data, starts = bytearray(member("warcinfo", 0)), list[int]()
        expected, is_first = b"", True
        for place, (is_wanted, has_stranger, payload) in enumerate(looks):
            number = 10 * place + 1
            block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + payload
            own = member("response", number, block=block) + member("request", number + 1, of=number)
            starts.append(len(data))
            if is_wanted:
                expected += bytes(data[: starts[0]]) * is_first + own
                is_first = False
                self.wanted.append(wanted(key, number, starts[-1]))
            data += own + member("metadata", number + 2, of=999) * has_stranger
        self.data[key], self.captures[key], self.sizes[key] = data, starts, len(data)
        self.expected += expected

    def boundaries_of(self, key: str) -> tuple[list[int], list[int]]:
        return self.captures[key], [0]

    def size_of(self, key: str) -> int | None:
        return self.sizes[key]

    def size(self, key: str) -> int | None:
        return len(self.data[key]) if key in self.data else None

    def get_range(self, key: str, *, offset: int, length: int) -> bytes:
        found = bytes(self.data[key][offset : offset + length])
        if len(found) != length:
            raise RejectError("it is shorter")
        return found


def wanted(key: str, number: int, offset: int) -> WantedCapture:
    capture = IndexedCapture(
        capture_id=number,
        batch_id="b",
        source_id="s",
        kind="article",
        url="http://outlet.example/",
        fetched_at=NOON,
        status=200,
        content_type=None,
        payload_digest=None,
        record_id=record_id(number),
        warc_key=key,
        warc_offset=offset,
        warc_length=1,
        revisit_of=None,
        truncated=None,
        original_record=None,
        original_digest=None,
    )
    return WantedCapture(capture=capture, title=None, is_original=False)


looks = st.lists(st.tuples(st.booleans(), st.booleans(), st.binary(max_size=40)), min_size=1, max_size=5)


def collected(objects: Objects, copy: io.BytesIO | None = None) -> Collected:
    return collect(objects.wanted, index=objects, store=objects, copy=copy)


@settings(deadline=None)
@given(st.lists(looks, min_size=1, max_size=3))
def test_exactly_the_records_of_wanted_captures_are_collected(
    several: list[list[tuple[bool, bool, bytes]]],
) -> None:
    objects, copy = Objects(), io.BytesIO()
    for number, one in enumerate(several):
        objects.add(f"key-{number}", one)

    found = collected(objects, copy)
    file = StoredRuns(
        found.runs, crc=found.crc, read=lambda key, at, size: objects.get_range(key, offset=at, length=size)
    )

    assert b"".join(file.pieces(0, file.size)) == copy.getvalue() == objects.expected
    assert (found.size, found.crc) == (len(objects.expected), zlib.crc32(objects.expected))
    assert found.sha256 == hashlib.sha256(objects.expected).hexdigest()
    for one in found.members:
        data = objects.expected[one.offset : one.offset + one.length]
        assert hashlib.sha256(data).digest() == one.digest
        assert data.startswith(b"\x1f\x8b")
    assert [entry.offset for entry in found.entries] == [
        one.offset for one in found.members if b"WARC-Type: response" in gzip.decompress(
            objects.expected[one.offset : one.offset + one.length])
    ]  # fmt: skip


def test_a_record_of_several_windows_is_measured_in_pieces() -> None:
    objects = Objects()
    noise = hashlib.shake_256(b"noise").digest(6_000_000)
    objects.add("key", [(True, True, noise), (True, False, b"small")])

    found = collected(objects)

    assert found.sha256 == hashlib.sha256(objects.expected).hexdigest()
    assert [entry.digest for entry in found.entries] == [
        f"sha256:{hashlib.sha256(payload).hexdigest()}" for payload in (noise, b"small")
    ]


def test_an_object_that_is_cut_between_two_records_is_found() -> None:
    objects = Objects()
    objects.add("key", [(True, False, b"one")])
    request = member("request", 2, of=1)
    assert objects.data["key"].endswith(request)
    del objects.data["key"][-len(request) :]

    with pytest.raises(RejectError, match="bytes where"):
        collected(objects)


@settings(deadline=None)
@given(st.data())
def test_any_damage_is_found(data: st.DataObject) -> None:
    objects = Objects()
    objects.add("key", [(True, False, b"one"), (True, False, b"two")])
    whole = objects.data["key"]
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        objects.data["key"] = whole[:at]
    else:
        # Of a gzip header only what names the system and the time is under no check sum (RFC 1952 §2.3).
        starts = [place for place in range(len(whole)) if whole[place : place + 3] == b"\x1f\x8b\x08"]
        unchecked = {start + place for start in starts for place in range(4, 10)}
        at = data.draw(st.sampled_from([place for place in range(len(whole)) if place not in unchecked]))
        whole[at] ^= data.draw(st.sampled_from([0xFF]))

    with pytest.raises(RejectError):
        collected(objects)


def test_what_is_lost_or_elsewhere_is_said_so() -> None:
    objects = Objects()
    objects.add("key", [(True, False, b"one")])
    objects.wanted = [wanted("key", 77, objects.captures["key"][0])]
    with pytest.raises(WarcReadError, match="not where the ledger says"):
        collected(objects)

    del objects.data["key"]
    with pytest.raises(EvidenceMissingError):
        collected(objects)
