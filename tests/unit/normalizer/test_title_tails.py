"""Endings of titles are found by many pages, never by one."""

from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.title_tails import common_tails, without_tail

HEADS = ("The harbour opens", "A mill closes", "Rain - and wind", "Five questions", "The last train")


def test_an_ending_behind_different_heads_is_common_and_the_longest_goes_first() -> None:
    of_world = [f"{head} - World - Tidings" for head in HEADS]
    of_home = [f"{head} - Tidings" for head in ("Bread is dearer", "The lake is frozen")]

    assert common_tails([*of_world, *of_home]) == (" - World - Tidings", " - Tidings")
    assert without_tail("Rain - and wind - World - Tidings", (" - World - Tidings", " - Tidings")) == HEADS[2]


def test_two_titles_or_few_of_many_or_one_title_again_and_again_show_nothing() -> None:
    assert common_tails(["A | Tidings", "B | Tidings"]) == ()
    assert common_tails(["Same head - Tidings"] * 9) == ()
    assert common_tails([*(f"Head {n} - Live" for n in range(3)), *(f"Head {n}" for n in range(3, 12))]) == ()


def test_a_title_that_is_nothing_but_an_ending_stays() -> None:
    assert without_tail(" - Tidings", (" - Tidings",)) == " - Tidings"


@given(st.lists(st.text(alphabet="ab |-–»", min_size=1, max_size=20), max_size=12))
def test_whatever_is_cut_off_stood_at_the_end_of_at_least_three_titles(titles: list[str]) -> None:
    tails = common_tails(titles)

    for tail in tails:
        assert sum(title.endswith(tail) for title in set(titles)) >= 3
    for title in titles:
        head = without_tail(title, tails)
        assert head
        assert title.startswith(head)
