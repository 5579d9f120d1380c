"""Whether names left or came where a sentence was rewritten.

What a name is, is guessed from how names look: two or more capitalised words in a row (Latin, Greek, Cyrillic); a
family name and one or two syllables before a title such as 동지 or 同志 (Korean, Chinese, Japanese); words of
Katakana joined by a middle dot. A Korean or Chinese name without a title is not seen, and an office or a body
counts as a name.

Somebody who rewrites a sentence calls the same person and the same body otherwise without meaning another. No
name has changed where one has lost or won a title (`Comrade`, `City`), is written with other capitals, hyphens
or in another order, is spelled out or abbreviated, stands elsewhere in the sentence, or gives way to a pronoun in
a text that names it still.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.normalizer.sentences import Passage, Reading
from services.normalizer.wording import is_word

_CONTEXT_TOKENS = 8
_LONGEST_PERSON = 3
"""Words at the end of a name that are a person's; before them stand titles (`Respected Comrade Kim Jong Un`)."""

_FIRST_WORDS = (
    "a an the in on at by for from to of with without and or but as if when while after before during since until"
    " he she it they we you i his her its their our this that these those there here who what which where why how"
    " all also both each some many no not one prior then so therefore thus however moreover now i let"
    " first second third fourth fifth sixth seventh eighth ninth tenth"
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
    re.compile(r"(?<![ァ-ヺー])[ァ-ヺー]{2,}+(?:[・＝][ァ-ヺー]{2,}+)+"),
)


_HEADING_WORDS = "us our we you your they their he she it who let me my is are be"
_NEVER_IN_NAMES = frozenset(_HEADING_WORDS.split())
"""A run of capitals that holds one of these is a heading (`Let Us Make Redoubled Efforts`)."""
_PERSONAL = "he his him himself she her hers herself they their them"
_PRONOUNS = frozenset(_PERSONAL.split())
_ABBREVIATION = re.compile(r"\b(?:[A-Z]\.){2,}|\b[A-Z]{2,6}\b")

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Name:
    """What looks like a name, and whether changed words are part of it or it only stands beside them."""

    words: Words
    is_whole: bool
    """More than one capitalised word: the others only tell what a name has been shortened to."""
    is_changed: bool


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of all changes of a sentence."""

    reading: Reading

    names: tuple[tuple[_Name, ...], ...]
    """Around each change, single capitalised words too."""
    spoken: Words
    """The words of the sentence from the first change to the last, and a few beside them."""
    pronouns: int
    """How many stand in the changed words."""
    abbreviations: frozenset[str]


def renamed(changes: Sequence[tuple[Passage, Passage]]) -> list[bool]:
    """Tell for each change of one sentence, given as (before, after), whether a name left or came with it."""
    old, new = _side([before for before, _ in changes]), _side([after for _, after in changes])
    gone = [_unlike(one, other) for one, other in zip(old.names, new.names, strict=True)]
    come = [_unlike(one, other) for one, other in zip(new.names, old.names, strict=True)]
    told = [_are_told(left, right, old=old, new=new) for left, right in zip(gone, come, strict=True)]
    if any(told) and (old.pronouns or new.pronouns):
        excused = _excused(gone, new) | _excused(come, old)
        return [
            is_told and any(name not in excused for name in (*left, *right))
            for is_told, left, right in zip(told, gone, come, strict=True)
        ]
    return told


def _are_told(left: Sequence[Words], right: Sequence[Words], *, old: _Side, new: _Side) -> bool:
    """Tell whether a change that has lost and won these names is one of names.

    Names that changed places (`A met B` for `B met A`) are two changes with both sides, and stay a difference.
    """
    if left and right and not (old.abbreviations or new.abbreviations):
        return True
    return bool(_without_kept(left, new) or _without_kept(right, old))


def _excused(names: Sequence[Sequence[Words]], other: _Side) -> set[Words]:
    """Return the names in whose place pronouns may stand, if there are enough and the text names them still."""
    told = {name for of_change in names for name in of_change}
    if not told or len(told) > other.pronouns:
        return set()
    whole = f" {' '.join(_normal(other.reading.tokens))} "
    return {name for name in told if f" {' '.join(name[-_LONGEST_PERSON:])} " in whole}


def _unlike(names: Sequence[_Name], others: Sequence[_Name]) -> tuple[Words, ...]:
    """Return the changed names that are not among the others, however these are written."""
    return tuple(
        name.words
        for name in names
        if name.is_changed
        and name.is_whole
        and not any(_are_one(name.words, other.words) for other in others)
    )


def _are_one(name: Words, other: Words) -> bool:
    """Tell whether two names differ by order, or by words before or after them."""
    short, long = sorted((name, other), key=len)
    return (
        long[: len(short)] == short or long[-len(short) :] == short or sorted(short) == sorted(long)
    ) and short != ()


def _without_kept(names: Sequence[Words], other: _Side) -> list[Words]:
    """Return the names that do not stand elsewhere in the sentence, in whatever letters, nor abbreviated."""
    return [
        name
        for name in names
        if not _stands_in(name, other.spoken)
        and not any(_abbreviates(short, name) for short in other.abbreviations)
    ]


def _stands_in(name: Words, spoken: Words) -> bool:
    return any(spoken[at : at + len(name)] == name for at in range(len(spoken) - len(name) + 1))


def _abbreviates(short: str, name: Words) -> bool:
    """Tell whether initials are those of a name, or of a part of one: `WPK` of the Workers' Party (of Korea)."""
    initials = "".join(word[0] for word in name)
    return short.startswith(initials) or initials.endswith(short)


