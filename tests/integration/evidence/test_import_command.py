"""Importing a WARC, as an operator types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.pressmark.program import app
from shared.ledger import Database
from shared.ledger.migrate import migrate
from tests.support.archive import NewServers
from tests.support.foreign_files import SITE, by_warcio, look

SOURCE = f"""id = "herald"
name = "Quay Herald"
language = "en"
home = "{SITE}/"

[[lists]]
url = "{SITE}/list"
kind = "listing"
"""


def call(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def test_a_warc_is_tried_imported_shown_and_verified(
    new_servers: NewServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = new_servers()
    for name, value in {**servers.environment(), "PRESSMARK_DATA": str(tmp_path / "none")}.items():
        monkeypatch.setenv(name, value)
    database = Database(servers.database_url, max_connections=1)
    migrate(database)
    database.close()
    servers.evidence().ensure_bucket()
    (tmp_path / "herald.toml").write_text(SOURCE, encoding="utf-8")
    call("source", "add", str(tmp_path / "herald.toml"))
    path = tmp_path / "theirs.warc.gz"
    path.write_bytes(by_warcio([look("/news/1"), look("/news/2")]))
    words = ("import", str(path), "--source", "herald")

    tried = json.loads(call(*words, "--dry-run", "--json").stdout.splitlines()[-1])
    assert (tried["captures"], tried["dry_run"]) == (2, True)
    done = json.loads(call(*words, "--json").stdout.splitlines()[-1])
    assert (done["captures"], done["known"]) == (2, 0)
    assert "2 known before" in call(*words).stdout
    shown = json.loads(call("source", "show", "herald", "--json").stdout)
    assert [one["file_name"] for one in shown["imports"]] == ["theirs.warc.gz"]
    assert "theirs.warc.gz" in call("source", "show", "herald").stdout
    assert "1 objects, 2 captures" in call("verify").stdout
    call("import", str(path), "--source", "nobody", code=4)
    call("import", str(tmp_path / "herald.toml"), "--source", "herald", "--all", code=2)
