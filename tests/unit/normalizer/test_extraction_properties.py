"""What holds of every extraction: it never raises, says only what the page says, and is settled at once."""

import html
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.normalizer.extracting import extract
from services.normalizer.fields import PageContext
from services.normalizer.text import block_text
from tests.support.extraction_checks import checked_extraction, foreign_lines
from tests.unit.normalizer.model_page import PARAGRAPHS, URL, model_page

KNOWN = PageContext(url=URL)
_MARKUP = st.sampled_from(
    [
        b"<p>", b"<div>", b"</div>", b"<td>", b"<h1>", b"<a href=/1>", b"</a>", b"<svg>", b"<!--", b"-->",
        b"&#xD800;", b"<script>", b"</script>", b"\xff\xfe", b"\x1b$B", b"=", b'"', b"By Jane Doe", b"<br><br>",
        b"2021-13-45", "<p>평양 10월 15일 조선중앙통신 </p>".encode("cp949"), b"some words of an article. " * 5,
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(_MARKUP, st.binary(max_size=30)), max_size=60).map(b"".join))
def test_any_bytes_give_a_settled_result_that_stands_in_the_page(body: bytes) -> None:
    checked_extraction(body, KNOWN)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6000), st.binary(max_size=12), st.integers(0, 200))
def test_a_damaged_page_gives_only_what_stands_in_it(place: int, put: bytes, cut: int) -> None:
    page = model_page()

    checked_extraction(page[:place] + put + page[place + cut :], KNOWN)


@given(st.text(max_size=300))
def test_cleaning_a_text_twice_changes_nothing(text: str) -> None:
    assert block_text(block_text(text)) == block_text(text)


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(len(PARAGRAPHS))), st.integers(2, len(PARAGRAPHS)))
def test_a_page_made_of_a_result_gives_that_result(order: list[int], many: int) -> None:
    prose = [PARAGRAPHS[place].removesuffix(" -0-") for place in order[:many]]
    first = extract(_page("Harvest Is Brought in Early", prose), KNOWN)

    again = extract(_page(first.title or "", list(first.body)), KNOWN)

    assert first.body == tuple(prose)
    assert (again.title, again.body) == (first.title, first.body)


def test_a_word_that_is_not_in_the_page_is_noticed() -> None:
    found = extract(model_page(), KNOWN)

    assert foreign_lines(found, model_page(), KNOWN) == []
    assert foreign_lines(found, b"<p>another page", KNOWN)


@pytest.mark.parametrize(
    ("locale", "zone", "seed"), [("tr_TR.UTF-8", "Asia/Pyongyang", "7"), ("C", "UTC", "0")]
)
def test_the_result_depends_on_no_setting_of_the_machine(locale: str, zone: str, seed: str) -> None:
    here = _record({"LC_ALL": "en_US.UTF-8", "TZ": "America/New_York", "PYTHONHASHSEED": "1"})

    assert _record({"LC_ALL": locale, "TZ": zone, "PYTHONHASHSEED": seed}) == here


_PROGRAM = """
import locale, sys
from contextlib import suppress
with suppress(locale.Error):
    locale.setlocale(locale.LC_ALL, "")
from services.normalizer.extracting import extract
from services.normalizer.records import extraction_record
from shared.encoding import dump_json
from tests.unit.normalizer.model_page import model_page
sys.stdout.buffer.write(dump_json(extraction_record(extract(model_page()))))
"""


def _record(environment: dict[str, str]) -> bytes:
    command = [sys.executable, "-c", _PROGRAM]
    top = Path(__file__).parents[3]
    done = subprocess.run(command, env=os.environ | environment, cwd=top, capture_output=True, check=True)
    assert PARAGRAPHS[1].encode() in done.stdout
    return done.stdout


def _page(title: str, paragraphs: list[str]) -> bytes:
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    return f"<html><body><article><h1>{html.escape(title)}</h1>{body}</article></body></html>".encode()
