"""British and American forms of one English word."""

import re
from functools import lru_cache

_SPELLINGS = (
    (re.compile(r"(?<=[a-z]{2})our(?=(?:s|ed|ing|able|ably|ful|ite|ites|al)?\b)"), "or"),
    (re.compile(r"(?<=[a-z]{3})is(?=(?:e|ed|es|er|ers|ing|ation|ations)\b)"), "iz"),
    (re.compile(r"(?<=[a-z]{2})ys(?=(?:e|ed|es|er|ers|ing)\b)"), "yz"),
    (re.compile(r"(?<=[a-z]{2}[bt])re(?=s?\b)"), "er"),
    (re.compile(r"(?<=\bdef)ence|(?<=\boff)ence|(?<=\blic)ence|(?<=\bpret)ence"), "ense"),
    (re.compile(r"\bprogramme(?=s?\b)"), "program"),
)


def spelled_alike(text: str) -> str:
    """Return a text in small letters with its English words in one spelling: `centre` is `center`."""
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    return text


@lru_cache(maxsize=8192)
def word_spelled_alike(word: str) -> str:
    """Return one word so; texts repeat most of their words."""
    return spelled_alike(word)
