"""`source add` with an address: from an outlet on loopback to a source file."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from services.admin.adding_cli import add_adding_commands
from services.admin.cli import source_commands
from services.admin.proposals import Proposal
from services.pressmark.detection import proposal_of
from services.pressmark.extraction import PageNotFetchedError, fetch_page
from services.standalone.outlet.model import Outlet
from services.standalone.outlet.server import serve
from shared.sources import load_source


def proposed(address: str) -> Proposal:
    return proposal_of(address, fetch=fetch_page, pause=lambda: None)


def test_an_outlet_on_loopback_becomes_a_source_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSMARK_PRIVATE_NETWORKS", "127.0.0.0/8")
    app = typer.Typer()
    app.add_typer(source_commands, name="source")
    add_adding_commands(app, propose_source=proposed)

    with serve(Outlet(seed=1)) as site:
        site.set_day(5)
        command = ["source", "add", f"{site.url}/en/", "-o", str(tmp_path), "--json"]
        first, second = CliRunner().invoke(app, command), CliRunner().invoke(app, command)

    told = json.loads(first.stdout)
    source = load_source(Path(told["file"]).read_text(encoding="utf-8"))
    assert (first.exit_code, second.exit_code) == (0, 1)
    assert source.id == told["id"]
    assert {rule.kind.value for rule in source.lists} == {"feed", "sitemap", "listing"}
    assert len(told["sample"]) == 10
    assert all(link["title"] and link["date"] for link in told["sample"])
    assert told["added"] is False


def test_an_address_without_a_page_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRESSMARK_PRIVATE_NETWORKS", raising=False)

    with pytest.raises(PageNotFetchedError, match="PRESSMARK_PRIVATE_NETWORKS"):
        proposed("http://127.0.0.1:8080/")
