"""Checkpoints stamped by an authority: over a real store and ledger, real HTTP, and openssl as the authority."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from services.fetcher.app import make_stamper
from services.fetcher.gate import Gate
from services.fetcher.posting import Poster
from services.fetcher.settings import FetcherSettings
from services.fetcher.timestamping import JOB, CheckpointStamper, pause_after
from shared.errors import SettingsError
from shared.ledger.upkeep import UpkeepJournal
from shared.log_store import stamp_key
from shared.proof.timestamps import read_authorities, request_for
from shared.settings import ServiceSettings
from tests.integration.evidence.test_proof_packs import PROVED, contents
from tests.support.proof_log import package
from tests.support.proof_service import LoggedArchive
from tests.support.stamp_authority import Authority
from tests.support.stored_evidence import StoredEvidence

LOOPBACK = [ip_network("127.0.0.0/8")]


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    with Authority(folder=tmp_path / "harbour", key="ec").make() as authority:
        yield authority


@pytest.fixture
def archive(stored: StoredEvidence) -> LoggedArchive:
    """Ten pages that were looked at, and a checkpoint."""
    archive = LoggedArchive(stored=stored)
    stored.look(stored.serve(10), per_batch=5)
    archive.append()
    return archive


def stamper(archive: LoggedArchive, authority: Authority, gate: Gate | None = None) -> CheckpointStamper:
    return CheckpointStamper(
        book=archive.book,
        journal=UpkeepJournal(archive.stored.database),
        evidence=archive.stored.evidence,
        poster=Poster(gate or Gate(LOOPBACK), user_agent="pressmark/test", timeout=timedelta(seconds=20)),
        url=authority.url,
        trusted=read_authorities(authority.certificates.read_bytes()),
        every=timedelta(hours=1),
    )


def hasten(archive: LoggedArchive) -> None:
    """Let every pause be over."""
    archive.stored.run("update upkeep set started_at = now() - interval '1 day'")


def outcome(archive: LoggedArchive) -> dict[str, object]:
    runs = UpkeepJournal(archive.stored.database).last_runs()
    return next(run.outcome for run in runs if run.job == JOB)


def check(
    pack: Path, archive: LoggedArchive, *more: object, path: str | None = None
) -> tuple[int, list[str]]:
    """Check a pack as a stranger does; return the exit code and the lines."""
    program = pack.parent / "check_proof.py"
    program.write_bytes(contents(pack)["check_proof.py"])
    call = [sys.executable, "-I", "-S", program, pack, "--key", archive.key.verifier, *more]
    environment = {"PATH": path or os.environ["PATH"]}
    done = subprocess.run([*map(str, call)], capture_output=True, text=True, env=environment, check=False)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def test_a_checkpoint_is_stamped_once_and_the_pack_proves_its_time(
    archive: LoggedArchive, authority: Authority, tmp_path: Path
) -> None:
    assert stamper(archive, authority).stamp()
    assert not stamper(archive, authority).stamp()
    hasten(archive)
    assert not stamper(archive, authority).stamp()

    size = archive.log.newest()[0].size  # type: ignore[index]
    assert len(authority.asked) == 1
    assert (outcome(archive)["size"], outcome(archive)["failures"]) == (size, 0)
    archive.pack(archive.make_article("/news/7"), tmp_path / "pack.zip")
    code, lines = check(tmp_path / "pack.zip", archive, "--authority", authority.certificates)
    assert (code, f"{lines[-1]}\n") == PROVED
    assert lines[0].startswith(f"STAMPED: the log held its first {size} records, ")
    assert str(outcome(archive)["at"])[:19].replace("T", " ") in lines[0]


def test_an_older_stamp_proves_what_the_log_held_then(
    archive: LoggedArchive, authority: Authority, tmp_path: Path
) -> None:
    stamper(archive, authority).stamp()
    stamped = archive.log.newest()[0].size  # type: ignore[index]
    archive.stored.look(archive.stored.serve(10), per_batch=5)
    archive.append()

    archive.pack(archive.make_article("/news/7"), tmp_path / "pack.zip")

    code, lines = check(tmp_path / "pack.zip", archive, "--authority", authority.certificates)
    assert code == 0
    assert lines[0].startswith(f"STAMPED: the log held its first {stamped} records, ")
    assert (archive.copy(tmp_path / "copy") / "timestamps" / f"{stamped}.tsr").is_file()


def test_where_a_stamp_cannot_be_checked_the_verifier_says_so(
    archive: LoggedArchive, authority: Authority, tmp_path: Path
) -> None:
    stamper(archive, authority).stamp()
    pack = tmp_path / "pack.zip"
    archive.pack(archive.make_article("/news/7"), pack)

    unnamed = check(pack, archive)
    without = check(pack, archive, "--authority", authority.certificates, path="/nowhere")

    for (code, lines), why in ((unnamed, "--authority"), (without, "openssl is not here")):
        assert (code, f"{lines[-1]}\n") == PROVED
        assert lines[0].startswith("UNCHECKED: the time stamp"), lines
        assert why in lines[0]


def test_a_stamp_of_another_authority_or_of_another_checkpoint_is_found(
    archive: LoggedArchive, authority: Authority, tmp_path: Path
) -> None:
    stamper(archive, authority).stamp()
    pack = tmp_path / "pack.zip"
    archive.pack(archive.make_article("/news/7"), pack)
    other = Authority(folder=tmp_path / "other" / "harbour", key="ec")
    other.folder.parent.mkdir()
    other.make()
    files = contents(pack)

    assert "does not hold" in check(pack, archive, "--authority", other.certificates)[1][0]
    for stamp in (authority.stamp(request_for(b"another checkpoint", nonce=7)), b"", files["stamp.tsr"][:-9]):
        pack.write_bytes(package(files | {"stamp.tsr": stamp}))
        code, lines = check(pack, archive, "--authority", authority.certificates)
        assert (code, lines[-1]) == (1, "NOT PROVED"), lines
        assert "FAULT the time stamp" in lines[0]
    pack.write_bytes(package(files | {"stamped": files["stamped"].replace(b"\n", b"\n9", 1)}))
    assert "altered" in check(pack, archive, "--authority", authority.certificates)[1][0]


def test_a_stamp_that_does_not_hold_is_not_kept_and_asked_for_again_later(
    archive: LoggedArchive, authority: Authority, tmp_path: Path
) -> None:
    forger = Authority(folder=tmp_path / "forger" / "harbour", key="ec")
    forger.folder.parent.mkdir()
    forger.make()
    old = authority.stamp(request_for(archive.log.newest()[1].encode(), nonce=5))  # type: ignore[index]
    faults: list[tuple[str, Callable[[bytes], tuple[int, bytes]]]] = [
        ("imprint", lambda _: (200, authority.stamp(request_for(b"another", nonce=5)))),
        ("does not lead to", lambda request: (200, forger.stamp(request))),
        ("another request", lambda _: (200, old)),
        ("refused to stamp", lambda _: (200, bytes.fromhex("30053003020102"))),
        ("http_500", lambda _: (500, b"down")),
        ("damaged", lambda request: (200, authority.stamp(request)[:-20])),
    ]
    for number, (why, authority.answer) in enumerate(faults, start=1):
        assert not stamper(archive, authority).stamp()
        assert (outcome(archive)["failures"], why in str(outcome(archive)["error"])) == (number, True), why
        assert not stamper(archive, authority).stamp(), "it is not asked again at once"
        assert len(authority.asked) == number
        hasten(archive)
    assert archive.log.stamped_sizes() == []

    authority.answer = None

    assert stamper(archive, authority).stamp()
    assert outcome(archive)["failures"] == 0
    assert "error" not in outcome(archive)


def test_while_the_authority_is_down_checkpoints_are_signed_and_packs_are_made(
    archive: LoggedArchive, authority: Authority, tmp_path: Path
) -> None:
    authority.__exit__()
    for failures in range(1, 4):
        assert not stamper(archive, authority).stamp()
        assert outcome(archive)["failures"] == failures
        hasten(archive)
    archive.stored.look(archive.stored.serve(10), per_batch=5)

    appended = archive.append()

    assert appended.records > 0
    assert archive.log.newest()[0].size == appended.size  # type: ignore[index]
    archive.pack(archive.make_article("/news/7"), tmp_path / "pack.zip")
    assert check(tmp_path / "pack.zip", archive) == (0, [PROVED[1].strip()])
    assert "stamp.tsr" not in contents(tmp_path / "pack.zip")
    with authority:
        assert stamper(archive, authority).stamp()
    assert archive.log.stamped_sizes() == [appended.size]
    assert archive.stored.evidence.get(stamp_key(appended.size))


def test_pauses_double_up_to_six_hours() -> None:
    assert [pause_after(failures) for failures in (1, 2, 3)] == [timedelta(minutes=one) for one in (1, 2, 4)]
    assert pause_after(1000) == timedelta(hours=6)


def test_the_gate_holds_for_authorities_too(archive: LoggedArchive, authority: Authority) -> None:
    closed = replace(stamper(archive, authority, Gate([])), url="http://127.0.0.1/stamp")

    assert not closed.stamp()

    assert authority.asked == []
    assert "private_address" in str(outcome(archive)["error"])


def test_without_an_authority_nothing_is_asked_and_without_its_certificates_nothing_starts(
    archive: LoggedArchive, tmp_path: Path
) -> None:
    service = ServiceSettings(database_url="postgresql://127.0.0.1/x", broker_url="redis://127.0.0.1:1")  # type: ignore[arg-type]
    database, gate = archive.stored.database, Gate(LOOPBACK)
    url = "https://tsa.example/"

    assert make_stamper(service, FetcherSettings(), database, gate=gate) is None
    for path in (None, tmp_path / "missing.pem"):
        fetcher = FetcherSettings(timestamp_url=url, timestamp_certificates=path)
        with pytest.raises(SettingsError, match="CERTIFICATES must name a PEM file"):
            make_stamper(service, fetcher, database, gate=gate)
