"""Compaction keeps every record readable, byte for byte, whenever it is killed."""

from contextlib import suppress
from datetime import timedelta

import pytest

from services.admin.compaction import Compaction, NotSealed, Sealed, Step
from services.admin.verification import Verification
from shared.cdxj import cdxj_key
from shared.clock import SystemClock
from shared.ledger.evidence_index import Place
from shared.warc_validation import validate_warc
from tests.support.stored_evidence import StoredEvidence

NO_TIME = timedelta(0)
WARC = "application/warc"


class KilledError(BaseException):
    """Stands for SIGKILL: nothing of ours may catch it."""


class KillAfter:
    """Ends the work at the n-th step that is reached."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.seen: list[Step] = []

    def __call__(self, step: Step) -> None:
        self.seen.append(step)
        self.left -= 1
        if self.left == 0:
            raise KilledError


def compaction(stored: StoredEvidence, **changes: object) -> Compaction:
    return Compaction(index=stored.index, evidence=stored.evidence, clock=SystemClock(), **changes)


def compact(
    stored: StoredEvidence, size: int, *, grace: timedelta = NO_TIME, **changes: object
) -> list[object]:
    work = compaction(stored, **changes)
    return [*work.seal(size=size, age=NO_TIME), *work.remove_superseded(grace=grace)]


def warcs(stored: StoredEvidence) -> dict[str, int]:
    return {key: stored.evidence.size(key) or 0 for key in stored.evidence.keys("warc/")}


def assert_sound(stored: StoredEvidence) -> None:
    verification = Verification(index=stored.index, evidence=stored.evidence, clock=SystemClock())
    wrong = [finding for finding in verification.findings() if finding.is_wrong]
    assert wrong == []


def test_small_objects_become_sealed_ones_with_every_record_as_it_was(stored: StoredEvidence) -> None:
    urls = stored.serve(60)
    stored.look(urls, per_batch=5)
    stored.look(urls, per_batch=5)
    records, before = stored.records(), warcs(stored)
    size = sum(before.values()) // 4

    done = [one for one in compact(stored, size) if isinstance(one, Sealed)]

    assert len(done) >= 3
    assert all(one.bytes >= size for one in done)
    assert sum(one.captures for one in done) + 5 * (24 - sum(one.parts for one in done)) == 120
    assert stored.records() == records
    after = warcs(stored)
    assert len(after) == 24 - sum(one.parts for one in done) + len(done)
    assert sum(after.values()) == sum(before.values())
    for one in done:
        assert validate_warc(stored.evidence.get(one.key), sealed=True) > 3 * one.captures
    assert set(stored.evidence.keys("cdxj/")) == {cdxj_key(key) for key in after}
    assert_sound(stored)


def test_what_is_too_little_waits_for_more(stored: StoredEvidence) -> None:
    stored.look(stored.serve(10), per_batch=5)
    before = warcs(stored)

    assert compact(stored, 10**9) == []
    assert warcs(stored) == before
    assert list(compaction(stored).seal(size=1000, age=timedelta(hours=1))) == []


def test_a_batch_that_is_not_read_yet_is_left_alone(stored: StoredEvidence) -> None:
    stored.look(stored.serve(20), per_batch=5)
    [unread] = stored.rows("select batch_id, warc_key from batches limit 1")
    stored.run("update batches set articles_done_at = null where batch_id = %(id)s", id=unread["batch_id"])

    assert compact(stored, 2 * max(warcs(stored).values())) != []

    assert unread["warc_key"] in warcs(stored)


def test_small_objects_stay_for_the_grace_time_and_are_found_by_their_old_name(
    stored: StoredEvidence,
) -> None:
    stored.look(stored.serve(20), per_batch=5)
    before = {key: stored.evidence.get(key) for key in warcs(stored)}

    [sealed] = compact(stored, sum(map(len, before.values())), grace=timedelta(days=1))

    assert isinstance(sealed, Sealed)
    assert set(warcs(stored)) == {*before, sealed.key}
    for key, data in before.items():
        place = stored.index.place_of(key)
        assert place == Place(key=sealed.key, offset=place.offset, length=len(data))
        assert stored.evidence.get_range(sealed.key, offset=place.offset, length=len(data)) == data
    assert_sound(stored)


@pytest.mark.parametrize("twice", [False, True])
def test_killed_at_any_step_nothing_is_lost_and_the_next_run_finishes(
    stored: StoredEvidence, *, twice: bool
) -> None:
    urls = stored.serve(8)
    reached: set[Step] = set()
    for kill_at in range(1, len(Step) + 1):
        stored.look(urls, per_batch=2)
        small = [size for key, size in warcs(stored).items() if "sealed" not in key]
        records, size = stored.records(), sum(small)
        for _ in range(1 + twice):
            kill = KillAfter(kill_at)
            with suppress(KilledError):
                compact(stored, size, reached=kill)
            reached.update(kill.seen[-1:])
            assert stored.records() == records, kill.seen[-1]
            assert_sound(stored)

        compact(stored, size)

        assert stored.records() == records
        assert stored.index.planned() == []
        assert stored.index.removable(grace=NO_TIME) == []
        assert set(warcs(stored)) == set(stored.index.keys())
        assert set(stored.evidence.keys("cdxj/")) == {cdxj_key(key) for key in warcs(stored)}
    assert reached == set(Step)


def test_a_damaged_part_is_told_and_kept_and_the_others_are_sealed(stored: StoredEvidence) -> None:
    stored.look(stored.serve(40), per_batch=5)
    oldest = stored.rows("select warc_key from batches order by stored_at, batch_id limit 2")
    damaged, missing = (row["warc_key"] for row in oldest)
    size = 2 * max(warcs(stored).values())
    data = stored.evidence.get(damaged)
    stored.evidence.put(damaged, data[:-1] + bytes([data[-1] ^ 1]), content_type=WARC)
    stored.evidence.delete(missing)

    done = compact(stored, size)

    assert {one.part_key for one in done if isinstance(one, NotSealed)} == {damaged, missing}
    assert sum(one.captures for one in done if isinstance(one, Sealed)) >= 20
    assert damaged in warcs(stored)
    assert stored.index.planned() == []


def test_a_part_whose_copy_differs_is_never_removed(stored: StoredEvidence) -> None:
    stored.look(stored.serve(10), per_batch=5)
    before = set(warcs(stored))
    [sealed] = compact(stored, sum(warcs(stored).values()), grace=timedelta(days=1))
    assert isinstance(sealed, Sealed)
    data = stored.evidence.get(sealed.key)
    stored.evidence.put(sealed.key, b"\x00" + data[1:], content_type=WARC)

    told = list(compaction(stored).remove_superseded(grace=NO_TIME))

    assert sum(isinstance(one, NotSealed) for one in told) == 1
    assert len(before & set(warcs(stored))) == 1
