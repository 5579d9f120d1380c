"""The commands about rules, as an operator types them, and the sentinel in a real ledger."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.pressmark.program import app
from shared.ledger.field_watch import FieldStanding
from shared.sources import load_source
from tests.support.raw_server import source_of
from tests.support.rules_archive import SOURCE, RulesArchive
from tests.support.stored_evidence import StoredEvidence

Run = Callable[..., Result]
TEXT = 'title = "h1.headline"\nbody = "div.text"'


@pytest.fixture
def archive(stored: StoredEvidence) -> RulesArchive:
    return RulesArchive(stored=stored)


@pytest.fixture
def run(archive: RulesArchive, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    settings = archive.stored.evidence._settings
    environment = {
        "PRESSMARK_DATA": str(tmp_path / "none"),
        "PRESSMARK_DATABASE_URL": database_url,
        "PRESSMARK_BROKER_URL": "redis://127.0.0.1:1/0",
        "PRESSMARK_S3_ENDPOINT": settings.endpoint,
        "PRESSMARK_S3_BUCKET": settings.bucket,
        "PRESSMARK_S3_ACCESS_KEY": settings.access_key,
        "PRESSMARK_S3_SECRET_KEY": settings.secret_key,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return invoke


def story(number: int, *, text: str = "text", head: str = "headline") -> bytes:
    return f"""<html><body><div class="page"><h1 class="{head}">Report {number} of the harbour</h1>
