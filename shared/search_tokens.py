"""The words of an article as PostgreSQL indexes them, and the words of a query as PostgreSQL matches them.

Both sides are made here, so that they agree. Languages with spaces give words. Hangul, Han and kana, where
a space is a matter of style, give overlapping pairs of characters: 로동신문 is 로동, 동신, 신문 at three
positions and 문 at the fourth, and a query for it asks for the three pairs one after another. The pair around
a space is kept apart (쟁_연 in 전쟁 연습), so that a query of three syllables or more may ignore spaces while a
query of two never matches the end of one word and the beginning of the next.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.spellings import fold_letters, other_names, syllable_spellings

__all__ = ["MAX_STEPS", "TOKENIZER", "Clause", "Step", "clause_expression", "clause_of", "search_vector_text"]

TOKENIZER = "@v2"
"""The version of these rules and of `shared.spellings`, kept in every vector: no word has this sign.

A change of what is indexed raises it, and `pressmark reindex` makes the vectors of older versions anew.
"""

_PAIRED = (
    "\u1100-\u11ff\u3005\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U000323af"
)
_RUN = re.compile(rf"(?P<paired>[{_PAIRED}]+(?:[ \t]+[{_PAIRED}]+)*)|[^\W_{_PAIRED}]+")
_MAX_POSITION = 16383
"""The last position a tsvector can hold. A longer text begins again at 1, so its phrases are still found."""
_MAX_POSITIONS_OF_A_TOKEN = 255
_MAX_VECTOR_BYTES = 1_000_000  # PostgreSQL refuses 1 MiB
_MAX_TOKEN_LETTERS = 64
_PARAGRAPH_GAP = 2
MAX_STEPS = 48
"""A phrase, and a query, is looked up as far as it has so many words or pairs."""
_ALL_SPELLINGS_FROM = 4
"""From this many characters on, a word in which every syllable may vary still means only itself."""
_IGNORES_SPACES_FROM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One position of a phrase: any of these tokens stands there."""

    tokens: tuple[str, ...]
    prefix: bool = False

    @property
    def expression(self) -> str:
        """Return the step in the syntax of a tsquery."""
        alternatives = [_quoted(token) + (":*" if self.prefix else "") for token in self.tokens]
        return alternatives[0] if len(alternatives) == 1 else f"({' | '.join(alternatives)})"


Phrase = tuple[Step, ...]
"""Steps that follow one another without a gap."""


Clause = tuple[Phrase, ...]
"""One word or phrase as asked for, in every name it has: it holds when one of its phrases does."""


def search_vector_text(title: str, body: str | Sequence[str]) -> str:
    """Return an article's words as the text of a `tsvector`, to be given as `%(search)s::tsvector`.

    Title words have weight A. Positions count words, or characters where there are no words, so that phrases
    can be asked for; paragraphs are kept apart. A text too large for a tsvector is indexed as far as it goes. The
    version of the tokenizer comes first.

    Args:
        title: the title as shown.
        body: the paragraphs, or one text with a paragraph on each line.
    """
    paragraphs = body.splitlines() if isinstance(body, str) else body
    positions: dict[str, list[str]] = {}
    size = len(TOKENIZER) + 8
    for token, position, weight in _placed_tokens(title, paragraphs):
        at = positions.setdefault(token, [])
        if not at:
            size += len(token.encode()) + 8  # its entry, its count and its padding
        if len(at) < _MAX_POSITIONS_OF_A_TOKEN:
            size += 2
            at.append(f"{position % _MAX_POSITION + 1}{weight}")
        if size > _MAX_VECTOR_BYTES:
            break
    words = (f"{_quoted(token)}:{','.join(at)}" for token, at in positions.items())
    return " ".join((_quoted(TOKENIZER), *words))


def clause_of(words: str) -> Clause:
    """Return a word or a phrase as the index has it; empty when nothing in it could be looked up."""
    folded = fold_letters(words)
    phrases = (_phrase(spelling) for spelling in (folded, *other_names(folded)))
    return tuple(dict.fromkeys(phrase for phrase in phrases if phrase))


def clause_expression(clause: Clause) -> str:
    """Return a clause in the syntax of a tsquery."""
    return f"({' | '.join(' <-> '.join(step.expression for step in phrase) for phrase in clause)})"


def _placed_tokens(title: str, paragraphs: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Yield each token with its position in the article, from 0, and its weight."""
    start = 0
    for number, paragraph in enumerate((title, *paragraphs)):
        position = start
        for offset, token in _tokens(paragraph):
            position = start + offset
            yield token, position, "" if number else "A"
        start = position + _PARAGRAPH_GAP


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Yield each token with its position in the text, from 0."""
    position = 0
    for run in _RUN.finditer(fold_letters(text)):
        if run["paired"] is None:
            yield position, run[0][:_MAX_TOKEN_LETTERS]
            position += 1
            continue
        words = run[0].split()
        for word, following in itertools.zip_longest(words, words[1:]):
            for pair in itertools.pairwise(word):
                yield position, "".join(pair)
                position += 1
            yield position, word[-1]
            if following:
                yield position, f"{word[-1]}_{following[0]}"
            position += 1


def _phrase(folded: str) -> Phrase:
    steps: list[Step] = []
    runs = list(_RUN.finditer(folded))
    for run in runs:
        if run["paired"] is None:
            steps.append(Step(tokens=(run[0][:_MAX_TOKEN_LETTERS],)))
        else:
            steps.extend(_paired_steps(run[0], is_last=run is runs[-1]))
    return tuple(steps[:MAX_STEPS])


def _paired_steps(run: str, *, is_last: bool) -> Iterator[Step]:
    words = run.split()
    letters = "".join(words)
    beginnings = set(itertools.accumulate(map(len, words), initial=0))
    spellings = [
        syllable_spellings(letter, anywhere=at in beginnings or len(letters) >= _ALL_SPELLINGS_FROM)
        for at, letter in enumerate(letters)
    ]
    for at, (left, right) in enumerate(itertools.pairwise(spellings), start=1):
        joined = [a + b for a in left for b in right]
        if len(letters) >= _IGNORES_SPACES_FROM or at in beginnings:
            joined += [f"{a}_{b}" for a in left for b in right]
        yield Step(tokens=tuple(joined))
    if len(letters) == 1 and is_last:
        yield Step(tokens=spellings[0], prefix=True)
    elif not is_last:
        yield Step(tokens=spellings[-1])


def _quoted(token: str) -> str:
    """Quote a lexeme. Tokens hold letters, digits and _ only; quoting keeps it true if that ever changes."""
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
