"""An edit of a picture alone, on pages, in lists and on the command line, over a real PostgreSQL."""

import json

import pytest
from typer.testing import CliRunner

from services.pressmark.program import app
from services.reader.app import create_app
from services.reader.settings import ReaderSettings
from shared.ledger.catalogue import Catalogue
from shared.ledger.database import Database
from tests.support.asgi import ask
from tests.support.december import December, publisher


def test_readers_and_operators_see_which_picture_went_and_which_came(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stories = publisher(60)
    December(database=database, stories=stories).run()
    reader = create_app(Catalogue(database), settings=ReaderSettings())
    monkeypatch.setenv("PRESSMARK_DATABASE_URL", database_url)
    monkeypatch.setenv("PRESSMARK_BROKER_URL", "redis://127.0.0.1:1/0")

    listed = CliRunner().invoke(app, ["edits", "--class", "image", "--json"], catch_exceptions=False)
    printed = CliRunner().invoke(app, ["edits", "--class", "image"], catch_exceptions=False)

    with database.transaction() as ledger:
        ids = {
            row["url"]: row["edit_id"]
            for row in ledger.rows("select url, edit_id from edits where template_id is null")
        }
    edits = [json.loads(line) for line in listed.output.splitlines()]
    assert len(edits) == sum(story.is_swapped for story in stories) == 3
    for edit in edits:
        gone, come = edit["changes"]
        assert (gone["op"], gone["to"], come["op"], come["from"]) == ("picture", "", "picture", "")
        assert "district" in gone["from"]
        assert "podium" in come["to"]
        assert come["to"] in " ".join(printed.output.split())
        article = f"/article/{edit['article']}"
        for path in ("/edits", article, f"{article}/edit/{ids[edit['url']]}"):
            text = ask(reader, path).text
            assert "Picture gone" in text, path
            assert come["to"] in text, path
            assert "no word changed; picture" in text, path
    assert "Classes: image" in ask(reader, "/feeds/edits.atom").text