def _side(passages: Sequence[Passage]) -> _Side:
    reading = passages[0].reading
    first = max(0, passages[0].first - _CONTEXT_TOKENS)
    last = min(len(reading.tokens), max(passage.last for passage in passages) + _CONTEXT_TOKENS)
    changed = [token.lower() for passage in passages for token in passage.tokens]
    return _Side(
        reading=reading,
        names=tuple(tuple(_names_around(passage)) for passage in passages),
        spoken=_normal(reading.tokens[first:last]),
        pronouns=sum(token in _PRONOUNS for token in changed),
        abbreviations=frozenset(
            found.replace(".", "").lower()
            for passage in passages
            for found in _ABBREVIATION.findall(passage.text)
        ),
    )


def _normal(tokens: Sequence[str]) -> Words:
    """Return words as they are compared: in small letters, without possessive endings, cut at hyphens."""
    words = (part for token in tokens if is_word(token) for part in token.casefold().split("-"))
    return tuple(part for word in words if (part := _without_possessive(word)))


def _without_possessive(word: str) -> str:
    for ending in ("'s", "’s", "'", "’"):
        word = word.removesuffix(ending)
    return word


def _names_around(passage: Passage) -> list[_Name]:
    """Return what look like names in a passage, and those that it touches on either side."""
    tokens = passage.reading.tokens
    first, last = passage.first, passage.last
    while first and passage.first - first < _CONTEXT_TOKENS and tokens[first - 1][0].isupper():
        first -= 1
    while last < len(tokens) and last - passage.last < _CONTEXT_TOKENS and tokens[last][0].isupper():
        last += 1
    names = [
        _Name(
            _normal(tokens[start:end]),
            is_whole=_capitals(tokens[start:end]) > 1,
            is_changed=start < passage.last and passage.first < end,
        )
        for start, end in _capitalised_runs(tokens, first, last)
    ]
    return names + _asian_names(passage)


def _capitalised_runs(tokens: Sequence[str], first: int, last: int) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start = first
    for at in range(first, last + 1):
        if at < last and tokens[at][0].isupper():
            continue
        opened = start
        while start < at and _opens_sentence(tokens[start].lower()):
            start += 1
        is_heading = any(token.lower() in _NEVER_IN_NAMES for token in tokens[opened + 1 : at])
        if start < at and not is_heading:
            runs.append((start, at))
        start = at + 1
    return runs


def _capitals(tokens: Sequence[str]) -> int:
    return sum(part[:1].isupper() for token in tokens for part in token.split("-"))


def _asian_names(passage: Passage) -> list[_Name]:
    """Return names in Asian scripts."""
    text, left, right = passage.reading.text, passage.start, passage.end
    return [
        _Name((text[start:end],), is_whole=True, is_changed=start < right and left < end)
        for start, end in asian_spans(passage)
        if start <= right and left <= end
    ]


def asian_spans(passage: Passage) -> list[tuple[int, int]]:
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
