"""What kind of edit a change is.

Typography, numbers, moves and whole sentences are facts of the text. Names are a guess from how names look: two
or more capitalised words in a row (Latin, Greek, Cyrillic); a family name and one or two syllables before a title
such as 동지 or 同志 (Korean, Chinese, Japanese); Katakana words joined by a middle dot. A Korean or Chinese name
without a title is not seen, and an office or a body (`Central Committee`) counts as a name.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.normalizer.sentences import Reading
from services.normalizer.wording import without_spaces, words

_CONTEXT_TOKENS = 8


class EditClass(StrEnum):
    """Kinds of edits, from the least to the most visible in the text."""

    TYPOGRAPHY = "typography"
    """Quotes, dashes, spacing of numbers, commas, capitals, -ise for -ize: the same words and numbers."""
    WORDING = "wording"
    NAME = "name"
    """A guess: see the module."""
    NUMBER_OR_DATE = "number_or_date"
    SENTENCE_ADDED = "sentence_added"
    SENTENCE_REMOVED = "sentence_removed"
    TITLE = "title"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Passage:
    """Tokens `first` to `last` (exclusive) of a text."""

    reading: Reading
    first: int
    last: int

    @property
    def text(self) -> str:
        """The passage as it stands."""
        return self.reading.slice(self.first, self.last)

    @property
    def start(self) -> int:
        """Its offset in the text."""
        return self.reading.offset(self.first)

    @property
    def end(self) -> int:
        """The offset of its end, which is its start if it holds no tokens."""
        return self.start + len(self.text)

    @property
    def tokens(self) -> Sequence[str]:
        """Its tokens, marks too."""
        return self.reading.tokens[self.first : self.last]


def classify_sentence(changes: Sequence[tuple[Passage, Passage]]) -> list[tuple[EditClass, ...]]:
    """Class the changes inside one rewritten sentence, given as (before, after).

    They are looked at together, so that a date or a name that only went elsewhere in its sentence is wording.
    """
    names = _told_apart([_renamed(before, after) for before, after in changes])
    numbers = _told_apart([_renumbered(before, after) for before, after in changes])
    return [
        _classes_of(before, after, renamed=renamed, renumbered=renumbered)
        for (before, after), renamed, renumbered in zip(changes, names, numbers, strict=True)
    ]


def _classes_of(before: Passage, after: Passage, *, renamed: bool, renumbered: bool) -> tuple[EditClass, ...]:
    if is_typography(before.text, after.text):
        return (EditClass.TYPOGRAPHY,)
    found = [EditClass.NAME] if renamed else []
    found += [EditClass.NUMBER_OR_DATE] if renumbered else []
    if not found or _plain_words(before) != _plain_words(after):
        found.insert(0, EditClass.WORDING)
    return tuple(found)


_Apart = tuple[frozenset[str], frozenset[str]]


def _told_apart(sides: Sequence[_Apart]) -> list[bool]:
    """Tell for each change whether names (or numbers) left or came, given those that did.

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
_SPELLINGS = (
    (re.compile(r"(?<=[a-z]{2})our(?=(?:s|ed|ing|able|ably|ful|ite|ites|al)?\b)"), "or"),
    (re.compile(r"(?<=[a-z]{3})is(?=(?:e|ed|es|er|ers|ing|ation|ations)\b)"), "iz"),
    (re.compile(r"(?<=[a-z]{2})ys(?=(?:e|ed|es|er|ers|ing)\b)"), "yz"),
    (re.compile(r"(?<=[a-z]{2}[bt])re(?=s?\b)"), "er"),
    (re.compile(r"(?<=\bdef)ence|(?<=\boff)ence|(?<=\blic)ence|(?<=\bpret)ence"), "ense"),
    (re.compile(r"\bprogramme(?=s?\b)"), "program"),
)


def is_typography(before: str, after: str) -> bool:
    """Tell whether two passages hold the same words and numbers, differently set or spelled.

    Spelling means the British and American forms of the same English word. Question and exclamation marks, per
    cent and the like, signs and decimal points are part of what is said.
    """
    return _set_plainly(before) == _set_plainly(after)


def _set_plainly(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.translate(_RAISED)).casefold()
    folded = _GROUPED.sub("", folded)
    for pattern, spelling in _SPELLINGS:
        folded = pattern.sub(spelling, folded)
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
    for token in passage.tokens:
        if token in _DAYS_AND_MONTHS:
            found.add(token)
        elif token.lower() in _VALUES:
            found.add(_VALUES[token.lower()])
    visible = without_spaces(passage.text)
    if _HAN_NUMBER.fullmatch(visible):
        found.add(visible)
    return frozenset(found)


def _is_number(token: str) -> bool:
    return any(map(str.isdecimal, token)) or token.lower() in _VALUES or token in _DAYS_AND_MONTHS


# -- names --------------------------------------------------------------------------------------------------------

