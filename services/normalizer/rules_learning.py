"""Learns the rules of a source from pages with their right answers: `pressmark source learn`.

Every selector that is proposed was tried by the very reading that will use it. The one that gives the right answer
on the most examples wins; among equals the one that fills the field on the most stored pages, then the shortest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborNode

from services.normalizer.dates import DateValue, read_date
from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, PageContext
from services.normalizer.page import Page, read_page, select
from services.normalizer.rule_examples import Example
from services.normalizer.ruled import ruled_body, ruled_dates, ruled_original, ruled_title
from services.normalizer.selectors import selectors_of, worth_of
from services.normalizer.text import letters_of
from services.normalizer.title_tails import common_tails
from shared.sources import ArticleRules

__all__ = ["LearntPage", "Lesson", "Proposal", "learn"]

_MAX_NODES = 40
_MAX_TRIED = 200
_MAX_EXCLUDED = 4
FIELDS = ("title", "date", "body", "original_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntPage:
    """A stored page."""

    url: str
    page: Page
    body: bytes
    context: PageContext

    @classmethod
    def of(cls, body: bytes, context: PageContext) -> "LearntPage":
        """Parse a page.

        Raises:
            ExtractionError: it is none.
        """
        return cls(url=context.url or "", page=read_page(body, context), body=body, context=context)

    def read(self, rules: ArticleRules | None) -> Extraction:
        """Read all fields by some rules."""
        known = self.context
        return extract(
            self.body,
            PageContext(
                url=known.url,
                content_type=known.content_type,
                rules=rules,
                source_name=known.source_name,
                language=known.language,
                timezone=known.timezone,
                captured_at=known.captured_at,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A page with its right answers."""

    learnt: LearntPage
    example: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Rules, and what they give.

    Attributes:
        right: For each field that is proposed, on how many of how many examples it is right.
        missed: Fields for which no selector was right on any example.
        sample: For each field, on how many stored pages it is found, and agrees with what is read without rules.
    """

    rules: ArticleRules
    right: dict[str, tuple[int, int]]
    missed: list[str]
    sample: dict[str, dict[str, Any]] = field(default_factory=dict)


def learn(lessons: Sequence[Lesson], sample: Sequence[LearntPage], known: ArticleRules) -> Proposal:
    """Propose rules.

    Args:
        lessons: Pages with their right answers.
        sample: Stored pages of the source on which the rules are tried.
        known: The rules it has; what is not learnt stays as it is.
    """
    chosen: dict[str, Any] = {}
    right: dict[str, tuple[int, int]] = {}
    missed = []
    for name in FIELDS:
        of_field = [lesson for lesson in lessons if _is_answered(lesson.example, name)]
        if not of_field:
            continue
        found = _best(name, of_field, sample, known)
        if found is None:
            missed.append(name)
        else:
            chosen[name], right[name] = found[0], (found[1], len(of_field))
    rules = known.model_copy(update=chosen)
    if rules.title is None and (tails := _tails(lessons, sample, known)):
        rules = rules.model_copy(update={"title_tails": tails})
        answered = [lesson for lesson in lessons if _is_answered(lesson.example, "title")]
        right["title_tails"] = (sum(_reads_title(rules, lesson) for lesson in answered), len(answered))
        if right["title_tails"][0]:
            missed = [name for name in missed if name != "title"]
    if "body" in chosen:
        answered = [lesson for lesson in lessons if _is_answered(lesson.example, "body")]
        rules = _without_foreign(rules, answered)
        right["body"] = (
            sum(_is_right("body", rules, lesson, exact=True) for lesson in answered),
            len(answered),
        )
    return Proposal(rules=rules, right=right, missed=missed, sample=_tried(rules, sample))


def _tails(lessons: Sequence[Lesson], sample: Sequence[LearntPage], known: ArticleRules) -> tuple[str, ...]:
    """Return what the titles of the source still end with as they are read today."""
    pages = {page.url: page for page in (*sample, *(lesson.learnt for lesson in lessons))}
    plain = known.model_copy(update={"title_tails": ()})
    return common_tails(title for page in pages.values() if (title := page.read(plain).title))


def _reads_title(rules: ArticleRules, lesson: Lesson) -> bool:
    return letters_of(lesson.learnt.read(rules).title or "") == letters_of(lesson.example.title or "")


def _is_answered(example: Example, name: str) -> bool:
    if name == "body":
        return bool(example.body_begins and example.body_ends)
    return getattr(example, name) is not None


def _best(
    name: str, lessons: Sequence[Lesson], sample: Sequence[LearntPage], known: ArticleRules
) -> tuple[str, int] | None:
    tried: dict[str, int] = {}
    for lesson in lessons:
        for selector in _candidates(name, lesson):
            if selector not in tried and len(tried) < _MAX_TRIED:
                rules = known.model_copy(update={name: selector})
                tried[selector] = sum(_is_right(name, rules, one) for one in lessons)
    best = max(tried.values(), default=0)
    if not best:
        return None
    equals = [selector for selector, right in tried.items() if right == best]
    filled = {one: sum(bool(_select(page.page, one)) for page in sample) for one in equals}
    extra = {one: sum(len(_select(lesson.learnt.page, one)) for lesson in lessons) for one in equals}
    winner = min(
        equals, key=lambda one: (-filled[one], _excess(name, one, lessons, known), extra[one], worth_of(one))
    )
    return winner, best


def _excess(name: str, selector: str, lessons: Sequence[Lesson], known: ArticleRules) -> int:
    """Return how much more text than is right a body's selector takes: nothing for other fields."""
    if name != "body":
        return 0
    rules = known.model_copy(update={name: selector})
    bodies = (ruled_body(lesson.learnt.page, rules, lesson.example.title) for lesson in lessons)
    return sum(len("".join(body.paragraphs)) for body in bodies if body is not None)


