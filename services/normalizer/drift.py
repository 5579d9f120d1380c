"""Tells when the pages of a source no longer give what they gave: a sentinel for each field, against its own past.

Each article page is a trial for each field: it gave the field as always, or it did not. How often a field fails
on an ordinary day is learnt from the first pages, so that a source without authors is not called broken for that.
Then a cumulative sum (Page 1954) weighs every page by how much likelier it is under a changed layout than under
the past of the source. It forgets single failures and adds up runs of them: where a field fails on every page it
passes its bound within 20 pages, and on steady pages about once in e^12 pages of a field at the most.
"""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from services.normalizer.datelines import read_dateline
from services.normalizer.fields import Extraction
from shared.sources import ArticleRules

__all__ = ["FieldWatch", "SourceWatch", "failures_of"]

_LEARNT_FROM = 40
"""Pages from which a field's past is known well enough to be held against it."""
_MEMORY = 1_000
"""Pages that the past is made of, about; older ones fade, so that a slow change is no alarm."""
_BOUND = 12.0
"""An alarm comes on steady pages once in at least e^12 = 160,000 pages of a field."""
_RECOVERED_BOUND = 6.0
_TOO_OFTEN = 0.35
"""A field that fails more often than this on ordinary days says nothing by failing."""
_SURE = 2.6
"""Standard errors above the rate that was seen: a short past must not look better than it was."""
_LATELY = 20
_LENGTHS = 101
_MANY_TIMES = 4
_DATELINE_DAYS = 3


@dataclass(slots=True, kw_only=True)
class FieldWatch:
    """One field of one source.

    Attributes:
        pages: Pages the past is made of, fading.
        failed: Those of them on which the field failed.
        score: The cumulative sum; an alarm at 12. While drifted, the sum that speaks for recovery.
        recent: 1 for each of the last 20 pages on which it failed, else 0.
    """

    pages: float = 0.0
    failed: float = 0.0
    score: float = 0.0
    drifted: bool = False
    recent: list[int] = field(default_factory=list)

    @property
    def usual(self) -> float:
        """How often it fails at the most on ordinary days: the upper end of what its past allows (Wilson)."""
        if not self.pages:
            return 1.0
        n, rate, z = self.pages, self.failed / self.pages, _SURE
        middle = rate + z * z / (2 * n)
        spread = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
        return min(1.0, (middle + spread) / (1 + z * z / n))

    @property
    def is_watched(self) -> bool:
        """Whether its past is known, and good enough."""
        return self.pages >= _LEARNT_FROM and self.usual <= _TOO_OFTEN

    def see(self, failed: bool) -> bool:  # noqa: FBT001  (the one thing it is told)
        """Take in one page and return whether the field has drifted or recovered by it."""
        turned = self._weigh(failed) if self.drifted or self.is_watched or self.score else False
        if turned and not self.drifted:
            self.recent = []
        self.recent.append(int(failed))
        if len(self.recent) > _LATELY:
            # A page becomes part of the past when 20 more have not shown that the layout had changed by then.
            oldest = self.recent.pop(0)
            if not self.drifted:
                self._remember(oldest)
        return turned

    def _weigh(self, failed: bool) -> bool:  # noqa: FBT001  (as above)
        usual = min(self.usual, _TOO_OFTEN)
        changed = (1 + usual) / 2
        weight = math.log(changed / usual) if failed else math.log((1 - changed) / (1 - usual))
        self.score = max(0.0, self.score + (-weight if self.drifted else weight))
        if self.score < (_RECOVERED_BOUND if self.drifted else _BOUND):
            return False
        self.drifted, self.score = not self.drifted, 0.0
        return True

    def _remember(self, failed: int) -> None:
        if self.pages >= _MEMORY:
            keep = 1 - 1 / _MEMORY
            self.pages, self.failed = self.pages * keep, self.failed * keep
        self.pages += 1
        self.failed += failed

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {
            "pages": round(self.pages, 3),
            "failed": round(self.failed, 3),
            "score": round(self.score, 4),
            "drifted": self.drifted,
            "recent": self.recent,
        }


@dataclass(slots=True, kw_only=True)
class SourceWatch:
    """All fields of one source."""

    rules: str = ""
    fields: dict[str, FieldWatch] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)
    """Characters of the last texts, for their median."""

    def see(self, article: Extraction | None, rules: ArticleRules, *, version: str) -> dict[str, bool]:
        """Take in one page.

        Args:
            article: What it gave; None when it gave no text.
            rules: The source's rules.
            version: Their version; with new rules a drifted field begins anew.

        Returns:
            The fields that turned by this page: true where one has drifted, false where one has recovered.
        """
        if version != self.rules:
            self.rules = version
            for watch in self.fields.values():
                watch.score = 0.0
        failures = failures_of(article, rules, median=self._median())
        if article is not None and not any(failures.get(name) for name in ("body", "length")):
            self.lengths = [*self.lengths, len(article.text)][-_LENGTHS:]
        turned: dict[str, bool] = {}
        for name, failed in failures.items():
            watch = self.fields.setdefault(name, FieldWatch())
            if watch.see(failed):
                turned[name] = watch.drifted
        return turned

    @property
    def drifted(self) -> list[str]:
        """The fields that do not give what they gave."""
        return sorted(name for name, watch in self.fields.items() if watch.drifted)

    def _median(self) -> float | None:
        return statistics.median(self.lengths) if len(self.lengths) >= _LEARNT_FROM // 2 else None

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        fields = {name: watch.as_json() for name, watch in sorted(self.fields.items())}
        return {"rules": self.rules, "fields": fields, "lengths": self.lengths}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "SourceWatch":
        """Read what `as_json` wrote."""
        fields = {name: FieldWatch(**watch) for name, watch in kept.get("fields", {}).items()}
        return cls(rules=kept.get("rules", ""), fields=fields, lengths=list(kept.get("lengths", ())))


def failures_of(
    article: Extraction | None, rules: ArticleRules, *, median: float | None = None
) -> dict[str, bool]:
    """Return for each field whether a page failed to give it.

    `title rule` and its like fail where the source has a rule for the field and it found nothing; `body
    fallback` where the text had to be had from the second extractor. `length` fails where a text is four times
    longer or shorter than the median. A page without text fails for its body alone.
    """
    if article is None:
        return {"body": True}
    methods = {name: entry.method for name, entry in article.provenance.items()}
    failures = {
        "body": not article.body,
        "title": not article.title,
        "published": not article.published,
        "authors": not article.authors,
        "body fallback": methods.get("body") == "trafilatura",
    }
    ruled = {"title": rules.title, "published": rules.date, "body": rules.body}
    failures |= {f"{name} rule": methods.get(name) != "rule" for name, rule in ruled.items() if rule}
    if median is not None:
        length = len(article.text)
        failures["length"] = not median / _MANY_TIMES <= length <= median * _MANY_TIMES
    if rules.end_mark:
        failures["end mark"] = rules.end_mark not in " ".join(article.body[-2:])
    return failures | _dateline_failures(article)


def _dateline_failures(article: Extraction) -> dict[str, bool]:
    """Hold the day of the dateline against the day that was found; pages without a dateline only lack one."""
    stated = next(filter(None, (read_dateline(paragraph) for paragraph in article.body[:2])), None)
    failures = {"dateline": stated is None}
    if stated is not None and article.published is not None and len(article.published) >= 10:
        day = date.fromisoformat(article.published[:10])
        failures["dateline date"] = not stated.is_near(day, timedelta(days=_DATELINE_DAYS))
    return failures
