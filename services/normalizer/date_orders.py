"""Whether a page writes the day or the month first, from what it shows and from its language: never from habit."""

from collections.abc import Iterable

from services.normalizer.dates import numeric_orders
from services.normalizer.text import words
from shared.sources import DateOrder

_DAY_FIRST_LANGUAGES = words(
    "ar az be bg bn bs ca cs da de el es et fi fr gl he hi hr hy id is it ka kk mk mr ms nl no pl pt ro ru sk sl"
    " sq sr ta te th tr uk ur uz vi"
)
"""Languages whose Unicode locale data put the day first wherever newspapers are printed in them."""

_DAY_FIRST_DOMAINS = words("au bd eu ie in ke kp lk ng nz pk uk za zw")
"""Country domains of English-language outlets that write the day first."""


def order_of_texts(texts: Iterable[str]) -> DateOrder | None:
    """Return the order that all numeric dates of some texts with a number above 12 agree on.

    Serves for the lines of one page, and as well for those of many pages of one source.
    """
    seen = {order for text in texts for order in numeric_orders(text)}
    return seen.pop() if len(seen) == 1 else None


def order_of_place(language: str | None, host: str) -> DateOrder | None:
    """Return the order that a language or a country always uses; None for English of no known country."""
    if language in _DAY_FIRST_LANGUAGES or host.rpartition(".")[2] in _DAY_FIRST_DOMAINS:
        return DateOrder.DMY
    return None