def _candidates(name: str, lesson: Lesson) -> list[str]:
    nodes = _bearers(name, lesson)[:_MAX_NODES]
    return sorted({selector for node in nodes for selector in selectors_of(node)}, key=worth_of)


def _bearers(name: str, lesson: Lesson) -> list[LexborNode]:
    """Return the elements of a page that hold the right answer, the smallest first."""
    tree, example = lesson.learnt.page.tree, lesson.example
    holds = {"title": _holds_title, "date": _holds_date, "body": _holds_body, "original_url": _leads_to}[name]
    found = [node for node in tree.css("*") if holds(node, example)]
    return sorted(found, key=lambda node: len(node.text() or ""))


def _holds_title(node: LexborNode, example: Example) -> bool:
    return node.tag != "title" and letters_of(node.text() or "") == letters_of(example.title or "") != ""


def _holds_date(node: LexborNode, example: Example) -> bool:
    attributes = node.attributes
    texts = [attributes.get("datetime"), attributes.get("content")]
    text = node.text() or ""
    if len(text) <= 120:
        texts.append(text)
    return any(_day_of(one) == example.date for one in texts if one)


def _day_of(text: str) -> str | None:
    reading = read_date(text)
    return reading.day.isoformat() if isinstance(reading, DateValue) and reading.day else None


def _holds_body(node: LexborNode, example: Example) -> bool:
    if node.tag in {"html", "body", "-document", "script", "style", "head"}:
        return False
    text = letters_of(node.text(separator=" ") or "")
    first, last = letters_of(example.body_begins or ""), letters_of(example.body_ends or "")
    return bool(first and last) and -1 < text.find(first) <= text.rfind(last)


def _leads_to(node: LexborNode, example: Example) -> bool:
    return node.tag == "a" and node.attributes.get("href") == example.original_url


def _is_right(name: str, rules: ArticleRules, lesson: Lesson, *, exact: bool = False) -> bool:
    page, example = lesson.learnt.page, lesson.example
    if name == "title":
        title = ruled_title(page, rules)
        return title is not None and letters_of(title.value or "") == letters_of(example.title or "")
    if name == "date":
        dates = ruled_dates(page, rules, lesson.learnt.context.language)
        reading = dates[0].reading if dates else None
        return isinstance(reading, DateValue) and str(reading.day) == example.date
    if name == "original_url":
        original = ruled_original(page, rules)
        return original is not None and original.value == example.original_url
    body = ruled_body(page, rules, example.title)
    if body is None:
        return False
    text = letters_of("".join(body.paragraphs))
    first, last = letters_of(example.body_begins or ""), letters_of(example.body_ends or "")
    if exact:
        return text.startswith(first) and text.endswith(last)
    return -1 < text.find(first) <= text.rfind(last)


