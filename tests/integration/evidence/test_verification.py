"""Verification finds what is wrong between the ledger and the store, all of it, and nothing else."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from services.admin.verification import Finding, Verification
from shared.cdxj import cdxj_key
from shared.clock import SystemClock
from tests.support.stored_evidence import StoredEvidence

PAGES = 320
WARC = "application/warc"


def verify(stored: StoredEvidence, **changes: object) -> list[Finding]:
    verification = Verification(index=stored.index, evidence=stored.evidence, clock=SystemClock(), **changes)
    return list(verification.findings())


class Saboteur:
    """Takes one object after the other, so that each fault stands alone, and says what must be found there."""

    def __init__(self, stored: StoredEvidence) -> None:
        self._stored = stored
        self._keys = iter(stored.index.keys())
        self.expected: set[tuple[str, str]] = set()
        """Kind, and the key or the capture."""

    def next_key(self) -> str:
        return next(self._keys)

    def captures(self, key: str) -> list[int]:
        return [capture.capture_id for capture in self._stored.index.captures_of(key)]

    def expect(self, kind: str, place: object) -> None:
        self.expected.add((kind, str(place)))

    def rewrite(self, key: str, change: Callable[[bytes], bytes]) -> None:
        self._stored.evidence.put(key, change(self._stored.evidence.get(key)), content_type=WARC)

    def change_row(self, capture: int, assignment: str) -> None:
        self._stored.run(f"update captures set {assignment} where capture_id = %(id)s", id=capture)

    # --- the faults, each planted in an object of its own ---

    def plant_object_gone(self) -> None:
        key = self.next_key()
        self._stored.evidence.delete(key)
        self.expect("object_missing", key)

    def plant_object_cut_within_a_record(self) -> None:
        key = self.next_key()
        last = self._stored.index.captures_of(key)[-1]
        self.rewrite(key, lambda data: data[: last.warc_offset + 20])
        self.expect("object_size", key)
        self.expect("object_invalid", key)
        self.expect("pointer_wrong", last.capture_id)

    def plant_object_cut_between_records(self) -> None:
        key = self.next_key()
        last = self._stored.index.captures_of(key)[-1]
        self.rewrite(key, lambda data: data[: last.warc_offset])
        self.expect("object_size", key)
        self.expect("pointer_wrong", last.capture_id)

    def plant_bit_flipped(self) -> None:
        key = self.next_key()
        hit = self._stored.index.captures_of(key)[2]
        at = hit.warc_offset + hit.warc_length // 2
        self.rewrite(key, lambda data: data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        self.expect("object_invalid", key)
        self.expect("pointer_wrong", hit.capture_id)

    def plant_garbage_behind(self) -> None:
        key = self.next_key()
        self.rewrite(key, lambda data: data + b"garbage")
        self.expect("object_size", key)
        self.expect("object_invalid", key)

    def plant_another_object_in_its_place(self) -> None:
        key, other = self.next_key(), self.next_key()
        self._stored.evidence.put(key, self._stored.evidence.get(other), content_type=WARC)
        if self._stored.index.size_of(key) != self._stored.index.size_of(other):
            self.expect("object_size", key)
        mine, theirs = (self._stored.index.captures_of(one) for one in (key, other))
        offsets = {capture.warc_offset for capture in theirs}
        for capture in mine:
            met = capture.warc_offset in offsets
            self.expect("record_differs" if met else "pointer_wrong", capture.capture_id)
            lengths = {one.warc_length for one in theirs if one.warc_offset == capture.warc_offset}
            if met and capture.warc_length not in lengths:
                self.expect("pointer_wrong", capture.capture_id)
        for offset in offsets - {capture.warc_offset for capture in mine}:
            self.expect("orphan_record", f"{key}@{offset}")

    def plant_offset_wrong(self) -> None:
        key = self.next_key()
        hit = self._stored.index.captures_of(key)[1]
        self.change_row(hit.capture_id, "warc_offset = warc_offset + 1")
        self.expect("pointer_wrong", hit.capture_id)
        self.expect("orphan_record", f"{key}@{hit.warc_offset}")

    def plant_length_wrong(self) -> None:
        capture = self.captures(self.next_key())[0]
        self.change_row(capture, "warc_length = warc_length - 1")
        self.expect("pointer_wrong", capture)

    def plant_digest_wrong(self) -> None:
        capture = self.captures(self.next_key())[0]
        self.change_row(capture, "payload_digest = 'sha256:' || repeat('0', 64)")
        self.expect("digest_differs", capture)

    def plant_row_says_otherwise(self) -> None:
        for change in (
            "url = url || 'x'",
            "fetched_at = fetched_at + interval '1 microsecond'",
            "status = 204",
            "content_type = 'image/png'",
            "record_id = '<urn:uuid:other>'",
        ):
            capture = self.captures(self.next_key())[3]
            self.change_row(capture, change)
            self.expect("record_differs", capture)

    def plant_row_twice(self) -> None:
        rows = sorted(self._stored.index.captures_of(self.next_key()), key=lambda row: row.capture_id)
        first, second, *_ = rows
        self.change_row(
            second.capture_id,
            f"warc_offset = {first.warc_offset}, warc_length = {first.warc_length}, "
            f"record_id = '{first.record_id}', url = '{first.url}'",
        )
        self.expect("duplicate_capture", second.capture_id)
        self.expect("orphan_record", f"{second.warc_key}@{second.warc_offset}")

    def plant_row_gone(self) -> None:
        hit = self._stored.index.captures_of(self.next_key())[1]
        self._stored.run("update targets set last_capture_id = null")
        self._stored.run("delete from captures where capture_id = %(id)s", id=hit.capture_id)
        self.expect("orphan_record", f"{hit.warc_key}@{hit.warc_offset}")

    def plant_all_rows_gone(self) -> None:
        key = self.next_key()
        self._stored.run("delete from captures where warc_key = %(key)s", key=key)
        self.expect("captures_missing", key)

    def plant_index_gone(self) -> None:
        key = cdxj_key(self.next_key())
        self._stored.evidence.delete(key)
        self.expect("index_missing", key)

    def plant_index_changed(self) -> None:
        key = cdxj_key(self.next_key())
        self.rewrite(key, lambda data: data[:-1])
        self.expect("index_differs", key)

    def plant_lost_lease(self) -> None:
        key = "warc/2026/01/01/lost.warc.gz"
        self._stored.evidence.put(key, b"whatever", content_type=WARC)
        self.expect("orphan_object", key)


FAULTS = [name for name in vars(Saboteur) if name.startswith("plant_")]


def places(findings: list[Finding]) -> Iterator[tuple[str, str]]:
    """What was found, by kind and place: a capture, an offset for an orphan record, else the object."""
    for finding in findings:
        if finding.capture_id is not None:
            yield finding.kind.value, str(finding.capture_id)
        elif finding.kind.value == "orphan_record":
            yield finding.kind.value, f"{finding.key}@{finding.offset}"
        else:
            yield finding.kind.value, finding.key


def test_nothing_is_found_where_nothing_is_wrong(stored: StoredEvidence) -> None:
    urls = [*stored.serve(30), stored.server.url("/broken", b"no HTTP", close=True)]
    stored.look(urls)
    stored.look(urls)

    verification = Verification(index=stored.index, evidence=stored.evidence, clock=SystemClock())

    assert list(verification.findings()) == []
    assert verification.verified.captures == 62
    assert verification.verified.records == 4 + 3 * 60 + 2


def test_every_planted_fault_is_found_and_nothing_else(stored: StoredEvidence) -> None:
    stored.look(stored.serve(PAGES), per_batch=5)
    saboteur = Saboteur(stored)
    for _ in range(2):
        for fault in FAULTS:
            getattr(saboteur, fault)()

    found = verify(stored)

    assert len(FAULTS) == 16
    assert Counter(places(found)) == Counter(saboteur.expected)


def test_a_revisit_of_another_record_is_found(stored: StoredEvidence) -> None:
    urls = stored.serve(4)
    stored.look(urls)
    stored.look(urls)
    revisit = stored.rows("select capture_id, revisit_of from captures where revisit_of is not null limit 1")[
        0
    ]
    stored.run(
        "update captures set revisit_of = (select min(capture_id) from captures where capture_id <> %(old)s) "
        "where capture_id = %(id)s",
        old=revisit["revisit_of"],
        id=revisit["capture_id"],
    )

    found = {(finding.kind.value, finding.capture_id) for finding in verify(stored)}

    assert ("revisit_unresolved", revisit["capture_id"]) in found
    assert {capture for _, capture in found} == {revisit["capture_id"]}


def test_an_orphan_object_is_listed_with_its_age_and_is_not_wrong(stored: StoredEvidence) -> None:
    stored.look(stored.serve(3))
    Saboteur(stored).plant_lost_lease()

    [found] = verify(stored)

    assert not found.is_wrong
    assert found.age is not None
    assert timedelta(minutes=-1) < found.age < timedelta(minutes=1)


@pytest.mark.parametrize("fault", ["plant_index_gone", "plant_index_changed"])
def test_an_index_is_made_again_when_that_is_asked_for(stored: StoredEvidence, fault: str) -> None:
    stored.look(stored.serve(6), per_batch=3)
    getattr(Saboteur(stored), fault)()

    assert verify(stored, mend_indexes=True) == []
    assert verify(stored) == []
