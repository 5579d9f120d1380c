"""A place in a list, as text in an address and back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger.cursor import Cursor, CursorError

KEYS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_.:-", min_size=1, max_size=200)


@given(at=st.datetimes(timezones=st.just(UTC)), key=KEYS)
def test_a_cursor_is_read_back_exactly(at: datetime, key: str) -> None:
    cursor = Cursor(at=at, key=key)

    assert Cursor.parse(cursor.text) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.",
        ".x",
        "1.\x00",
        "٣.x",
        "1." + "x" * 201,
        "999999999999999999.x",
        "-" + "9" * 18 + ".x",
        "1.x\n",
    ],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorError):
        Cursor.parse(text)


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    try:
        cursor = Cursor.parse(text)
    except CursorError:
        return
    assert cursor.at.tzinfo is UTC
