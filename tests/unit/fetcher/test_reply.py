"""How much of a response is kept."""

import tempfile
from pathlib import Path

import pytest

from services.fetcher.outcomes import FetchFailure, Truncation
from services.fetcher.reply import LARGE_BODY_BYTES, MAX_INTERIM_HEADS, NEVER_CUT_BYTES, HeldBytes, Reply
from tests.support.fetching import limits


def reply(**changes: object) -> Reply:
    return Reply(limits(**changes), HeldBytes())


def begun(held: HeldBytes | None = None, **changes: object) -> Reply:
    answer = Reply(limits(**changes), held or HeldBytes())
    feed(answer, b"HTTP/1.1 200 OK\r\n\r\n")
    return answer


def feed(answer: Reply, head: bytes) -> bool:
    return [answer.add_head_line(line) for line in head.splitlines(keepends=True)][-1]


def test_only_the_final_head_is_kept_and_the_others_are_counted() -> None:
    answer = reply()

    feed(answer, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n")

    assert answer.raw_head == b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
    assert answer.interim_heads == 1
    assert answer.final_status() == 200


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n",
        b"HTTP/1.1 000 X\r\n\r\n",
        b"HTTP/1.1 99999999999 X\r\n\r\n",
        b"HTTP/1.1 -1 X\r\n\r\n",
        b"HTTP/1.1 \r\n\r\n",
    ],
)
def test_an_unfinished_or_interim_head_or_an_impossible_status_is_no_response(head: bytes) -> None:
    answer = reply()

    feed(answer, head)

    assert answer.final_status() is None


def test_heads_that_announce_and_announce_are_cut_off() -> None:
    answer = reply()

    going_on = feed(answer, b"HTTP/1.1 100 Continue\r\n\r\n" * (MAX_INTERIM_HEADS + 2))

    assert not going_on
    assert answer.stopped is FetchFailure.PROTOCOL


@pytest.mark.parametrize(("fields", "fits"), [(9, True), (10, True), (11, False)])
def test_a_head_may_have_as_many_fields_as_the_limit_says(fields: int, *, fits: bool) -> None:
    answer = reply(max_head_fields=10)

    feed(answer, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * fields + b"\r\n")

    assert (answer.stopped is None) is fits
    assert fits or answer.stopped is FetchFailure.HEADER_TOO_LARGE


@pytest.mark.parametrize(("size", "fits"), [(99, True), (100, True), (101, False)])
def test_a_head_may_be_as_long_as_the_limit_says(size: int, *, fits: bool) -> None:
    answer = reply(max_head_bytes=100)
    status = b"HTTP/1.1 200 OK\r\n"

    feed(answer, status + b"X: " + b"a" * (size - len(status) - 7) + b"\r\n\r\n")

    assert (answer.stopped is None) is fits


@pytest.mark.parametrize(("size", "kept", "cut"), [(99, 99, False), (100, 100, False), (101, 100, True)])
def test_a_body_is_kept_up_to_the_limit_and_then_marked_as_cut(size: int, kept: int, *, cut: bool) -> None:
    answer = begun(max_body_bytes=100)

    going_on = answer.add_body(b"a" * 60) and answer.add_body(b"b" * (size - 60))

    assert answer.body == b"a" * 60 + b"b" * (kept - 60)
    assert going_on is not cut
    assert answer.stopped is (Truncation.LENGTH if cut else None)


def test_when_a_batch_has_brought_far_too_much_only_large_bodies_are_cut() -> None:
    held = HeldBytes()
    large, small = (begun(held, batch_bytes=NEVER_CUT_BYTES // 2) for _ in range(2))
    large.add_body(b"x" * (NEVER_CUT_BYTES + 1))

    assert small.add_body(b"y" * 1000)
    assert not large.add_body(b"x")
    assert large.stopped is Truncation.LENGTH


def test_when_all_looks_together_hold_too_much_bodies_go_to_files_and_stay_whole() -> None:
    held = HeldBytes()
    first, second = (begun(held, max_held_bytes=1000) for _ in range(2))
    first.add_body(b"a" * 900)

    assert second.add_body(b"b" * 200)
    assert second.add_body(b"c" * 5000)

    assert held.in_memory == 900
    assert (first.body, second.body) == (b"a" * 900, b"b" * 200 + b"c" * 5000)
    second.release()
    assert held.in_memory == 900


def test_a_large_body_lies_in_a_file_however_little_is_held() -> None:
    held = HeldBytes()
    answer = begun(held)

    assert answer.add_body(b"a" * LARGE_BODY_BYTES)
    assert held.in_memory == LARGE_BODY_BYTES
    assert answer.add_body(b"b")
    body = answer.body
    answer.release()

    assert held.in_memory == 0
    assert body == b"a" * LARGE_BODY_BYTES + b"b"


def test_a_body_that_finds_no_room_on_the_disk_ends_the_look_and_never_looks_like_a_cut_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    held = HeldBytes()
    answer = begun(held, max_held_bytes=10)

    assert not answer.add_body(b"a" * 20)
    with pytest.raises(FileNotFoundError):
        answer.body  # noqa: B018 - reading it is the act
    answer.release()

    assert held.in_memory == 0


def test_a_released_body_gives_its_room_back() -> None:
    held = HeldBytes()
    answer = begun(held)
    answer.add_body(b"x" * 500)

    answer.release()

    assert held.in_memory == 0


def test_the_beginning_of_a_reply_without_a_head_is_kept_for_diagnosis() -> None:
    answer = reply()

    assert answer.add_body(b"<html>" * 100)
    assert not answer.add_body(b"x" * 10_000)

    assert answer.stray == (b"<html>" * 100 + b"x" * 10_000)[:4096]
    assert answer.stopped is FetchFailure.PROTOCOL
    assert answer.final_status() is None
