"""A backup taken while the archive works becomes the same archive on an empty machine."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import NoReturn
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner, Result

from services.pressmark.program import app
from shared.errors import TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.dumping import dump_ledger
from shared.proof import LogKey
from shared.settings import EvidenceSettings
from tests.support.proof_service import LoggedArchive
from tests.support.stored_evidence import StoredEvidence


class KilledError(BaseException):
    """Stands for SIGKILL: nothing of ours may catch it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where the commands find an archive."""

    database_url: str
    store: EvidenceSettings
    log_key_file: Path

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in {
            "DATA": str(self.log_key_file.parent / "none"),
            "DATABASE_URL": self.database_url,
            "BROKER_URL": "redis://127.0.0.1:1/0",
            "S3_ENDPOINT": self.store.endpoint or "",
            "S3_BUCKET": self.store.bucket,
            "S3_ACCESS_KEY": self.store.access_key,
            "S3_SECRET_KEY": self.store.secret_key,
            "LOG_KEY_FILE": str(self.log_key_file),
        }.items():
            monkeypatch.setenv(f"PRESSMARK_{name}", value)

    @property
    def evidence(self) -> EvidenceStore:
        return EvidenceStore(self.store)


@pytest.fixture
def archive(
    stored: StoredEvidence, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> LoggedArchive:
    """A signed archive with forty captures in eight objects, which the commands find."""
    archive = LoggedArchive(stored=stored)
    key_file = tmp_path / "log.key"
    key_file.write_text(archive.key.secret() + "\n", encoding="utf-8")
    stored.look(stored.serve(40), per_batch=5)
    archive.append()
    Machine(database_url=database_url, store=stored.evidence._settings, log_key_file=key_file).enter(
        monkeypatch
    )
    return archive


@pytest.fixture
def empty_machine(stored: StoredEvidence, postgres_url: str, tmp_path: Path) -> Iterator[Machine]:
    """A ledger without a table, a bucket that is not there yet, and another key for the log."""
    name = f"empty_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    own = stored.evidence._settings
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "log.key").write_text(LogKey.generate("new.example/log").secret() + "\n", encoding="utf-8")
    yield Machine(
        database_url=postgres_url.rpartition("/")[0] + f"/{name}",
        store=EvidenceSettings(
            endpoint=own.endpoint,
            bucket=f"restored-{uuid4().hex[:12]}",
            access_key=own.access_key,
            secret_key=own.secret_key,
            region=own.region,
        ),
        log_key_file=folder / "log.key",
    )
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def call(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def told(*words: str, code: int = 0) -> dict[str, object]:
    found: dict[str, object] = json.loads(call(*words, "--json", code=code).stdout)
    return found


def objects_of(store: EvidenceStore) -> dict[str, bytes]:
    return {key: store.get(key) for key in store.keys("") if not key.startswith("probe/")}


def rows_of(database: Database, folder: Path) -> dict[str, str]:
    """The digest of the rows of every table, but for what says when the last backup was."""
    folder.mkdir()
    return {
        table.name: table.sha256 for table in dump_ledger(database, folder).tables if table.name != "upkeep"
    }


def test_what_is_destroyed_comes_back_equal_and_its_proofs_hold(
    archive: LoggedArchive, empty_machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stored, place = archive.stored, str(tmp_path / "vault")
    told("backup", place)
    before = rows_of(stored.database, tmp_path / "before")
    objects = objects_of(stored.evidence)
    stored.run("truncate sources cascade")
    for key in objects:
        stored.evidence.delete(key)

    empty_machine.enter(monkeypatch)
    restored = told("restore", place)

    assert (restored["written"], restored["present"], restored["damaged"]) == (len(objects), 0, [])
    assert objects_of(empty_machine.evidence) == objects
    database = Database(empty_machine.database_url)
    assert rows_of(database, tmp_path / "after") == before
    database.close()
    assert empty_machine.log_key_file.read_text(encoding="utf-8").strip() == archive.key.secret()
    assert empty_machine.log_key_file.with_name("log.key.before-restore").exists()
    assert "40 captures" in call("verify").stdout
    call("log", "verify")
    call("restore", place, code=1)  # there is an archive now


def test_a_backup_taken_under_load_holds_every_object_its_ledger_points_at(
    archive: LoggedArchive, empty_machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stored, place = archive.stored, str(tmp_path / "vault")
    urls = stored.serve(80)

    def work() -> None:
        for place in range(0, len(urls), 10):
            stored.look(urls[place : place + 10], per_batch=2)
            with suppress(TryAgainError):  # the log rests while a backup reads it
                archive.append()

    load = Thread(target=work)
    load.start()
    while load.is_alive():
        argv = [sys.executable, "-m", "services.pressmark", "backup", place, "--json"]
        made = json.loads(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout)
        assert made["missing"] == []
    load.join()

    for path in sorted((tmp_path / "vault" / "backups").iterdir()):
        told("restore", place, "--backup", path.name, "--dry-run")
    first = min((tmp_path / "vault" / "backups").iterdir()).name
    empty_machine.enter(monkeypatch)
    told("restore", place, "--backup", first)

    call("verify")
    call("log", "verify")


def test_the_next_backup_copies_only_what_is_new_and_a_dry_run_nothing(
    archive: LoggedArchive, tmp_path: Path
) -> None:
    place, vault = str(tmp_path / "vault"), tmp_path / "vault"
    everything = len(objects_of(archive.stored.evidence))
    assert told("backup", place, "--dry-run")["would_copy"] == everything
    assert not list(vault.rglob("*.json"))
    told("backup", place)
    assert told("backup", place, "--dry-run")["would_copy"] == 0
    batches = archive.stored.look(archive.stored.serve(41)[40:])

    # A WARC object and its index of each.
    assert told("backup", place, "--dry-run")["would_copy"] == 2 * batches

    assert not list((vault / "journal").iterdir())


def test_a_backup_that_was_cut_short_is_none_and_the_next_goes_on_where_it_ended(
    archive: LoggedArchive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = str(tmp_path / "vault")
    with monkeypatch.context() as broken:
        broken.setattr("services.admin.backup.dump_ledger", _fail)
        with pytest.raises(KilledError):
            CliRunner().invoke(app, ["backup", place])
    call("restore", place, "--dry-run", code=4)

    assert told("backup", place, "--dry-run")["would_copy"] == 0
    told("backup", place)
    told("restore", place, "--dry-run")


def _fail(*_: object) -> NoReturn:
    raise KilledError


def test_damage_in_a_backup_is_found_and_the_rest_restored(
    archive: LoggedArchive, empty_machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = str(tmp_path / "vault")
    told("backup", place)
    warc = archive.stored.evidence.get(archive.stored.index.keys()[0])
    [victim] = (tmp_path / "vault" / "objects").rglob(hashlib.sha256(warc).hexdigest())
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")

    damaged = told("restore", place, "--dry-run", code=3)["damaged"]

    assert damaged
    empty_machine.enter(monkeypatch)
    assert told("restore", place, code=3)["damaged"] == damaged
    call("verify", code=1)


def test_a_bucket_keeps_backups_too_and_a_replicated_bucket_is_only_listed(
    archive: LoggedArchive, tmp_path: Path
) -> None:
    bucket = f"s3://backups-{uuid4().hex[:12]}/harbour"
    made = told("backup", bucket, "--no-log-key")

    assert made["has_log_key"] is False
    assert told("restore", bucket, "--dry-run")["present"] == made["objects"]
    call("backup", f"s3://{archive.stored.evidence._settings.bucket}/x", code=1)

    listed = told("backup", str(tmp_path / "listed"), "--no-objects")

    assert (listed["has_objects"], listed["objects"]) == (False, made["objects"])
    archive.stored.evidence.delete(archive.stored.index.keys()[0])
    assert told("restore", str(tmp_path / "listed"), "--dry-run", code=3)["damaged"]


def test_events_of_a_server_that_counted_further_are_read_on_a_new_one(
    archive: LoggedArchive, empty_machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stored = archive.stored
    for number, written_in in enumerate(("7000000000009", "7000000000002", "7000000000005")):
        stored.run(
            """insert into events (at, source_id, kind, written_in, data)
               values (now(), 'harbour', 'article_found', %(written_in)s::xid8, %(details)s::jsonb)""",
            written_in=written_in,
            details=json.dumps({"number": number}),
        )
    stored.run("insert into event_readers (reader, written_in, event_id) values ('a', '7000000000003', 0)")
    told("backup", str(tmp_path / "vault"))

    empty_machine.enter(monkeypatch)
    told("restore", str(tmp_path / "vault"))

    database = Database(empty_machine.database_url)
    with database.transaction() as transaction:
        read = transaction.rows(
            """select (data ->> 'number')::int as number,
                      (e.written_in, e.event_id) > (r.written_in, r.event_id) as is_new
               from events e cross join event_readers r
               where r.reader = 'a' and e.written_in < pg_snapshot_xmin(pg_current_snapshot())
               order by e.written_in, e.event_id"""
        )
    database.close()
    assert [(row["number"], row["is_new"]) for row in read] == [(1, False), (2, True), (0, True)]


def test_the_age_of_the_last_whole_backup_is_among_the_figures(
    archive: LoggedArchive, tmp_path: Path
) -> None:
    made = told("backup", str(tmp_path / "vault"))
    (tmp_path / "file").write_text("no folder")
    call("backup", str(tmp_path / "file"), code=1)

    [row] = archive.stored.rows("select outcome from upkeep where job = 'backup'")

    assert row["outcome"]["good_at"] == made["made_at"]
    assert "error" in row["outcome"]