def _without_foreign(rules: ArticleRules, lessons: Sequence[Lesson]) -> ArticleRules:
    """Leave out what stands in the body before its first words or after its last, where it has a name."""
    for _ in range(_MAX_EXCLUDED):
        right = sum(_is_right("body", rules, lesson, exact=True) for lesson in lessons)
        if right == len(lessons):
            break
        better = max(
            ((_gain(rules, selector, lessons), selector) for selector in _strangers(rules, lessons)),
            default=(0, ""),
        )
        if better[0] <= 0:
            break
        rules = rules.model_copy(update={"exclude": (*rules.exclude, better[1])})
    return rules


def _gain(rules: ArticleRules, selector: str, lessons: Sequence[Lesson]) -> int:
    """Return how many characters less are foreign without an element; nothing if own text would go."""
    narrower = rules.model_copy(update={"exclude": (*rules.exclude, selector)})
    before = after = 0
    for lesson in lessons:
        if _is_right("body", rules, lesson) and not _is_right("body", narrower, lesson):
            return 0
        before += _foreign_letters(rules, lesson)
        after += _foreign_letters(narrower, lesson)
    return before - after


def _foreign_letters(rules: ArticleRules, lesson: Lesson) -> int:
    body = ruled_body(lesson.learnt.page, rules, lesson.example.title)
    text = "" if body is None else letters_of("".join(body.paragraphs))
    first = letters_of(lesson.example.body_begins or "")
    last = letters_of(lesson.example.body_ends or "")
    return max(0, text.find(first)) + len(text) - (text.rfind(last) + len(last))


def _strangers(rules: ArticleRules, lessons: Sequence[Lesson]) -> list[str]:
    """Return selectors of elements inside the body that hold neither its first words nor its last."""
    found: set[str] = set()
    for lesson in lessons:
        first = letters_of(lesson.example.body_begins or "")
        last = letters_of(lesson.example.body_ends or "")
        for top in _select(lesson.learnt.page, rules.body or "body"):
            for node in top.css("*"):
                text = letters_of(node.text(separator=" ") or "")
                if text and first not in text and last not in text and node.tag not in {"p", "br"}:
                    found.update(one for one in selectors_of(node) if " " not in one)
    return sorted(found, key=worth_of)[:_MAX_TRIED]


def _tried(rules: ArticleRules, sample: Sequence[LearntPage]) -> dict[str, dict[str, Any]]:
    """Read stored pages by the rules and without any, and compare."""
    reads: dict[str, Callable[[Extraction], object]] = {
        "title": lambda found: found.title,
        "date": lambda found: (found.published or "")[:10] or None,
        "body": lambda found: letters_of(found.text) or None,
        "original_url": lambda found: found.original_url,
    }
    told: dict[str, dict[str, Any]] = {}
    wanted = [name for name in FIELDS if getattr(rules, name)]
    if rules.title_tails and "title" not in wanted:
        wanted.insert(0, "title")
    for name in wanted:
        told[name] = {"pages": len(sample), "found": 0, "agree": 0, "differing": []}
    for learnt in sample:
        ruled, plain = learnt.read(rules), learnt.read(ArticleRules(end_mark=rules.end_mark))
        for name in wanted:
            entry = told[name]
            method = ruled.provenance.get({"date": "published"}.get(name, name))
            ours, theirs = reads[name](ruled), reads[name](plain)
            by_tails = name == "title" and rules.title is None and ours != theirs
            by_rule = by_tails or (method is not None and method.method == "rule")
            entry["found"] += by_rule
            entry["agree"] += by_rule and ours == theirs
            if ours != theirs and len(entry["differing"]) < 3:
                pair = {"by_rules": _short(ruled, name), "without": _short(plain, name)}
                entry["differing"].append({"url": learnt.url, **pair})
    return told


def _short(found: Extraction, name: str) -> str | None:
    values = {"title": found.title, "date": found.published, "original_url": found.original_url}
    return f"{len(found.text)} characters" if name == "body" else values[name]


def _select(page: Page, selector: str) -> list[LexborNode]:
    return select(page, selector)
