"""The log over every stored record: it grows through every kill into the same log, and never into two."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from services.admin.compaction import Compaction
from services.admin.log_append import Step
from services.admin.log_reading import LogFinding
from shared.clock import SystemClock
from shared.errors import TryAgainError
from shared.proof import LogKey, ProofError, entry_bundle, read_bundle, tile_path
from shared.warc_reading import read_records
from tests.support.proof_service import LoggedArchive
from tests.support.stored_evidence import StoredEvidence

NO_TIME = timedelta(0)
WARC = "application/warc"


class KilledError(BaseException):
    """Stands for SIGKILL: nothing of ours may catch it."""


class KillAt:
    """Ends the work when a step is reached for the n-th time, or any step when none is named."""

    def __init__(self, step: Step | None, times: int = 1) -> None:
        self.step = step
        self.left = times

    def __call__(self, step: Step) -> None:
        self.left -= self.step in (None, step)
        if self.left == 0:
            raise KilledError


@pytest.fixture
def archive(stored: StoredEvidence) -> LoggedArchive:
    """An archive with 40 captures in 8 objects, nothing of it logged."""
    stored.look(stored.serve(40), per_batch=5)
    return LoggedArchive(stored=stored)


def files_of(archive: LoggedArchive) -> dict[str, bytes]:
    return {key: archive.stored.evidence.get(key) for key in archive.stored.evidence.keys("log/")}


def record_ids(archive: LoggedArchive) -> list[str]:
    return [
        record.record_id.strip("<>")
        for row in archive.stored.rows("select warc_key from batches order by stored_at, batch_id")
        for record in read_records(archive.stored.evidence.get(row["warc_key"]))
    ]


def logged_ids(archive: LoggedArchive) -> list[str]:
    size = archive.log.newest()[0].size  # type: ignore[index]
    rows = [row for _, row in archive.log.entries(0, size, size=size)]
    return [row.partition(b'"record":"')[2].partition(b'"')[0].decode() for row in rows]


def test_every_record_of_every_object_is_logged_in_order(archive: LoggedArchive) -> None:
    done = archive.append()

    assert (done.objects, done.unlogged) == (8, [])
    assert logged_ids(archive) == record_ids(archive)
    assert archive.findings() == []
    assert archive.book.standing().unlogged == 0
    assert archive.append().records == 0


def test_a_log_grows_and_its_partial_tiles_go_when_they_are_full(archive: LoggedArchive) -> None:
    archive.append(step_records=10)
    urls = [row["url"] for row in archive.stored.rows("select url from targets")]
    for _ in range(2):
        archive.stored.look(urls, per_batch=8)
        archive.append()

    assert archive.log.newest()[0].size > 256  # type: ignore[index]
    assert not [key for key in files_of(archive) if "/000.p/" in key and "/tile/1/" not in key]
    assert archive.findings() == []
    assert len(archive.log.signed_sizes()) >= 4


def test_killed_at_any_step_the_next_run_makes_the_same_log(archive: LoggedArchive) -> None:
    few = [row["url"] for row in archive.stored.rows("select url from targets limit 2")]
    for step in Step:
        with pytest.raises(KilledError):
            archive.append(reached=KillAt(step))
        signed = archive.log.newest()

        archive.append()

        if signed is not None:
            assert archive.log.note(f"checkpoints/{signed[0].size}") == signed[1]
        assert logged_ids(archive) == record_ids(archive)
        assert archive.findings() == []
        archive.stored.look(few)


def test_killed_again_and_again_from_the_start_it_ends_as_the_log_of_one_run(archive: LoggedArchive) -> None:
    for kill_at in range(1, 9):
        with suppress(KilledError):
            archive.append(reached=KillAt(None, kill_at))
    archive.append()
    interrupted = files_of(archive)

    for key in interrupted:
        archive.stored.evidence.delete(key)
    archive.stored.run("delete from log_objects")
    archive.stored.run("delete from log_checkpoints")
    archive.append()

    assert files_of(archive) == interrupted


def test_only_one_writes_at_a_time(archive: LoggedArchive) -> None:
    with archive.book.writer(), pytest.raises(TryAgainError, match="another process writes"):
        archive.append()
    assert archive.log.newest() is None


@pytest.mark.parametrize("backup_is_empty", [False, True])
def test_a_ledger_from_an_old_backup_finds_its_places_again(
    archive: LoggedArchive, *, backup_is_empty: bool
) -> None:
    archive.append(step_records=40)
    first = archive.log.signed_sizes()[0]
    before, places = (
        files_of(archive),
        archive.stored.rows("select * from log_objects order by first_position"),
    )
    kept = 0 if backup_is_empty else first
    archive.stored.run("delete from log_checkpoints where size > %(kept)s", kept=kept)
    archive.stored.run("delete from log_objects where first_position >= %(kept)s", kept=kept)

    done = archive.append()

    assert done.records == 0
    assert done.found_again == sum(place["first_position"] >= kept for place in places)
    assert files_of(archive) == before
    again = archive.stored.rows("select * from log_objects order by first_position")
    assert [(one["object_key"], one["first_position"]) for one in again] == [
        (one["object_key"], one["first_position"]) for one in places
    ]


def test_an_object_that_a_restored_ledger_does_not_know_is_told_and_the_log_goes_on(
    archive: LoggedArchive,
) -> None:
    archive.append()
    [lost] = archive.stored.rows("select warc_key from batches order by stored_at, batch_id offset 3 limit 1")
    archive.stored.run("delete from log_checkpoints")
    archive.stored.run("delete from log_objects")
    archive.stored.run("update batches set state = 'lost' where warc_key = %(key)s", key=lost["warc_key"])

    assert archive.append().found_again == 7
    assert [one.kind for one in archive.findings()] == ["unknown_rows"]


def test_a_log_that_was_rolled_back_in_the_store_is_never_signed_again(archive: LoggedArchive) -> None:
    archive.append(step_records=40)
    *_, older, newest = archive.log.signed_sizes()
    note = archive.log.note(f"checkpoints/{older}")
    assert note is not None
    archive.stored.evidence.delete(f"log/checkpoints/{newest}")
    archive.log.put_checkpoint(note, "checkpoint")
    archive.stored.look(archive.stored.serve(3))
    before = files_of(archive)

    with pytest.raises(ProofError, match=f"rolled back: it holds {older} records, and {newest} were signed"):
        archive.append()

    assert files_of(archive) == before
    assert any("rolled back" in one.detail for one in archive.findings())


def test_another_key_or_another_log_under_our_key_is_refused(archive: LoggedArchive) -> None:
    archive.append()
    note = archive.log.note()
    assert note is not None
    swapped = LoggedArchive(stored=archive.stored, key=LogKey.generate("archive.example/log"))

    with pytest.raises(ProofError, match="is not signed by the key"):
        swapped.append()
    assert archive.log.note() == note

    archive.stored.run("update log_checkpoints set root = decode(repeat('00', 32), 'hex')")
    with pytest.raises(ProofError, match="two different logs"):
        archive.append()


def test_rows_stay_right_when_objects_are_sealed(archive: LoggedArchive) -> None:
    archive.append()
    evidence = archive.stored.evidence
    size = sum(evidence.size(key) or 0 for key in evidence.keys("warc/"))
    work = Compaction(index=archive.stored.index, evidence=evidence, clock=SystemClock())

    assert len(list(work.seal(size=size, age=NO_TIME))) == 1
    assert len(list(work.remove_superseded(grace=NO_TIME))) == 8

    assert archive.findings() == []


def test_a_damaged_object_is_told_and_the_others_are_logged(archive: LoggedArchive) -> None:
    key = archive.stored.index.keys()[0]
    data = archive.stored.evidence.get(key)
    archive.stored.evidence.put(key, data[:-9], content_type=WARC)

    done = archive.append()

    assert [one.key for one in done.unlogged] == [key]
    assert done.objects == 7
    assert archive.book.standing().unlogged == 1
    archive.stored.evidence.put(key, data, content_type=WARC)
    assert archive.append().objects == 1
    assert archive.findings() == []


def edit_rows(archive: LoggedArchive, change: Callable[[list[bytes]], list[bytes]]) -> None:
    size = archive.log.newest()[0].size  # type: ignore[index]
    path = tile_path("entries", 0, size)
    archive.log.put(path, entry_bundle(change(read_bundle(archive.log.read(path)))))


def edit_store(archive: LoggedArchive) -> None:
    key = archive.stored.rows("select object_key from log_objects order by first_position limit 1")[0]
    data = bytearray(archive.stored.evidence.get(key["object_key"]))
    # The time in the gzip header: the record can still be read, and its bytes differ.
    data[4] ^= 1
    archive.stored.evidence.put(key["object_key"], bytes(data), content_type=WARC)


def edit_tile(archive: LoggedArchive) -> None:
    size = archive.log.newest()[0].size  # type: ignore[index]
    path = tile_path(0, 0, size)
    archive.log.put(path, bytes(32) + archive.log.read(path)[32:])


DAMAGES: dict[str, tuple[Callable[[LoggedArchive], None], str]] = {
    "one byte of a record": (edit_store, "the log holds warcinfo urn:uuid:"),
    "a tile": (edit_tile, "is not what the tree holds there"),
    "a row edited": (
        lambda archive: edit_rows(archive, lambda rows: [rows[0].replace(b"20", b"19", 1), *rows[1:]]),
        "is not what the tree holds there",
    ),
    "a row dropped": (lambda archive: edit_rows(archive, lambda rows: rows[1:]), "were dropped or inserted"),
    "a bundle lost": (
        lambda archive: archive.stored.evidence.delete(
            "log/" + tile_path("entries", 0, archive.log.newest()[0].size)  # type: ignore[index]
        ),
        "is missing from the log",
    ),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_what_differs_is_found_and_named(case: str, archive: LoggedArchive) -> None:
    damage, told = DAMAGES[case]
    archive.append()

    damage(archive)

    found: list[LogFinding] = archive.findings()
    assert any(told in one.detail for one in found), found
