"""What a head says between the lines: when to come back, and where parsers could disagree about it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http_message import head_oddities, parse_head, retry_after

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)


def wait_for(value: str) -> timedelta | None:
    return retry_after(
        parse_head(f"HTTP/1.1 503 No\r\nRetry-After: {value}\r\n\r\n".encode("latin-1")), now=NOON
    )


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("-5", 1),
        ("86400", 86400),
        ("1000000000000", 86400),
        ("9" * 30, 86400),
        ("Mon, 23 Nov 2026 12:05:00 GMT", 300),
        ("Monday, 23-Nov-26 12:05:00 GMT", 300),
        ("Mon, 23 Nov 2020 12:05:00 GMT", 1),
        ("Mon, 23 Nov 2099 12:05:00 GMT", 86400),
    ],
)
def test_a_wait_is_read_and_kept_between_a_second_and_a_day(value: str, seconds: int) -> None:
    assert wait_for(value) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value", ["", "soon", "1.5", "12 h", "9" * 5000, "\xe9", "٣", "Mon, 99 Nov 2026 99:99:99 GMT"]
)
def test_a_wait_that_cannot_be_read_is_none(value: str) -> None:
    head = parse_head(b"HTTP/1.1 503 No\r\nRetry-After: " + value.encode("utf-8") + b"\r\n\r\n")

    assert retry_after(head, now=NOON) is None


@given(st.text(max_size=120))
def test_no_value_upsets_the_reading_and_every_wait_is_within_bounds(value: str) -> None:
    head = parse_head(b"HTTP/1.1 503 No\r\nRetry-After: " + value.encode("utf-8", "replace") + b"\r\n\r\n")

    wait = retry_after(head, now=NOON)

    assert wait is None or timedelta(seconds=1) <= wait <= DAY


@pytest.mark.parametrize(
    ("fields", "oddities"),
    [
        (b"Content-Length: 2\r\n", ()),
        (b"X-T: caf\xe9\r\nX:\r\n", ()),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", ("length_and_chunks",)),
        (b"Content-Length: 2\r\nContent-Length: 2\r\n", ("repeated_length",)),
        (b"Content-Length: 2, 2\r\n", ("repeated_length",)),
        (b"X: a\r\n b\r\n", ("folded_line",)),
        (b"X : a\r\n", ("space_before_colon",)),
        (b"X: a\n", ("bare_line_feed",)),
        (b"X: a\x00b\r\n", ("control_character",)),
        (b"X: a\rb\r\n", ("control_character",)),
    ],
)
def test_what_parsers_could_read_differently_is_named(fields: bytes, oddities: tuple[str, ...]) -> None:
    assert head_oddities(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n") == oddities


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ("5", 5),
        ("5, 5", 5),
        ("5, 6", None),
        ("-5", None),
        ("abc", None),
        ("9" * 26, int("9" * 26)),
        ("9" * 5000, None),
    ],
)
def test_a_stated_length_is_one_number_or_none(value: str, length: int | None) -> None:
    assert parse_head(f"HTTP/1.1 200 OK\r\nContent-Length: {value}\r\n\r\n".encode()).content_length == length
