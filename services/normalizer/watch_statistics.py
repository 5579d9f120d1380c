"""The tests behind alarms, exact: no approximation and no draw of chance, with `decimal` to 40 digits.

Both ask how likely what was seen is if the articles that hold a name were chosen from all of a source by chance.
They know nothing of the age or the section of an article: a site that drops all of an old year will make every
name of that year vanish faster than the rest. The alarm shows the numbers, for a person to judge.
"""

from decimal import Decimal, localcontext

__all__ = ["LEVEL", "hypergeometric_tail", "level_of_look", "none_among_the_last"]

LEVEL = 0.01
"""The chance of a false alarm, for one watch, one source and one test, over all looks that will ever be made."""

_DIGITS = 50
_LEAST = Decimal("1e-300")
"""Below this a float would become nought; p-values are told as at least this."""


def level_of_look(number: int) -> float:
    """Return what the p-value of a look must not exceed: the levels of all looks add up to `LEVEL`.

    Looking again and again at growing data finds any p-value in the end. The level is spent as
    `LEVEL / (n * (n + 1))`, whose sum over all n is `LEVEL` (Bonferroni over a series that never ends), so the
    number of looks need not be known beforehand.

    Args:
        number: of the look, from 1.
    """
    return LEVEL / (number * (number + 1))


def hypergeometric_tail(population: int, marked: int, drawn: int, *, at_least: int) -> float:
    """Return the chance to draw so many marked ones or more: the one-sided p-value of Fisher's exact test.

    Args:
        population: articles that were there.
        marked: those of them that hold the name.
        drawn: those of all that were removed.
        at_least: those of the removed that hold the name.
    """
    lowest, highest = max(0, drawn - (population - marked)), min(marked, drawn)
    if at_least <= lowest:
        return 1.0
    if at_least > highest:
        return 0.0
    with localcontext() as context:
        context.prec = _DIGITS
        term = total = Decimal(1)
        tail = Decimal(0)
        for hits in range(lowest, highest):
            # The ratio of two neighbours, so that no binomial coefficient of thousands of digits is needed.
            term *= Decimal((marked - hits) * (drawn - hits))
            term /= Decimal((hits + 1) * (population - marked - drawn + hits + 1))
            total += term
            if hits + 1 >= at_least:
                tail += term
        return float(max(tail / total, _LEAST))


def none_among_the_last(population: int, marked: int, last: int) -> float:
    """Return the chance that none of the last articles of a source is marked, if the order were chance.

    It is the chance of a draw of `last` articles without a marked one. Articles are counted, not days: a source
    that publishes nothing, or that we could not see, makes no silence.
    """
    if marked > population - last:
        return 0.0
    with localcontext() as context:
        context.prec = _DIGITS
        chance = Decimal(1)
        for number in range(marked):
            chance *= Decimal(population - last - number) / Decimal(population - number)
        return float(max(chance, _LEAST))
