import random

import pytest

from services.standalone.outlet.grammar import Filler, with_particles


def filler(*, grouped: bool = True) -> Filler:
    words = {"place": ("Grenna", "Lindmoor"), "weekday": ("Monday", "Tuesday")}
    return Filler(chance=random.Random(4), words=words, weekday="Monday", grouped=grouped)


def test_a_slot_has_the_same_filling_wherever_it_stands() -> None:
    filled = filler().fill("{place} and {place}, {tons:1-900} and {tons:1-900}")

    places, numbers = filled.split(", ")

    assert len(set(places.split(" and "))) == 1
    assert len(set(numbers.split(" and "))) == 1


def test_a_second_place_is_another_place() -> None:
    first, second = filler().fill("{place} {place2}").split()

    assert {first, second} == {"Grenna", "Lindmoor"}


def test_the_weekday_is_that_of_the_article_and_a_second_one_is_not() -> None:
    assert filler().fill("{weekday} {weekday2}") == "Monday Tuesday"


@pytest.mark.parametrize(("grouped", "written"), [(True, "1,200"), (False, "1200")])
def test_large_numbers_are_written_as_the_edition_writes_them(grouped: bool, written: str) -> None:  # noqa: FBT001 - a parameter of the test
    assert filler(grouped=grouped).fill("{tons:1200-1200}") == written


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("탄섬{을/를}", "탄섬을"),
        ("그렌나{을/를}", "그렌나를"),
        ("북벨름{으로/로}", "북벨름으로"),
        ("마을{으로/로}", "마을로"),
        ("나루{과/와}", "나루와"),
    ],
)
def test_a_korean_particle_follows_the_sound_before_it(written: str, expected: str) -> None:
    assert with_particles(written) == expected
