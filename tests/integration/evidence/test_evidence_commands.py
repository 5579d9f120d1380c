"""The commands about evidence, as an operator types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.pressmark.program import app
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
    call("verify", "--source", "nobody")


def test_a_source_is_exported_in_both_forms(archive: StoredEvidence, tmp_path: Path) -> None:
    for form in ("warc", "wacz"):
        told = call("export", form, "--source", "harbour", "-o", str(tmp_path / form), "--json")

        assert json.loads(told.stdout)["captures"] == 20
        assert json.loads(told.stdout)["bytes"] == (tmp_path / form).stat().st_size
    call("export", "warc", "--source", "harbour", "--day", "2001-01-01", "-o", str(tmp_path / "x"), code=4)
    call("export", "warc", "-o", str(tmp_path / "x"), code=2)
    call("export", "warc", "--source", "harbour", "-o", str(tmp_path / "none" / "x"), code=2)
    call("export", "warc", "--article", "a", "--day", "2026-01-01", "-o", str(tmp_path / "x"), code=2)


def test_compact_seals_and_removes(archive: StoredEvidence) -> None:
    total = sum(archive.evidence.size(key) or 0 for key in archive.evidence.keys("warc/"))

    told = call("compact", "--size", f"{total}B", "--age", "0", "--grace", "0", "--json")

    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [line["what"] for line in lines] == ["sealed", *["removed"] * 4]
    assert lines[0]["captures"] == 20
    call("verify")
    call("compact", "--size", "large", code=2)
