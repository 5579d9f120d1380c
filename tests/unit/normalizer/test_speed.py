"""The short form of the benchmark: extraction is several times as fast as trafilatura."""

import os
import sys
from pathlib import Path

import pytest

from tests.benchmarks.normalize import compare, summary

CORPUS = Path(os.environ.get("PRESSMARK_CORPUS", "../shared/corpus"))
LEAST = 2.0
"""Far below what a quiet machine shows, so that a busy core does not fail it."""


def test_a_page_takes_less_than_half_of_what_trafilatura_takes() -> None:
    pytest.importorskip("trafilatura")
    if not (CORPUS / "gold" / "INDEX.json").is_file():
        pytest.skip("the gold pages are not here")

    figures = summary(compare(CORPUS, pairs=1, pages=38, peer=sys.executable))

    assert figures["ratio"] >= LEAST
    assert figures["ours_peak_mb"] < figures["trafilatura_peak_mb"]
