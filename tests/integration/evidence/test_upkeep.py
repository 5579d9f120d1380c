"""What the archive does by itself is done when it is due, by one process, and its outcome is kept."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ByteSize, SecretStr
from typer.testing import CliRunner, Result

from services.admin.app import make_jobs
from services.admin.settings import UpkeepSettings
from services.admin.upkeep import run_due, verify_next
from services.admin.verification import Verification
from services.pressmark.program import app
from services.standalone.data import DataDirectory
from shared.clock import SystemClock
from shared.ledger.upkeep import UpkeepJournal
from shared.proof import LogKey
from tests.support.proof_service import LoggedArchive
from tests.support.stored_evidence import StoredEvidence


def settings_of(stored: StoredEvidence, database_url: str, **changes: object) -> UpkeepSettings:
    settings = stored.evidence._settings
    values: dict[str, object] = {
        "database_url": SecretStr(database_url),
        "s3_endpoint": settings.endpoint,
        "s3_bucket": settings.bucket,
        "s3_access_key": SecretStr(settings.access_key),
        "s3_secret_key": SecretStr(settings.secret_key),
    }
    return UpkeepSettings(**(values | changes))  # type: ignore[arg-type]


def test_jobs_are_done_once_within_their_time_and_say_what_came_of_them(
    stored: StoredEvidence, database_url: str
) -> None:
    stored.look(stored.serve(10), per_batch=5)
    key = SecretStr(LogKey.generate("archive.example/log").secret())
    jobs = make_jobs(settings_of(stored, database_url, log_key=key), stored.database)
    journal = UpkeepJournal(stored.database)

    assert list(run_due(jobs, journal)) == ["log", "book", "compact", "verify", "exports", "webhook_log"]
    assert list(run_due(jobs, journal)) == []

    runs = {run.job: run.outcome for run in journal.last_runs()}
    assert runs["log"]["records"] > 10
    assert (runs["verify"]["objects"], runs["verify"]["wrong"]) == (2, 0)
    assert runs["compact"] == {"sealed": 0, "removed": 0, "kept": []}
    assert runs["webhook_log"] == {"deleted": 0}
    with journal.turn("log", every=timedelta(0)) as ours, journal.turn("log", every=timedelta(0)) as theirs:
        assert (ours, theirs) == (True, False)


def test_a_backup_is_made_when_the_last_is_old_and_tried_again_soon_when_it_failed(
    stored: StoredEvidence, database_url: str, tmp_path: Path
) -> None:
    stored.look(stored.serve(4), per_batch=2)
    journal, place = UpkeepJournal(stored.database), tmp_path / "vault"
    place.write_text("no folder")

    def run(*, age: timedelta) -> dict[str, object]:
        """Look whether a backup is due, and pretend that it was not looked for some hours."""
        settings = settings_of(stored, database_url, backup_to=str(place), backup_interval=age)
        job = next(job for job in make_jobs(settings, stored.database) if job.name == "backup")
        assert (job.every, job.takes_hours) == (min(age, timedelta(hours=1)), True)
        assert list(run_due([job], journal)) == ["backup"]
        stored.run("update upkeep set started_at = started_at - interval '5 hours'")
        return next(one.outcome for one in journal.last_runs() if one.job == "backup")

    assert "error" in run(age=timedelta(days=1))
    place.unlink()
    first = run(age=timedelta(days=1))
    assert "error" not in first
    assert run(age=timedelta(days=1)) == first
    assert run(age=timedelta(seconds=0.01))["good_at"] > first["good_at"]  # type: ignore[operator]

    assert len(list((place / "backups").iterdir())) == 2
    jobs = make_jobs(settings_of(stored, database_url), stored.database)
    assert "backup" not in [job.name for job in jobs], "no place is named"


def test_without_a_key_nothing_is_signed_and_the_rest_is_done(
    stored: StoredEvidence, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRESSMARK_LOG_KEY_FILE", raising=False)

    jobs = make_jobs(settings_of(stored, database_url), stored.database)

    assert [job.name for job in jobs] == ["book", "compact", "verify", "exports", "webhook_log"]


def test_verification_goes_round_and_tells_what_it_found_in_the_round(stored: StoredEvidence) -> None:
    stored.look(stored.serve(20), per_batch=5)
    stored.evidence.delete(stored.index.keys()[1])
    outcome: dict[str, object] = {}
    seen = []
    for _ in range(5):
        verification = Verification(index=stored.index, evidence=stored.evidence, clock=SystemClock())
        outcome = verify_next(verification, outcome, most_bytes=ByteSize(1))
        seen.append((outcome["objects"], outcome["wrong_in_round"], bool(outcome["after"])))

    # The object that is lost has no bytes, so the one after it is read in the same run.
    assert seen == [(1, 0, True), (2, 1, True), (1, 1, False), (1, 0, True), (2, 1, True)]


@pytest.fixture
def archive(
    stored: StoredEvidence, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> LoggedArchive:
    """An archive whose log the commands find by their settings, with a key as `pressmark up` makes it."""
    settings = stored.evidence._settings
    data = DataDirectory(tmp_path / "data")
    data.create()
    key = data.log_key_file()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for name, value in {
        "DATA": str(tmp_path / "none"),
        "DATABASE_URL": database_url,
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "S3_ENDPOINT": settings.endpoint or "",
        "S3_BUCKET": settings.bucket,
        "S3_ACCESS_KEY": settings.access_key,
        "S3_SECRET_KEY": settings.secret_key,
        "LOG_KEY_FILE": str(key),
    }.items():
        monkeypatch.setenv(f"PRESSMARK_{name}", value)
    stored.look(stored.serve(10), per_batch=5)
    made = LogKey.parse(data.log_key_file().read_text())
    return LoggedArchive(stored=stored, key=made)


def call(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def test_the_commands_append_show_verify_export_and_prove(archive: LoggedArchive, tmp_path: Path) -> None:
    assert call("log", "key").stdout.strip() == str(archive.key.verifier)
    assert json.loads(call("log", "show", "--json").stdout)["unlogged_objects"] == 2
    call("log", "export", str(tmp_path / "early"), code=75)

    size = json.loads(call("log", "append", "--json").stdout)["size"]

    shown = json.loads(call("log", "show", "--json").stdout)
    assert (shown["size"], shown["unlogged_objects"]) == (size, 0)
    assert f"{size} records, 2 objects: 0 wrong" in call("log", "verify").stdout
    call("log", "export", str(tmp_path / "log"))
    assert archive.judge("--log", tmp_path / "log")[0] == 0
    article = archive.make_article("/news/3")
    known = str(tmp_path / "log" / "checkpoint")
    call("proof", article, "-o", str(tmp_path / "pack.zip"), "--since", known)
    assert archive.judge(tmp_path / "pack.zip", "--known", known)[0] == 0
    call("proof", "none", "-o", str(tmp_path / "none.zip"), code=4)
    archive.stored.evidence.delete(archive.stored.index.keys()[0])
    call("log", "verify", code=1)


def test_a_new_key_is_private_and_never_overwrites_one(tmp_path: Path) -> None:
    target = tmp_path / "log.key"

    told = call("log", "new-key", "archive.example/log", "-o", str(target)).stdout.strip()

    assert str(LogKey.parse(target.read_text()).verifier) == told
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    call("log", "new-key", "archive.example/log", "-o", str(target), code=1)


def test_without_a_key_the_commands_say_how_to_make_one(
    archive: LoggedArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRESSMARK_LOG_KEY_FILE")

    assert "new-key" in call("log", "append", code=1).stderr
    assert "nothing is signed" in call("log", "show").stdout
