import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from services.normalizer.cli import add_commands, print_extraction
from services.normalizer.extracting import extract
from services.normalizer.fields import ExtractionError, PageContext
from services.normalizer.guards import MAX_BODY_BYTES
from services.normalizer.manifests import FetchedPage, read_body
from services.normalizer.records import extraction_record
from shared.errors import TryAgainError
from tests.unit.normalizer.model_page import PARAGRAPHS, URL, model_page

KEYS = [
    "id", "url", "title", "published", "published_precision", "modified", "authors", "language", "source",
    "canonical_url", "original_url", "body", "related", "provenance",
]  # fmt: skip
SOURCE = """
id = "outlet"
name = "The Outlet"
language = "en"
home = "https://archive.example/"
[[lists]]
url = "https://archive.example/"
kind = "listing"
every = "1h"
[article]
date_order = "dmy"
"""


class Publisher:
    """Stands for the network: one page at one address."""

    def __init__(self, page: bytes) -> None:
        self.page = page
        self.asked: list[str] = []

    def __call__(self, url: str) -> FetchedPage:
        self.asked.append(url)
        if "down" in url:
            raise TryAgainError("the server does not answer; try again later")
        return FetchedPage(url=url, body=self.page, content_type="text/html")


@pytest.fixture
def publisher() -> Publisher:
    return Publisher(model_page())


@pytest.fixture
def app(publisher: Publisher) -> typer.Typer:
    program = typer.Typer()
    add_commands(program, fetch_page=publisher)
    program.command("other")(lambda: None)
    return program


def run(app: typer.Typer, *arguments: str, given: bytes | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["extract", *arguments], input=given)
    return result.exit_code, result.stdout


def test_json_has_its_keys_in_their_order(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(model_page())

    code, output = run(app, str(tmp_path / "page.html"), "--url", URL, "--json")

    record = json.loads(output)
    assert (code, list(record)[: len(KEYS)]) == (0, KEYS)
    assert (record["id"], record["url"], record["body"]) == (None, URL, list(PARAGRAPHS))
    assert list(record["related"][0]) == ["title", "url", "excerpt", "date"]


def test_a_packed_file_is_unpacked(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "page.html.gz").write_bytes(gzip.compress(model_page()))

    assert run(app, str(tmp_path / "page.html.gz"), "--json")[0] == 0


def test_a_page_is_read_from_standard_input(app: typer.Typer) -> None:
    code, output = run(app, "-", "--json", given=model_page())

    assert (code, json.loads(output)["title"]) == (0, "A Harvest in the North")


def test_an_address_is_asked_for_once(app: typer.Typer, publisher: Publisher) -> None:
    code, output = run(app, URL, "--json")

    assert (code, publisher.asked, json.loads(output)["url"]) == (0, [URL], URL)


def test_a_server_that_is_down_is_told_on_one_line(app: typer.Typer) -> None:
    assert run(app, "http://down.example/", "--json")[0] == 1


def test_the_rules_of_a_source_file_apply(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "source.toml").write_text(SOURCE)
    (tmp_path / "page.html").write_bytes(model_page(date_line="Date: 04/03/2005", paragraphs=PARAGRAPHS[1:]))

    _, output = run(app, str(tmp_path / "page.html"), "--rules", str(tmp_path / "source.toml"), "--json")

    record = json.loads(output)
    assert (record["published"], record["source"]) == ("2005-03-04", "The Outlet")


def test_one_bad_page_of_a_list_stops_nothing(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "good.html").write_bytes(model_page())
    (tmp_path / "empty.html").write_bytes(b"")
    (tmp_path / "broken.html.gz").write_bytes(gzip.compress(model_page())[:50] + b"\xff" * 50)
    lines = [
        '{"id": "a", "path": "empty.html", "url": "http://x.example/a"}',
        '{"id": "b", "path": "missing.html", "url": "http://x.example/b"}',
        "this is no JSON",
        "[1, 2]",
        '{"id": "e"}',
        '{"id": "f", "path": "broken.html.gz"}',
        "",
        '{"id": 7, "path": "good.html", "url": "http://x.example/g", "content_type": "text/html"}',
    ]
    (tmp_path / "list.jsonl").write_text("\n".join(lines))

    code, output = run(app, "--jsonl", str(tmp_path / "list.jsonl"))

    records = [json.loads(line) for line in output.splitlines()]
    assert code == 3
    assert [record["id"] for record in records] == ["a", "b", None, None, "e", "f", "7"]
    assert [record["error"]["reason"] for record in records[:3]] == ["empty", "unreadable", "unreadable"]
    assert records[-1]["body"] == list(PARAGRAPHS)


def test_a_list_without_bad_pages_ends_well(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "good.html").write_bytes(model_page())
    (tmp_path / "list.jsonl").write_text('{"id": "g", "path": "good.html", "url": "http://x.example/g"}\n')

    assert run(app, "--jsonl", str(tmp_path / "list.jsonl"))[0] == 0


def test_what_is_no_page_ends_with_an_error(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(b"%PDF-1.4")

    code, output = run(app, str(tmp_path / "page.html"), "--json")

    assert (code, json.loads(output)["error"]["reason"]) == (1, "not_html")


def test_without_a_page_or_a_list_the_use_is_wrong(app: typer.Typer) -> None:
    assert run(app)[0] == 2


def test_a_packed_bomb_is_cut_before_it_fills_the_memory(tmp_path: Path) -> None:
    (tmp_path / "bomb.html.gz").write_bytes(gzip.compress(b"a" * (MAX_BODY_BYTES + 10_000)))

    assert len(read_body(tmp_path / "bomb.html.gz")) == MAX_BODY_BYTES + 1


def test_a_missing_file_is_told_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ExtractionError, match="missing"):
        read_body(tmp_path / "missing.html")


def test_people_read_a_page_without_characters_that_steer_the_terminal() -> None:
    page = model_page(
        paragraphs=("A sentence with \x1b]0;owned\x07 and \u202e in it, [bold]long[/] enough to be read.",)
    )
    screen = io.StringIO()

    print_extraction(extract(page, PageContext(url=URL)), Console(file=screen, width=300))

    assert "A Harvest in the North" in screen.getvalue()
    assert "[bold]long[/]" in screen.getvalue()
    assert not {"\x1b", "\x07", "\u202e"} & set(screen.getvalue())


def test_every_record_is_json() -> None:
    record = extraction_record(extract(model_page(), PageContext(url=URL)), "id-1")

    assert json.loads(json.dumps(record)) == record


def test_the_package_gives_the_function_and_its_types_and_loads_no_parser_before() -> None:
    program = (
        "import sys, services.normalizer.wording, services.normalizer as normalizer\n"
        "assert 'lxml' not in sys.modules and 'selectolax' not in sys.modules, 'parsers are loaded'\n"
        "from services.normalizer import Extraction, PageContext, extract\n"
        "page = b'<html><title>Bridge opens</title><p>It opened on Saturday.</p>'\n"
        "found = extract(page, PageContext(url='https://news.example/a'))\n"
        "assert isinstance(found, Extraction)\n"
        "print(found.title)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout == "Bridge opens\n"
