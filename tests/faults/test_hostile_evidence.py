"""Every cut and every change of a stored WARC object is found, and a good one never raises an alarm."""

import gzip
import random
from pathlib import Path

import pytest

from services.fetcher.outcomes import FetchFailure, Truncation
from services.fetcher.warc import WarcSpool, digest_of
from shared.completeness import check_object
from shared.warc_reading import WarcReadError, read_members, read_records
from tests.support.fetching import INFO, NOON, fetched, not_fetched, previous, target
from tests.support.warc_checks import WarcInvalidError, validate_warc

FLIPS = 10_000
GOOD_RECORDS = 10_000
BODY = b"<html><p>" + b"What the outlet said on that day. " * 6 + b"</p></html>"


@pytest.fixture(scope="module")
def warc(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Twenty records: every type we write, whole and cut, coded and chunked."""
    coded = gzip.compress(BODY, mtime=0)
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(coded), coded)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    again = target("http://outlet.example/b", previous=previous(digest_of(BODY)))
    path = tmp_path_factory.mktemp("warc") / "twenty.warc.gz"
    with WarcSpool(path, INFO, now=NOON) as spool:
        spool.record(fetched(BODY))
        spool.record(fetched(chunks, raw_head=head))
        spool.record(fetched(BODY, target=again))
        spool.record(fetched(BODY[:50], truncated=Truncation.DISCONNECT))
        spool.record(fetched(b"gone", status=404, raw_head=b"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\n"))
        spool.record(fetched(b"", status=304, target=again, raw_head=b"HTTP/1.1 304 Same\r\n\r\n"))
        spool.record(not_fetched(FetchFailure.DNS))
        assert spool.records == 20
        assert spool.size > 0
    return path.read_bytes()


def contents(data: bytes) -> list[bytes] | None:
    try:
        return [content for _, _, content in read_members(data)]
    except WarcReadError:
        return None


def is_found(data: bytes, **expected: int) -> bool:
    try:
        check_object(data, **expected)
    except WarcInvalidError:
        return True
    return False


def test_every_cut_is_found_by_the_number_of_records_and_by_the_length(warc: bytes) -> None:
    between = {record.offset for record in read_records(warc)} - {0}

    missed = [at for at in range(len(warc)) if not is_found(warc[:at])]
    missed_with_count = [at for at in missed if not is_found(warc[:at], expected_records=20)]
    missed_with_length = [at for at in missed if not is_found(warc[:at], expected_bytes=len(warc))]

    # Alone, a cut exactly between two records is a good object with fewer of them.
    assert set(missed) == between
    assert missed_with_count == []
    assert missed_with_length == []


def test_what_was_put_behind_or_between_the_records_is_found(warc: bytes) -> None:
    second = next(record for record in read_records(warc) if record.offset)
    member = warc[second.offset : second.offset + second.length]

    assert is_found(warc + b"\x00")
    assert is_found(warc + member, expected_records=20)
    assert is_found(warc + member, expected_bytes=len(warc))
    assert is_found(warc[: second.offset] + b"\n" + warc[second.offset :])


def test_every_bit_flip_is_found_unless_it_changes_no_byte_of_any_record(warc: bytes) -> None:
    random_bits = random.Random(3).sample(range(len(warc) * 8), min(FLIPS, len(warc) * 8))
    whole = contents(warc)
    missed = []
    for bit in random_bits:
        changed = bytearray(warc)
        changed[bit // 8] ^= 1 << bit % 8
        if not is_found(bytes(changed)):
            missed.append(bytes(changed))

    assert len(random_bits) == FLIPS
    # What is left are the bits that fill up the last byte of a deflate stream, which say nothing.
    assert all(contents(changed) == whole for changed in missed)
    assert len(missed) < FLIPS // 100


def test_a_changed_payload_under_a_right_checksum_is_found(warc: bytes) -> None:
    for offset, length, content in read_members(warc):
        at = content.rfind(b"e")
        changed = content[:at] + b"E" + content[at + 1 :]
        forged = gzip.compress(changed, 1, mtime=0)
        forged = bytes.fromhex("1f8b08000000000000ff") + forged[10:]

        assert is_found(warc[:offset] + forged + warc[offset + length :])


def test_ten_thousand_good_records_raise_no_alarm(tmp_path: Path) -> None:
    dice = random.Random(4)
    checked = 0
    while checked < GOOD_RECORDS:
        path = tmp_path / f"{checked}.warc.gz"
        with WarcSpool(path, INFO, now=NOON) as spool:
            for _ in range(300):
                body = dice.randbytes(dice.choice([0, 1, 100, 3000]))
                raw_head = b"HTTP/1.1 200 OK\r\nX-%d: %b\r\n\r\n" % (
                    dice.randrange(99),
                    b"\xe9" * dice.randrange(9),
                )
                chunked = dice.random() < 0.3
                if chunked:
                    raw_head = raw_head[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"
                spool.record(fetched(body, raw_head=raw_head))
        expected = {"expected_records": spool.records, "expected_bytes": spool.size}
        checked += check_object(path.read_bytes(), **expected)

    assert checked >= GOOD_RECORDS


def test_a_record_that_was_compressed_in_pieces_is_as_good_as_any(tmp_path: Path) -> None:
    path = tmp_path / "large.warc.gz"
    body = random.Random(5).randbytes(3 * 1024 * 1024 + 7)
    with WarcSpool(path, INFO, now=NOON) as spool:
        spool.record(fetched(body))
        spool.record(fetched(BODY))

    assert validate_warc(path.read_bytes()) == spool.records == 7
    assert path.stat().st_size == spool.size
    assert next(r.block for r in read_records(path.read_bytes()) if r.type == "response").endswith(body)
