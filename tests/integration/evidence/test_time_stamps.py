"""Checkpoints are stamped by a real authority on loopback, and a stranger's openssl confirms it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path

import pytest

from services.admin.log_reading import LogFindingKind
from services.admin.log_verification import LogVerification
from services.admin.settings import UpkeepSettings
from services.admin.time_stamps import Authority, TimeStamping, authority_of
from services.fetcher.gate import Gate
from services.fetcher.posting import Poster
from services.fetcher.stamps import StampRequester
from shared.errors import SettingsError
from shared.ledger.stamps import Stamps
from tests.support.proof_service import LoggedArchive
from tests.support.stored_evidence import StoredEvidence
from tests.support.time_authority import TimeAuthority, running_authority

DAY = timedelta(days=1)


class SetClock:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with running_authority(tmp_path / "authority") as authority:
        yield authority


@pytest.fixture
def archive(stored: StoredEvidence) -> LoggedArchive:
    stored.look(stored.serve(6), per_batch=3)
    archive = LoggedArchive(stored=stored)
    archive.append()
    return archive


def trusted(authority: TimeAuthority, *, certificates: Path | None = None) -> Authority:
    named = authority_of(authority.url, certificates or authority.certificates)
    assert named is not None
    return named


def stamping(archive: LoggedArchive, named: Authority, clock: SetClock | None = None) -> TimeStamping:
    return TimeStamping(
        stamps=Stamps(archive.stored.database),
        book=archive.book,
        log=archive.log,
        authority=named,
        every=DAY,
        clock=clock or SetClock(),
    )


def requester(
    archive: LoggedArchive, clock: SetClock | None = None, networks: str = "127.0.0.0/8"
) -> StampRequester:
    gate = Gate((ip_network(networks),))
    return StampRequester(
        stamps=Stamps(archive.stored.database),
        poster=Poster(gate, user_agent="pressmark/test", timeout=timedelta(seconds=20)),
        timeout=timedelta(seconds=20),
        clock=clock or SetClock(),
    )


def stamped(archive: LoggedArchive, authority: TimeAuthority) -> None:
    work = stamping(archive, trusted(authority))
    assert work.run()["planned"] == 1
    assert requester(archive).request() == 1
    outcome = work.run()
    assert outcome["kept"] == 1, outcome


def test_a_checkpoint_is_stamped_once_a_day_while_records_come_in(
    archive: LoggedArchive, authority: TimeAuthority
) -> None:
    clock = SetClock()
    work = stamping(archive, trusted(authority), clock)
    stamped(archive, authority)
    newest = archive.log.newest()
    assert newest is not None
    assert archive.log.stamps() == [(newest[0].size, "127.0.0.1")]

    archive.stored.look(archive.stored.serve(9)[6:], per_batch=3)
    archive.append()
    assert work.run()["planned"] == 0
    clock.ahead = DAY + timedelta(minutes=1)
    assert work.run()["planned"] == 1
    assert requester(archive, clock).request() == 1
    outcome = work.run()
    assert outcome["kept"] == 1
    assert outcome["stamped_at"] is not None
    clock.ahead *= 2
    assert work.run()["planned"] == 0, "nothing came in since"
    assert len(authority.asked) == 2


def test_a_stranger_learns_by_openssl_when_the_records_were_in_the_log(
    archive: LoggedArchive, authority: TimeAuthority, tmp_path: Path
) -> None:
    article = archive.make_article("/news/1")
    stamped(archive, authority)
    archive.stored.look(archive.stored.serve(9)[6:], source="quay", per_batch=3)
    archive.append()

    packed = archive.pack(article, tmp_path / "pack.zip")
    code, told = archive.judge(tmp_path / "pack.zip", "--authority", authority.certificates)

    assert packed.stamped_size is not None
    assert packed.stamped_size < packed.size
    assert code == 0, told
    (line,) = [line for line in told.splitlines() if line.startswith("STAMPED")]
    at = datetime.fromisoformat(line.split()[-1])
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=5)
    assert f"held {packed.stamped_size} records" in line


def test_another_authority_or_no_stamp_is_told(
    archive: LoggedArchive, authority: TimeAuthority, tmp_path: Path
) -> None:
    article = archive.make_article("/news/1")
    archive.pack(article, tmp_path / "early.zip")
    stamped(archive, authority)
    archive.pack(article, tmp_path / "pack.zip")
    with running_authority(tmp_path / "other") as other:
        strange, told_strange = archive.judge(tmp_path / "pack.zip", "--authority", other.certificates)
    early, told_early = archive.judge(tmp_path / "early.zip", "--authority", authority.certificates)

    assert strange == early == 1
    assert "not one of this checkpoint by this authority" in told_strange
    assert "the pack has no time stamp" in told_early


@pytest.mark.parametrize("case", ["another_checkpoint", "another_authority", "replayed", "cut", "no_stamp"])
def test_an_answer_that_does_not_verify_is_not_kept_and_is_asked_for_again(
    archive: LoggedArchive, authority: TimeAuthority, tmp_path: Path, case: str
) -> None:
    clock = SetClock()
    named = trusted(authority)
    work = stamping(archive, named, clock)
    if case == "another_checkpoint":
        authority.instead = query(b"something else")
    elif case == "another_authority":
        with running_authority(tmp_path / "other") as other:
            work = stamping(archive, trusted(authority, certificates=other.certificates), clock)
    elif case == "replayed":
        newest = archive.log.newest()
        assert newest is not None
        authority.instead = query(newest[1].encode())
    elif case == "cut":
        authority.changed = lambda answer: answer[:-20]
    else:
        authority.changed = lambda _: b"<html>Welcome</html>"
    work.run()
    requester(archive, clock).request()

    outcome = work.run()

    assert (outcome["kept"], len(outcome["refused"])) == (0, 1)
    assert archive.log.stamps() == []
    assert requester(archive, clock).request() == 0, "not before a while"
    clock.ahead = timedelta(hours=1)
    authority.instead, authority.changed = None, bytes
    assert requester(archive, clock).request() == 1
    assert stamping(archive, named, clock).run()["kept"] == 1


def query(data: bytes) -> bytes:
    """Return a request for a stamp of other bytes, or of the same with another nonce."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415

    return TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256).build().as_bytes()