_FIRST_WORDS = (
    "a an the in on at by for from to of with without and or but as if when while after before during since until"
    " he she it they we you i his her its their our this that these those there here who what which where why how"
    " all also both each some many no not one prior then"
)
_OPENERS = frozenset(_FIRST_WORDS.split())
_KOREAN_FAMILY = (
    "김|리|이|박|최|정|조|강|장|윤|임|림|한|오|서|신|권|황|안|송|류|유|홍|전|고|문|손|양|량|배|백|허|남|심|노|로"
    "|하|곽|성|차|주|우|구|현|라|나|진|지|엄|원|천|방|공|함|변|염|여|려|추|도|소|석|선|설|마|길|연|위|표|명|기|반|왕|금|옥|태"
)
_KOREAN_TITLE = (
    "동지|총비서|비서|위원장|부위원장|대통령|주석|총리|부총리|장관|차관|대장|원수|차수"
    "|상장|대사|의원|대표|기자|선수|교수|장군|씨"
)
_ASIAN_NAMES = (
    re.compile(rf"(?:{_KOREAN_FAMILY})[가-힣]{{1,2}}(?=\s?(?:{_KOREAN_TITLE}))"),
    # A foreigner's name in Hangul: given name, family name, office.
    re.compile(
        r"[가-힣]{1,5} [가-힣]{1,5}(?= (?:차관|장관|대통령|총리|대사|의원|기자|교수|시장|국장|총재|씨))"
    ),
    re.compile(
        r"[一-鿿]{2,4}(?=同志|总书记|總書記|主席|委员长|总统|總統|总理|大使|先生|部长|将军|氏|書記|委員長|大統領|首相)"
    ),
    re.compile(r"[ァ-ヺー]{2,}(?:[・＝][ァ-ヺー]{2,})+"),
)


@dataclass(frozen=True, slots=True)
class _Name:
    """What looks like a name, and whether changed words are part of it or it only stands beside them."""

    text: str
    is_changed: bool


def _renamed(before: Passage, after: Passage) -> _Apart:
    """Return the names that left and came, without those that have lost or won no more than a title."""
    old, new = _names_around(before), _names_around(after)
    return _unlike(old, new), _unlike(new, old)


def _unlike(names: Sequence[_Name], others: Sequence[_Name]) -> frozenset[str]:
    return frozenset(
        name.text
        for name in names
        if name.is_changed and not any(_differ_by_title(name.text, other.text) for other in others)
    )


def _differ_by_title(name: str, other: str) -> bool:
    return name == other or name.endswith(f" {other}") or other.endswith(f" {name}")


def _names_around(passage: Passage) -> list[_Name]:
    """Return what look like names in a passage, and those that it touches on either side."""
    tokens = passage.reading.tokens
    first, last = passage.first, passage.last
    while first and passage.first - first < _CONTEXT_TOKENS and tokens[first - 1][0].isupper():
        first -= 1
    while last < len(tokens) and last - passage.last < _CONTEXT_TOKENS and tokens[last][0].isupper():
        last += 1
    names = [
        _Name(" ".join(tokens[start:end]).casefold(), start < passage.last and passage.first < end)
        for start, end in _capitalised_runs(tokens, first, last)
    ]
    return names + _asian_names(passage)


def _capitalised_runs(tokens: Sequence[str], first: int, last: int) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start = first
    for at in range(first, last + 1):
        if at < last and tokens[at][0].isupper() and (at > start or not _opens_sentence(tokens[at].lower())):
            continue
        if at - start > 1:
            runs.append((start, at))
        start = at + 1
    return runs


def _asian_names(passage: Passage) -> list[_Name]:
    text, left, right = passage.reading.text, passage.start, passage.end
    return [
        _Name(text[start:end], start < right and left < end)
        for start, end in _asian_spans(passage)
        if start <= right and left <= end
    ]


def _asian_spans(passage: Passage) -> list[tuple[int, int]]:
    """Return where names in Asian scripts stand in and near a passage, as offsets of the text."""
    reading = passage.reading
    start = reading.offset(max(0, passage.first - _CONTEXT_TOKENS))
    end = reading.offset(min(len(reading.tokens), passage.last + _CONTEXT_TOKENS))
    if reading.text[start:end].isascii():
        return []
    return [match.span() for pattern in _ASIAN_NAMES for match in pattern.finditer(reading.text, start, end)]


def _opens_sentence(word: str) -> bool:
    """Tell whether a word is capitalised for standing first: `The`, `Saying` (but not Beijing or Chongqing)."""
    return word in _OPENERS or (
        len(word) > 5 and word.endswith("ing") and not word.endswith(("jing", "qing"))
    )


def _plain_words(passage: Passage) -> Counter[str]:
    """Return the words that are neither numbers nor capitalised, without what is part of a name."""
    plain = list(passage.reading.text[passage.start : passage.end])
    for start, end in _asian_spans(passage):
        for at in range(max(start, passage.start), min(end, passage.end)):
            plain[at - passage.start] = " "
    return Counter(
        _set_plainly(word) for word in words("".join(plain)) if not _is_number(word) and not word[0].isupper()
    )
