"""The short form of the benchmark of the search: every question is answered, and every figure printed."""

import pytest

from tests.benchmarks.search import fill, measure


def test_the_benchmark_fills_a_ledger_and_times_every_kind_of_question(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(database_url, 300)
    measure(database_url, 300, 8)

    printed = capsys.readouterr().out
    for figure in (
        "index revisions_search:",
        "index of words:",
        "three words",
        "article page",
        "latest page",
    ):
        assert figure in printed
