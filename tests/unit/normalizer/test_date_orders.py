"""Dates that may be read both ways follow what the other pages of their source show."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from services.normalizer.date_orders import order_of_source
from services.normalizer.reading import Look, read_capture, read_together
from shared.ledger.batches import StoredCapture
from shared.sources import DateOrder
from tests.support.records import source
from tests.unit.normalizer.test_dating import page
from tests.unit.normalizer.test_reading import CAPTURE

OPEN = "03/04/2024"
DAY_FIRST = "31/12/2023"
MONTH_FIRST = "12/31/2023"


class Exchange:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def body(self) -> bytes:
        return self._body


def published(
    dates: Sequence[str], *, rules: str = "", host: str = "harbour.example"
) -> dict[str, str | None]:
    """Read one page for each date as a batch, and return what each was read as."""
    captures = [replace(CAPTURE, record_id=date, url=f"http://{host}/{number}")
                for number, date in enumerate(dates)]  # fmt: skip
    exchanges = {date: Exchange(page(under=f"<div>{date}</div>")) for date in dates}

    def read(capture: StoredCapture, order: DateOrder | None) -> Look:
        return read_capture(capture, exchanges, source(rules), date_order=order)  # type: ignore[arg-type]

    looks, _ = read_together(captures, read)
    return {
        date: article.published if article else None for date, (_, article) in zip(dates, looks, strict=True)
    }


@pytest.mark.parametrize(("told", "expected"), [(DAY_FIRST, "2024-04-03"), (MONTH_FIRST, "2024-03-04")])
def test_an_open_date_follows_a_page_of_its_source_that_shows_the_order(told: str, expected: str) -> None:
    found = published([OPEN, told])

    assert found == {OPEN: expected, told: "2023-12-31"}


def test_without_evidence_an_open_date_stays_open() -> None:
    assert published([OPEN, "05/06/2024"]) == {OPEN: "2024", "05/06/2024": "2024"}


def test_pages_that_disagree_are_no_evidence() -> None:
    assert published([OPEN, DAY_FIRST, MONTH_FIRST])[OPEN] == "2024"


def test_a_rule_of_the_source_outranks_what_its_pages_show() -> None:
    assert published([OPEN, DAY_FIRST], rules='[article]\ndate_order = "mdy"\n')[OPEN] == "2024-03-04"


def test_what_its_pages_show_outranks_the_habit_of_a_country() -> None:
    assert published([OPEN], host="harbour.co.uk")[OPEN] == "2024-04-03"
    assert published([OPEN, MONTH_FIRST], host="harbour.co.uk")[OPEN] == "2024-03-04"


def test_the_order_of_the_pages_changes_nothing() -> None:
    dates = (OPEN, "05/06/2024", DAY_FIRST)

    readings = [published(order) for order in permutations(dates)]

    assert readings == [{OPEN: "2024-04-03", "05/06/2024": "2024-06-05", DAY_FIRST: "2023-12-31"}] * 6


def test_only_pages_with_an_open_date_are_read_twice() -> None:
    reads: list[tuple[str, DateOrder | None]] = []
    texts = {"open": OPEN, "told": DAY_FIRST, "named": "3 April 2024"}

    def read(capture: StoredCapture, order: DateOrder | None) -> Look:
        reads.append((capture.record_id, order))
        exchange = Exchange(page(under=f"<div>{texts[capture.record_id]}</div>"))
        return read_capture(capture, {capture.record_id: exchange}, source(), date_order=order)  # type: ignore[dict-item]

    read_together([replace(CAPTURE, record_id=name) for name in texts], read)

    assert reads == [("open", None), ("told", None), ("named", None), ("open", DateOrder.DMY)]


def test_a_source_tells_an_order_only_where_all_its_pages_do() -> None:
    assert order_of_source([None, DateOrder.DMY, None, DateOrder.DMY]) is DateOrder.DMY
    assert order_of_source([DateOrder.DMY, DateOrder.MDY]) is None
    assert order_of_source([None]) is order_of_source([]) is None
