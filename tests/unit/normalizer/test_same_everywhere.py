"""The same page gives the same bytes under another locale, zone and hash seed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from services.normalizer.extracting import extract
from services.normalizer.fields import PageContext
from services.normalizer.records import extraction_record
from shared.encoding import dump_json
page = sys.stdin.buffer.read()
context = PageContext(url="https://news.example/2024/05/03/harvest")
sys.stdout.buffer.write(dump_json(extraction_record(extract(page, context))))
"""
PAGE = (
    "<html lang='de'><head><title>Die Ernte | Blatt</title><meta name='author' content='Ada Weiß'>"
    "<meta property='og:title' content='Die Ernte'></head><body><h1>Die Ernte</h1>"
    "<p class='date'>3. Mai 2024, 14:05</p><article>"
    "<p>Ein Satz über das Feld und die Arbeit der Menschen, der lang genug für einen Absatz ist.</p>"
    "<p>Noch ein anderer Satz, İstanbul und ΣΊΣΥΦΟΣ nennend, der auch lang genug für einen Absatz ist.</p>"
    "</article><div class='related'><h3>Mehr zum Thema</h3><a href='/a'>Eins und zwei</a></div></body></html>"
).encode()
HERE = {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0"}


def record(environment: dict[str, str]) -> bytes:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=PAGE,
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    ).stdout


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "1"},
        {"LC_ALL": "C.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "4294967295"},
    ],
    ids=["Turkish in Auckland", "C in St John's"],
)
def test_a_page_gives_the_same_bytes_elsewhere(elsewhere: dict[str, str]) -> None:
    there = record(elsewhere)

    assert b"Die Ernte" in there
    assert there == record(HERE)
