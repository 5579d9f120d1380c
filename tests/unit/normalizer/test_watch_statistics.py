"""The tests behind alarms, held against their definitions in whole numbers."""

import random
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.watch_statistics import (
    LEVEL,
    hypergeometric_tail,
    level_of_look,
    none_among_the_last,
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    population = draw(st.integers(1, 120))
    marked, drawn = draw(st.integers(0, population)), draw(st.integers(0, population))
    return population, marked, drawn, draw(st.integers(0, population))


@given(table=tables())
def test_the_p_value_is_the_share_of_draws_that_hit_as_often(table: tuple[int, int, int, int]) -> None:
    population, marked, drawn, hits = table
    ways = sum(
        comb(marked, one) * comb(population - marked, drawn - one)
        for one in range(hits, min(marked, drawn) + 1)
        if drawn - one >= 0
    )

    found = hypergeometric_tail(population, marked, drawn, at_least=hits)

    assert found == pytest.approx(float(Fraction(ways, comb(population, drawn))), rel=1e-12, abs=1e-300)


@given(table=tables())
def test_a_silence_is_the_share_of_orders_without_a_mention_at_the_end(
    table: tuple[int, int, int, int],
) -> None:
    population, marked, last, _ = table

    found = none_among_the_last(population, marked, last)

    exact = Fraction(comb(population - last, marked), comb(population, marked))
    assert found == pytest.approx(float(exact), rel=1e-12, abs=1e-300)


def test_fisher_s_own_table_of_tea_gives_his_figure() -> None:
    assert hypergeometric_tail(8, 4, 4, at_least=3) == pytest.approx(17 / 70)


def test_a_hundred_thousand_articles_are_no_trouble_and_no_nought() -> None:
    assert 0 < hypergeometric_tail(100_000, 40_000, 35_000, at_least=30_000) < 1e-250
    assert hypergeometric_tail(100_000, 40_000, 35_000, at_least=14_000) == pytest.approx(0.5, abs=0.01)


def test_the_levels_of_ever_so_many_looks_never_exceed_the_level() -> None:
    levels = [level_of_look(number) for number in range(1, 100_001)]

    assert sum(levels) < LEVEL
    assert sum(levels) == pytest.approx(LEVEL, rel=1e-4)


def test_looking_after_every_removal_raises_false_alarms_no_more_often_than_stated() -> None:
    """The worst case: 300 series of removals by chance, each looked at after every single one."""
    chance, rang = random.Random(5), 0
    for _ in range(300):
        order = [True] * 20 + [False] * 80
        chance.shuffle(order)
        looks = (
            hypergeometric_tail(100, 20, removed, at_least=sum(order[:removed])) <= level_of_look(removed)
            for removed in range(1, 41)
        )
        rang += any(looks)

    assert rang <= 9, "0.01 of 300 is 3; more than 9 has a chance below 0.002"
