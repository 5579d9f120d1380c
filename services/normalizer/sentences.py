"""A text read for comparing: its tokens, and the sentences they form, with where each stands."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.normalizer.spelling import word_spelled_alike
from services.normalizer.wording import is_word, normal_line, token_spans

_STOPS = frozenset(".!?…؟।。！？｡")
_ENDS_ANYWHERE = frozenset("。！？｡")
_CLOSERS = frozenset("\"'”’»›」』）)]】》")
_MAX_CLOSERS = 3
_SHORTENED = (
    "mr mrs ms dr prof gen col lt capt sgt st no vs jan feb mar apr jun jul aug sep sept oct nov dec inc ltd"
)
_ABBREVIATIONS = frozenset(_SHORTENED.split())
_WANTING = "a an the of to by in on at for from with and or that which whose"
_OPEN_WORDS = frozenset(_WANTING.split())
"""No sentence and no heading ends with these: what follows the paragraph break belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """Tokens `first` to `last` (exclusive) of a text."""

    first: int
    last: int
    paragraph: int
    """Which of the text's paragraphs, counted from 0, empty ones included."""
    key: str
    """The visible characters: equal sentences have equal keys however they are spaced."""
    vocabulary: frozenset[str]
    """Its words in lower case, English ones in one spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text in normal form, cut into tokens and sentences. Sentences cover all tokens, in order."""

    text: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    """Start and end of each token in `text`."""
    sentences: tuple[Sentence, ...]
    paragraph_starts: tuple[tuple[int, int], ...]
    """Offset in `text` and number of each paragraph that is not empty."""

    def offset(self, token: int) -> int:
        """Return where a token starts in the text; the text's end for the one after the last."""
        return self.spans[token][0] if token < len(self.spans) else len(self.text)

    def slice(self, first: int, last: int) -> str:
        """Return the text of tokens `first` to `last` (exclusive) as it stands, paragraph breaks as spaces."""
        if first == last:
            return ""
        return self.text[self.spans[first][0] : self.spans[last - 1][1]].replace("\n", " ")

    def paragraph_at(self, offset: int) -> int:
        """Return the number of the paragraph that holds an offset of the text."""
        at = bisect_right(self.paragraph_starts, (offset, len(self.text) + offset))
        return self.paragraph_starts[at - 1][1] if at else 0


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


def read(paragraphs: Sequence[str]) -> Reading:
    """Cut a text into tokens and sentences.

    A sentence crosses a paragraph break only where a line ends with a word that something must follow.
    """
    lines: list[str] = []
    starts: list[tuple[int, int]] = []
    spans: list[tuple[int, int]] = []
    sentences: list[Sentence] = []
    offset = 0
    for number, paragraph in enumerate(paragraphs):
        line = normal_line(paragraph)
        if not line:
            continue
        starts.append((offset, number))
        local = list(token_spans(line))
        found = _sentences(line, local, paragraph=number, first_token=len(spans))
        if sentences and _ends_open(lines[-1]):
            found[0] = _joined(sentences.pop(), found[0])
        sentences.extend(found)
        spans.extend((start + offset, end + offset) for start, end in local)
        lines.append(line)
        offset += len(line) + 1
    text = "\n".join(lines)
    return Reading(
        text=text,
        tokens=tuple(text[start:end] for start, end in spans),
        spans=tuple(spans),
        sentences=tuple(sentences),
        paragraph_starts=tuple(starts),
    )


def _ends_open(line: str) -> bool:
    """Tell whether a line breaks off within a sentence."""
    return line.rpartition(" ")[2] in _OPEN_WORDS


def _joined(first: Sentence, second: Sentence) -> Sentence:
    return Sentence(
        first=first.first,
        last=second.last,
        paragraph=first.paragraph,
        key=first.key + second.key,
        vocabulary=first.vocabulary | second.vocabulary,
    )


def _sentences(
    line: str, spans: Sequence[tuple[int, int]], *, paragraph: int, first_token: int
) -> list[Sentence]:
    tokens = [line[start:end] for start, end in spans]
    ends = [end for end in range(1, len(tokens)) if _breaks_before(end, tokens, spans)]
    bounds = [0, *ends, len(tokens)]
    return [
        Sentence(
            first=first_token + first,
            last=first_token + last,
            paragraph=paragraph,
            key="".join(tokens[first:last]),
            vocabulary=frozenset(
                word_spelled_alike(token.lower()) for token in tokens[first:last] if is_word(token)
            ),
        )
        for first, last in pairwise(bounds)
    ]


def _breaks_before(at: int, tokens: Sequence[str], spans: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a sentence ends before token `at`: a stop, closing marks, a space, no small letter."""
    if tokens[at][0] in _CLOSERS and spans[at][0] == spans[at - 1][1]:
        return False
    stop = at - 1
    for _ in range(_MAX_CLOSERS):
        if stop == 0 or tokens[stop][0] not in _CLOSERS or spans[stop][0] != spans[stop - 1][1]:
            break
        stop -= 1
    mark = tokens[stop][0]
    if mark not in _STOPS:
        return False
    if mark in _ENDS_ANYWHERE:
        return True
    if spans[at][0] == spans[at - 1][1] or tokens[at][0].islower():
        return False
    return mark != "." or stop == 0 or not _is_abbreviation(tokens[stop - 1])


def _is_abbreviation(token: str) -> bool:
    return (len(token) == 1 and token.isalpha() and token.isascii()) or token.lower() in _ABBREVIATIONS