def test_an_authority_that_is_away_is_asked_again_later_and_later_and_signing_goes_on(
    archive: LoggedArchive, authority: TimeAuthority
) -> None:
    clock = SetClock()
    work, asking = stamping(archive, trusted(authority), clock), requester(archive, clock)
    work.run()
    authority.status = 503
    waits = []
    for _ in range(4):
        assert asking.request() == 1
        [row] = archive.stored.rows("select due_at, outcome from log_stamps")
        assert row["outcome"] == "http_503"
        waits.append(row["due_at"] - clock.now())
        clock.ahead += waits[-1] + timedelta(seconds=1)
    assert all(later > earlier for earlier, later in pairwise(waits))

    archive.stored.look(archive.stored.serve(9)[6:], per_batch=3)
    assert archive.append().records > 0
    clock.ahead += DAY
    work.run()
    assert [row["state"] for row in archive.stored.rows("select state from log_stamps order by size")] == [
        "left",
        "waiting",
    ]


def test_an_authority_at_a_private_address_is_not_asked_unless_the_operator_opens_it(
    archive: LoggedArchive, authority: TimeAuthority
) -> None:
    stamping(archive, trusted(authority)).run()

    requester(archive, networks="192.0.2.0/24").request()

    assert authority.asked == []
    assert [row["outcome"] for row in archive.stored.rows("select outcome from log_stamps")] == [
        "private_address"
    ]


def test_a_stamp_that_was_changed_in_the_store_is_found(
    archive: LoggedArchive, authority: TimeAuthority
) -> None:
    stamped(archive, authority)
    [(size, name)] = archive.log.stamps()
    answer = bytearray(archive.log.stamp(size, name))
    answer[-30] ^= 1
    verification = LogVerification(
        log=archive.log, book=archive.book, rows=archive.rows, authority=trusted(authority)
    )
    assert list(verification.findings()) == []

    archive.log.put_stamp(bytes(answer), size=size, authority=name)

    [finding] = verification.findings()
    assert (finding.kind, finding.position) == (LogFindingKind.TIME_STAMP, size)


def test_an_authority_without_its_certificates_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing", encoding="utf-8")

    assert authority_of("", None) is None
    for file in (None, empty, tmp_path / "none.pem"):
        with pytest.raises(SettingsError, match="PRESSMARK_TIMESTAMP_CERTIFICATES"):
            authority_of("https://times.example/", file)
    assert UpkeepSettings.model_fields["timestamp_url"].default == ""
