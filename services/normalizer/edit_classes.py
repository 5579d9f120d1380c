"""What kind of edit a change is.

Typography, numbers, moves and whole sentences are facts of the text. Names are a guess from how names look; see
`services.normalizer.changed_names`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

from services.normalizer.changed_names import asian_spans, renamed
from services.normalizer.sentences import Passage
from services.normalizer.spelling import spelled_alike
from services.normalizer.wording import without_spaces, words


class EditClass(StrEnum):
    """Kinds of edits, from the least to the most visible in the text."""

    TYPOGRAPHY = "typography"
    """Quotes, dashes, spacing of numbers, commas, capitals, -ise for -ize: the same words and numbers."""
    WORDING = "wording"
    NAME = "name"
    """A guess: see `services.normalizer.changed_names`."""
    NUMBER_OR_DATE = "number_or_date"
    SENTENCE_ADDED = "sentence_added"
    SENTENCE_REMOVED = "sentence_removed"
    TITLE = "title"
    IMAGE = "image"
    """The page shows another picture, alone or beside words that changed too."""
    MOVED = "moved"


def classify_sentence(changes: Sequence[tuple[Passage, Passage]]) -> list[tuple[EditClass, ...]]:
    """Class the changes inside one rewritten sentence, given as (before, after).

    They are looked at together, so that a date or a name that only went elsewhere in its sentence is wording.
    """
    names = renamed(changes)
    numbers = _told_apart([_renumbered(before, after) for before, after in changes])
    return [
        _classes_of(before, after, is_renamed=is_renamed, is_renumbered=is_renumbered)
        for (before, after), is_renamed, is_renumbered in zip(changes, names, numbers, strict=True)
    ]


def _classes_of(
    before: Passage, after: Passage, *, is_renamed: bool, is_renumbered: bool
) -> tuple[EditClass, ...]:
    if is_typography(before.text, after.text):
        return (EditClass.TYPOGRAPHY,)
    found = [EditClass.NAME] if is_renamed else []
    found += [EditClass.NUMBER_OR_DATE] if is_renumbered else []
    if not found or _plain_words(before) != _plain_words(after):
        found.insert(0, EditClass.WORDING)
    return tuple(found)


_Apart = tuple[frozenset[str], frozenset[str]]


def _told_apart(sides: Sequence[_Apart]) -> list[bool]:
    """Tell for each change whether numbers left or came, given those that did.

    What only left in one change and only came in another of the sentence has been put elsewhere. A swap (`5 dead,
    3 hurt` for `3 dead, 5 hurt`) is two changes with both sides, and stays a difference.
    """
    only_left = {one for gone, come in sides if not come for one in gone}
    only_came = {one for gone, come in sides if not gone for one in come}
    elsewhere = only_left & only_came
    return [bool(gone and come) or bool((gone | come) - elsewhere) for gone, come in sides]


def in_order(classes: Iterable[EditClass]) -> tuple[EditClass, ...]:
    """Return classes once each, in the order of their declaration."""
    present = set(classes)
    return tuple(one for one in EditClass if one in present)


# -- typography ---------------------------------------------------------------------------------------------------

_RAISED = str.maketrans({char: f"^{digit}" for digit, char in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
_GROUPED = re.compile(r"(?<=\d)[,\s](?=\d{3}(?!\d))")
_MEANT_MARKS = frozenset("?!%&@#*/\\")


def is_typography(before: str, after: str) -> bool:
    """Tell whether two passages hold the same words and numbers, differently set or spelled.

    Spelling means the British and American forms of the same English word. Question and exclamation marks, per
    cent and the like, signs and decimal points are part of what is said.
    """
    return _set_plainly(before) == _set_plainly(after)


def _set_plainly(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.translate(_RAISED)).casefold()
    folded = spelled_alike(_GROUPED.sub("", folded))
    return "".join(char for at, char in enumerate(folded) if _is_said(folded, at))


def _is_said(text: str, at: int) -> bool:
    """Tell whether a character is more than typography: letters, digits, symbols, points within a number."""
    char = text[at]
    if char.isalnum() or char in _MEANT_MARKS:
        return True
    after = text[at + 1 : at + 2]
    if char in ".,-−+" and after.isdecimal():
        before = text[at - 1 : at]
        return before.isdecimal() if char in ".," else not before.isalnum()
    return not char.isspace() and not unicodedata.category(char).startswith("P") and char not in "`´"


# -- numbers and dates --------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_HAN_NUMBER = re.compile(r"[〇零一二三四五六七八九十百千万萬亿億]+")
_SMALL = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety hundred"
_ORDINALS = "third fourth fifth sixth seventh eighth ninth tenth"
_VALUES = (
    {word: str(value) for value, word in enumerate(_SMALL.split(), start=2)}
    | {word: str(value * 10) for value, word in enumerate(_TENS.split(), start=2)}
    | {word: str(value) for value, word in enumerate(_ORDINALS.split(), start=3)}
    | {"thousand": "1000", "million": "1000000", "billion": "1000000000", "trillion": "1000000000000"}
)
_TIMES = {"decades": "0", "centuries": "00"}
"""What these words put behind a number: `eight decades` are 80 years."""
_CALENDAR = (
    "January February March April May June July August September October November December"
    " Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)
_DAYS_AND_MONTHS = frozenset(_CALENDAR.split())


def _renumbered(before: Passage, after: Passage) -> _Apart:
    gone, come = _numbers(before), _numbers(after)
    return gone - come, come - gone


def _numbers(passage: Passage) -> frozenset[str]:
    """Return the numbers of a passage by value (`8th` is `eighth`), and months and days of the week by name."""
    found = set(_NUMBER.findall(_GROUPED.sub("", unicodedata.normalize("NFKC", passage.text))))
    found.update(token for token in passage.tokens if token in _DAYS_AND_MONTHS)
    spoken = [part for token in passage.tokens for part in token.lower().split("-")]
    for word, following in pairwise([*spoken, ""]):
        if word in _VALUES:
            found.add(_VALUES[word] + _TIMES.get(following, ""))
    visible = without_spaces(passage.text)
    if _HAN_NUMBER.fullmatch(visible):
        found.add(visible)
    return frozenset(found)


def _is_number(token: str) -> bool:
    return any(map(str.isdecimal, token)) or token.lower() in _VALUES or token in _DAYS_AND_MONTHS


# -- words that are neither --------------------------------------------------------------------------------------


def _plain_words(passage: Passage) -> Counter[str]:
    """Return the words that are neither numbers nor capitalised, without what is part of a name."""
    plain = list(passage.reading.text[passage.start : passage.end])
    for start, end in asian_spans(passage):
        for at in range(max(start, passage.start), min(end, passage.end)):
            plain[at - passage.start] = " "
    return Counter(
        _set_plainly(word) for word in words("".join(plain)) if not _is_number(word) and not word[0].isupper()
    )
