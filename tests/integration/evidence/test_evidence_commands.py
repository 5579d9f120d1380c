"""The commands about evidence, as an operator types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.pressmark.program import app
from shared.ledger.jobs import Jobs
from tests.support.ledger import put_source
from tests.support.stored_evidence import StoredEvidence


@pytest.fixture
def archive(
    stored: StoredEvidence, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> StoredEvidence:
    """An archive with twenty captures that the commands find by their settings."""
    settings = stored.evidence._settings
    for name, value in {
        "DATA": str(tmp_path / "none"),
        "DATABASE_URL": database_url,
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "S3_ENDPOINT": settings.endpoint or "",
        "S3_BUCKET": settings.bucket,
        "S3_ACCESS_KEY": settings.access_key,
        "S3_SECRET_KEY": settings.secret_key,
    }.items():
        monkeypatch.setenv(f"PRESSMARK_{name}", value)
    stored.look(stored.serve(20), per_batch=5)
    return stored


def call(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def test_verify_ends_with_zero_when_all_is_well_and_with_one_when_not(archive: StoredEvidence) -> None:
    assert "4 objects, 20 captures, 64 records: 0 wrong" in call("verify").stdout
    lost = archive.index.keys()[0]
    archive.evidence.delete(lost)

    told = call("verify", "--json", code=1)

    [finding] = map(json.loads, told.stdout.splitlines())
    assert (finding["kind"], finding["key"], finding["wrong"]) == ("object_missing", lost, True)
    assert "1 wrong" in told.stderr
    call("verify", "--source", "nobody", code=4)
    _, job, before = Jobs(archive.database).page(3).items
    assert (job.action, str(job.state), job.result["wrong"], before.result["wrong"]) == (  # type: ignore[index]
        "evidence.verify",
        "succeeded",
        1,
        0,
    )
    assert [one["key"] for one in job.findings] == [lost]
    assert (job.done, job.total) == (4, 4)


def test_a_range_of_days_and_a_source_bound_what_is_verified(archive: StoredEvidence) -> None:
    early, late = archive.index.keys()[:2]
    archive.run("update captures set fetched_at = '2020-05-05T23:59:59Z' where warc_key = %(key)s", key=early)
    archive.run("update captures set source_id = 'other' where warc_key = %(key)s", key=late)
    put_source(archive.database, "other")

    def planned(*words: str) -> int:
        told = json.loads(call("verify", *words, "--dry-run").stdout)
        assert told["dry_run"]
        return int(told["objects"])

    assert planned() == 4
    assert planned("--between", "2020-05-05", "2020-05-06") == 1
    assert planned("--between", "2020-05-06", "2099-01-01") == 3
    assert planned("--between", "2000-01-01", "2020-05-05") == 0
    assert planned("--source", "other") == 1
    archive.evidence.delete(late)
    assert (
        "1 objects, 5 captures, 16 records: "
        in call("verify", "--between", "2020-05-05", "2020-05-06", code=1).stdout
    )
    assert "object_missing" not in call("verify", "--source", "harbour", code=1).stdout
    call("verify", "--between", "2020-05-05", "2020-05-05", code=1)


def test_a_source_is_exported_in_both_forms(archive: StoredEvidence, tmp_path: Path) -> None:
    for form in ("warc", "wacz"):
        told = call("export", form, "--source", "harbour", "-o", str(tmp_path / form), "--json")

        assert json.loads(told.stdout)["captures"] == 20
        assert json.loads(told.stdout)["bytes"] == (tmp_path / form).stat().st_size
    call("export", "warc", "--source", "harbour", "--day", "2001-01-01", "-o", str(tmp_path / "x"), code=4)
    call("export", "warc", "-o", str(tmp_path / "x"), code=2)
    call("export", "warc", "--source", "harbour", "-o", str(tmp_path / "none" / "x"), code=2)
    call("export", "warc", "--article", "a", "--day", "2026-01-01", "-o", str(tmp_path / "x"), code=2)


def test_without_a_file_to_write_an_export_lies_in_the_store(archive: StoredEvidence) -> None:
    told = json.loads(call("export", "warc", "--source", "harbour", "--json").stdout)

    assert (told["captures"], told["bytes"]) == (20, archive.evidence.size(told["key"]))
    assert Jobs(archive.database).page(1).items[0].total == 20
    call("verify")
    call("export", "warc", "--source", "harbour", "--day", "2001-01-01", code=4)
    call("export", "warc", code=1)
    call("export", "index", code=2)


def test_an_index_of_the_whole_archive_is_exported(archive: StoredEvidence, tmp_path: Path) -> None:
    target = tmp_path / "index.cdxj"

    told = call("export", "index", "-o", str(target), "--json")

    lines = target.read_bytes().splitlines(keepends=True)
    assert json.loads(told.stdout) == {"file": str(target), "lines": 20}
    assert lines == sorted(
        line for key in archive.evidence.keys("cdxj/") for line in archive.evidence.get(key).splitlines(True)
    )


def test_files_of_anyones_are_judged_without_an_archive(archive: StoredEvidence, tmp_path: Path) -> None:
    good, cut = tmp_path / "good.warc.gz", tmp_path / "cut.warc.gz"
    good.write_bytes(archive.evidence.get(archive.index.keys()[0]))
    cut.write_bytes(good.read_bytes()[:-20])

    assert "sound, WARC, 16 records" in call("verify", "--file", str(good)).stdout
    told = call("verify", "--file", str(good), "--file", str(cut), "--json", code=1)

    first, second = map(json.loads, told.stdout.splitlines())
    assert (first["verdict"], second["verdict"], second["records"]) == ("sound", "damaged", 15)
    assert "no end" in second["damages"][0]["reason"]
    assert second["damages"][0]["offset"] > 0
    call("verify", "--file", str(tmp_path / "none"), code=2)
    call("verify", "--file", str(good), "--mend", code=2)


def test_compact_seals_and_removes(archive: StoredEvidence) -> None:
    total = sum(archive.evidence.size(key) or 0 for key in archive.evidence.keys("warc/"))

    planned = call("compact", "--size", f"{total}B", "--age", "0", "--dry-run")
    assert json.loads(planned.stdout) == {
        "dry_run": True,
        "objects": 1,
        "parts": 4,
        "bytes": total,
        "begun": 0,
        "removable": 0,
    }
    assert len(archive.index.keys()) == 4

    told = call("compact", "--size", f"{total}B", "--age", "0", "--grace", "0", "--json")

    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [line["what"] for line in lines] == ["sealed", *["removed"] * 4]
    assert lines[0]["captures"] == 20
    call("verify")
    call("compact", "--size", "large", code=2)
