"""A name to watch for, as the search index finds it, in every spelling that the index takes for the same."""

from collections.abc import Sequence

from shared.errors import SettingsError
from shared.search_query import query_tokens

__all__ = ["watch_expression"]

_MOST_SPELLINGS = 50


def watch_expression(spellings: Sequence[str]) -> str:
    """Return the tsquery that holds where any of these stands, each as one phrase.

    Case, accents, simplified and traditional characters, North and South Korean spelling need no spelling of
    their own: the index has one form for them (`shared.spellings`).

    Raises:
        SettingsError: one of them has no letter or digit, or there are too many.
    """
    if not 0 < len(spellings) <= _MOST_SPELLINGS:
        raise SettingsError(f"a watch has 1 to {_MOST_SPELLINGS} spellings, not {len(spellings)}")
    found = []
    for spelling in spellings:
        query = query_tokens(f'"{spelling.replace(chr(34), " ")}"')
        if not query.clauses:
            raise SettingsError(f"{spelling!r} has no word that could be looked up; write letters or digits")
        found.append(f"({query.expression})")
    return " | ".join(dict.fromkeys(found))
