"""Many bytes in little memory."""

from hypothesis import given
from hypothesis import strategies as st

from shared.scratch import Scratch


@given(pieces=st.lists(st.binary(max_size=20)), most=st.integers(0, 60))
def test_what_was_added_comes_back_in_its_order_wherever_it_lay(pieces: list[bytes], most: int) -> None:
    scratch = Scratch(most_in_memory=most)
    for piece in pieces:
        scratch.add(piece)

    content = scratch.content()
    held = scratch.in_memory
    scratch.close()

    assert content == b"".join(pieces)
    assert held == (len(content) if len(content) <= most else 0)


def test_the_content_can_be_read_before_more_is_added() -> None:
    scratch = Scratch(most_in_memory=2)
    scratch.add(b"abc")
    first = scratch.content()
    scratch.add(b"def")

    second = scratch.content()
    scratch.close()

    assert (first, second) == (b"abc", b"abcdef")


def test_an_empty_scratch_has_no_content() -> None:
    scratch = Scratch(most_in_memory=0)
    scratch.move_to_file()

    assert scratch.content() == b""
    scratch.close()
