"""What an operator types to make two articles one, and two of one again."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from services.pressmark.program import app
from tests.integration.ledger.test_unmerging import Ground, capture, three

__all__ = ["capture", "three"]

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("PRESSMARK_DATABASE_URL", database_url)
    monkeypatch.setenv("PRESSMARK_BROKER_URL", valkey_url)

    def invoke(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == code, result.output
        return result

    return invoke


def test_two_articles_are_merged_listed_and_parted(run: Run, three: Ground) -> None:
    first, second, _ = three.names()
    before = three.tables()

    run("merge", first, second, "--reason", "one story", "--dry-run")
    untouched = three.tables()
    run("merge", first, second, "--reason", "one story")
    (merge,) = [json.loads(line) for line in run("merges", second, "--json").stdout.splitlines()]
    planned = json.loads(run("unmerge", str(merge["merge"]), "--reason", "no", "--dry-run", "--json").stdout)
    parted = json.loads(run("unmerge", str(merge["merge"]), "--reason", "two stories", "--json").stdout)

    assert untouched == before
    assert (merge["article"], merge["merged"], merge["reason"]) == (first, second, "one story")
    assert (planned["dry_run"], planned["unmerged_at"]) == (True, None)
    assert (parted["dry_run"], parted["unmerge_reason"]) == (False, "two stories")
    assert three.tables() == before


def test_a_command_that_cannot_be_done_says_what_to_do(run: Run, three: Ground) -> None:
    first, _, _ = three.names()

    assert "name two" in run("merge", first, first, "--reason", "x", code=1).output
    assert "pressmark articles" in run("merge", first, "nobody", "--reason", "x", code=4).output
    assert "pressmark merges" in run("unmerge", "12345", "--reason", "x", code=4).output
    assert "--reason" in run("merge", first, "nobody", code=2).output