<time datetime="2026-03-09">9 March 2026</time><div class="{text}">
<p>Ship number {number} of the northern line came in on Monday with grain and timber from the islands.</p>
<p>Its crew of {number + 10} was welcomed on the quay by families, and by a band of the old town.</p></div>
<div class="hits"><p>{number} people of this town have read this report so far today, it was counted.</p></div>
</div></body></html>""".encode()


def test_a_new_layout_is_an_event_within_20_articles_and_shown_until_it_is_mended(
    archive: RulesArchive,
) -> None:
    archive.look({f"/news/{number}": story(number) for number in range(80)}, TEXT)
    assert "source_drifted" not in archive.kinds()

    archive.look({f"/news/{number}": story(number, text="v2", head="v2") for number in range(80, 100)}, TEXT)

    told = [
        row["data"] for row in archive.stored.rows("select data from events where kind = 'source_drifted'")
    ]
    assert {name for one in told for name in one["fields"]} == {"title rule", "body rule"}
    standing = FieldStanding(archive.stored.database)
    assert standing.drifted() == {SOURCE: ["body rule", "title rule"]}
    [shown] = [one for one in standing.fields(SOURCE) if one["field"] == "body rule"]
    assert (shown["failed_before"], shown["failed_lately"]) == (0.0, 1.0)

    mended = 'title = "h1.v2"\nbody = "div.v2"'
    archive.look(
        {f"/news/{number}": story(number, text="v2", head="v2") for number in range(100, 120)}, mended
    )

    assert archive.kinds().count("source_recovered") == 1
    assert standing.drifted() == {}


def test_a_preview_and_a_run_as_an_operator_types_them(archive: RulesArchive, run: Run) -> None:
    archive.look({"/news/1": story(1)}, 'body = "div.page"')
    archive.follow(TEXT)

    preview = run("renormalize", "--source", SOURCE, "--dry-run", "--json")
    shown = run("renormalize", "--source", SOURCE, "--dry-run")
    done = run("renormalize", "--source", SOURCE, "--rules", "older", "--json")

    assert [preview.exit_code, shown.exit_code, done.exit_code] == [0, 0, 0], preview.output
    told = json.loads(preview.stdout)
    assert told["dry_run"] is True
    assert told["fields"]["body"]["changed"] == 1
    assert "Nothing was changed" in shown.stdout
    assert json.loads(done.stdout)["counts"] == told["counts"]
    assert "revision_corrected" in archive.kinds()


def test_a_source_file_is_tried_on_stored_articles_before_it_is_taken(
    archive: RulesArchive, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSMARK_PRIVATE_NETWORKS", "127.0.0.0/8")
    archive.look({f"/news/{number}": story(number) for number in range(6)}, 'body = "div.page"')
    before = run("source", "show", SOURCE, "--file").stdout
    file = tmp_path / "harbour.toml"
    file.write_text(before.replace("div.page", "div.text"))
    stood = archive.everything()

    tried = run("source", "edit", SOURCE, str(file), "--sample", "4", "--dry-run", "--json")
    refused = CliRunner().invoke(app, ["source", "edit", SOURCE, str(file)], input="n\n")

    assert tried.exit_code == 0, tried.output
    told = json.loads(tried.stdout)
    assert told["changes"][-2:] == ['-body = "div.page"', '+body = "div.text"']
    assert told["trial"]["fields"]["body"]["changed"] == told["trial"]["counts"]["articles"] == 4
    assert "people of this town" in told["trial"]["fields"]["body"]["examples"][0]["before"]
    assert refused.exit_code == 0
    assert "body changes in 6 revisions" in refused.stdout
    assert run("source", "show", SOURCE, "--file").stdout == before

    taken = run("source", "edit", SOURCE, str(file), "--yes")

    assert taken.exit_code == 0, taken.output
    assert run("source", "show", SOURCE, "--file").stdout == file.read_text()
    assert archive.everything()[:4] == stood[:4]
    for wrong in (
        before.replace('"harbour"', '"other"'),
        before.replace("listing", "odd"),
        "[",
        'id = "harbour"',
    ):
        file.write_text(wrong)
        assert run("source", "edit", SOURCE, str(file), "--yes").exit_code == 1
    assert "div.text" in run("source", "show", SOURCE, "--file").stdout


def test_a_range_of_days_without_looks_gives_nothing_to_read(archive: RulesArchive, run: Run) -> None:
    archive.look({"/news/1": story(1)}, 'body = "div.page"')
    archive.follow(TEXT)

    done = run("renormalize", "-s", SOURCE, "--from", "2020-01-01", "--to", "2020-02-01", "--json")

    assert json.loads(done.stdout)["counts"] == {}


def test_an_unknown_source_is_said_so(run: Run) -> None:
    assert run("renormalize", "--source", "nobody").exit_code == 4


def test_learnt_rules_are_written_as_a_section_that_a_source_file_takes(
    archive: RulesArchive,
    run: Run,
    tmp_path: Path,
) -> None:
    archive.look({f"/news/{number}": story(number) for number in range(6)}, "")
    answers = [
        {
            "url": f"{archive.stored.server.origin}/news/{number}",
            "title": f"Report {number} of the harbour",
            "date": "2026-03-09",
            "body_begins": f"Ship number {number} of",
            "body_ends": "by a band of the old town.",
        }
        for number in range(2)
    ]
    examples, output = tmp_path / "examples.json", tmp_path / "article.toml"
    examples.write_text(json.dumps(answers))

    done = run("source", "learn", SOURCE, "--examples", str(examples), "--output", str(output), "--json")
    again = run("source", "learn", SOURCE, "--examples", str(examples), "--output", str(output))

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["sample"]["title"] == {"pages": 6, "found": 6, "agree": 6, "differing": []}
    rules = load_source(source_of(archive.stored.server, SOURCE) + output.read_text()).article
    assert (rules.title, rules.body) == ("h1", "div.text")
    assert again.exit_code == 1
    assert "--force" in again.stderr


def test_an_example_that_is_not_stored_is_named(archive: RulesArchive, run: Run, tmp_path: Path) -> None:
    archive.look({"/news/1": story(1)}, "")
    examples = tmp_path / "examples.toml"
    examples.write_text('[[pages]]\nurl = "http://nowhere.example/1"\ntitle = "One"\n')

    done = run("source", "learn", SOURCE, "--examples", str(examples))

    assert done.exit_code == 1
    assert "http://nowhere.example/1" in done.stderr
