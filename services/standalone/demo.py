"""The demonstration: an archive follows a fictional outlet for some days, and is then judged by the truth.

The logic only: it knows neither the terminal nor the ledger.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from services.standalone.outlet.machine import MISSES
from services.standalone.outlet.server import OutletServer
from services.standalone.outlet.truth import TrueEdit, TrueReturn, Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundArticle:
    """An article as the archive knows it, with all the addresses it took to be one article."""

    title: str
    source_id: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEdit:
    """An edit as the archive tells it; `changes` are pairs of words that went and words that came.

    `classes` are names such as `wording` or `sentence_removed`.
    """

    url: str
    classes: tuple[str, ...]
    silent: bool
    title_from: str
    title_to: str
    changes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAbsence:
    """An article that the archive calls removed, or returned."""

    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSummary:
    """What an archive found. `removals` are articles away now, `returns` those that came back."""

    articles: tuple[FoundArticle, ...]
    edits: tuple[FoundEdit, ...]
    removals: tuple[FoundAbsence, ...]
    returns: tuple[FoundAbsence, ...]

    @property
    def merged_addresses(self) -> int:
        """How many addresses turned out to be another address of an article already known."""
        return sum(len(article.urls) - 1 for article in self.articles)


class DemoArchive(Protocol):
    """The archive that is shown; every method returns when its work is done, everything derived included."""

    def add_source(self, text: str) -> str:
        """Add a source from its file (TOML) and return its id."""
        ...

    def crawl(self, source_id: str) -> None:
        """Look at the source's lists and fetch every article found there that is new."""
        ...

    def recheck(self, source_id: str) -> None:
        """Look at every known article of the source again, those that are away too."""
        ...

    def summary(self) -> ArchiveSummary:
        """Return what was found so far."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProgress:
    """How things stand after a simulated day; `requests` counts all that the outlet answered so far."""

    day: int
    days: int
    articles: int
    edits: int
    removals: int
    returns: int
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSummary:
    """What was found, what was true, and where the two differ.

    Attributes:
        found: The archive's account.
        truth: The outlet's.
        differences: One sentence for each thing missed, made up or told wrongly.
        classed_otherwise: One sentence for each edit whose class is another one than the outlet's editor
            had in mind. A class is partly a guess (what is a name?), so it does not decide `correct`.
        requests: Requests that the outlet answered.
        unchanged_answers: How many of them it answered with 304.
        seconds: How long the run took.
    """

    found: ArchiveSummary
    truth: Truth
    differences: tuple[str, ...]
    classed_otherwise: tuple[str, ...]
    requests: int
    unchanged_answers: int
    seconds: float

    @property
    def correct(self) -> bool:
        """Whether the archive found everything that happened, and nothing else."""
        return not self.differences

    @property
    def edits(self) -> tuple[FoundEdit, ...]:
        """The edits found, without what changed while an article was away: that belongs to its return."""
        returns = self.truth.returns
        return tuple(edit for edit in self.found.edits if not any(_tells(edit, back) for back in returns))

    def as_dict(self) -> dict[str, object]:
        """Return the summary for `--json`: only strings, numbers, booleans, lists and dicts."""
        return {
            "days": self.truth.day,
            "correct": self.correct,
            "differences": list(self.differences),
            "classed_otherwise": list(self.classed_otherwise),
            "expected": {
                "articles": len(self.truth.articles),
                "merged_addresses": len(self.truth.paths) - len(self.truth.articles),
                "edits": len(self.truth.edits),
                "removals": len(self.truth.removals) - len(self.truth.returns),
                "returns": len(self.truth.returns),
            },
            "found": {
                "articles": len(self.found.articles),
                "merged_addresses": self.found.merged_addresses,
                "edits": [_edit_as_dict(edit) for edit in self.edits],
                "removals": [{"url": one.url, "title": one.title} for one in self.found.removals],
                "returns": [{"url": one.url, "title": one.title} for one in self.found.returns],
            },
            "requests": self.requests,
            "unchanged_answers": self.unchanged_answers,
            "seconds": round(self.seconds, 2),
        }


def run_demo(
    archive: DemoArchive,
    outlet: OutletServer,
    *,
    days: int,
    progress: Callable[[DemoProgress], None],
    clock: Callable[[], float] = time.monotonic,
) -> DemoSummary:
    """Let the archive follow the outlet from day 1 to `days`, crawl and re-check once a day, and judge it.

    Raises:
        ValueError: The outlet has no such day.
    """
    began = clock()
    truth = outlet.outlet.truth(days)
    source_ids = [archive.add_source(text) for text in outlet.outlet.source_files(outlet.url)]
    for day in range(1, days + 1):
        outlet.set_day(day)
        for source_id in source_ids:
            archive.crawl(source_id)
        for source_id in source_ids:
            archive.recheck(source_id)
        progress(_progress(archive.summary(), day=day, days=days, outlet=outlet, seconds=clock() - began))
    found = archive.summary()
    visits = outlet.visits
    return DemoSummary(
        found=found,
        truth=truth,
        differences=judge(found, truth, visited=[visit.target for visit in visits]),
        classed_otherwise=judge_classes(found, truth),
        requests=len(visits),
        unchanged_answers=sum(visit.status == 304 for visit in visits),
        seconds=clock() - began,
    )


def judge(found: ArchiveSummary, truth: Truth, *, visited: Iterable[str]) -> tuple[str, ...]:
    """Return a sentence for everything in which the archive's account differs from the truth."""
    return (
        *_wrong_articles(found, truth),
        *_wrong_edits(found, truth),
        *_wrong_absences(found, truth),
        *(f"{path} was asked for, though robots.txt forbids it" for path in _barred(visited, truth)),
    )


def judge_classes(found: ArchiveSummary, truth: Truth) -> tuple[str, ...]:
    """Return a sentence for every edit among whose classes the outlet's own is not."""
    pairs = ((edit, told) for edit in truth.edits for told in found.edits if _tells(told, edit))
    return tuple(
        f"the edit of {edit.article_id} is classed {', '.join(told.classes)}, not {edit.edit_class}"
        for edit, told in pairs
        if edit.edit_class not in told.classes
    )


def _progress(
    found: ArchiveSummary, *, day: int, days: int, outlet: OutletServer, seconds: float
) -> DemoProgress:
    return DemoProgress(
        day=day,
        days=days,
        articles=len(found.articles),
        edits=len(found.edits),
        removals=len(found.removals),
        returns=len(found.returns),
        requests=len(outlet.visits),
        seconds=seconds,
    )


def _wrong_articles(found: ArchiveSummary, truth: Truth) -> list[str]:
    """Missed and made up articles, and addresses joined or parted wrongly."""
    expected = {frozenset(article.paths): article.article_id for article in truth.articles}
    actual = {frozenset(_path(url) for url in article.urls): article.title for article in found.articles}
    wrong = [
        f"{name} is not there with exactly its addresses"
        for paths, name in expected.items()
        if paths not in actual
    ]
    return wrong + [
        f"“{title}” has addresses that are not one article's"
        for paths, title in actual.items()
        if paths not in expected
    ]


def _wrong_edits(found: ArchiveSummary, truth: Truth) -> list[str]:
    unmatched = list(found.edits)
    wrong: list[str] = []
    for edit in truth.edits:
        told = next((one for one in unmatched if _tells(one, edit)), None)
        if told is None:
            wrong.append(f"the edit of {edit.article_id} on day {edit.day} was not told, or with other words")
            continue
        unmatched.remove(told)
        if told.silent != edit.silent:
            wrong.append(
                f"the edit of {edit.article_id} is told as {'silent' if told.silent else 'announced'}"
            )
    # What changed while an article was away may be told with its return or as an edit too.
    for back in truth.returns:
        unmatched = [one for one in unmatched if not _tells(one, back)]
    return wrong + [f"an edit of {_path(one.url)} is told that never happened, or twice" for one in unmatched]


def _tells(told: FoundEdit, true: TrueEdit | TrueReturn) -> bool:
    """Whether the archive's edit is this one: same article, and in sum the same letters went and came.

    Two right accounts of a change may cut it into different pieces and leave equal words in; the letters
    that went less those that came are the same in both.
    """
    if _path(told.url) not in true.paths:
        return False
    before = _letters([told.title_from, *(before for before, _ in told.changes)])
    after = _letters([told.title_to, *(after for _, after in told.changes)])
    gone, come = _letters(true.removed), _letters(true.added)
    return before - after == gone - come and after - before == come - gone


def _letters(texts: Iterable[str]) -> Counter[str]:
    return Counter(character for text in texts for character in text if character.isalnum())


def _wrong_absences(found: ArchiveSummary, truth: Truth) -> list[str]:
    """Removals and returns; what was away at too few looks may be told or not."""
    back_on = {back.article_id: back.day for back in truth.returns}
    gone: dict[str, tuple[str, ...]] = {}
    returned: dict[str, tuple[str, ...]] = {}
    doubtful: set[str] = set()
    for removal in truth.removals:
        back = back_on.get(removal.article_id)
        looks = (truth.day + 1 if back is None else back) - removal.day
        if looks < MISSES:
            doubtful.update(removal.paths)
        else:
            (gone if back is None else returned)[removal.article_id] = removal.paths
    return [
        *_absence_differences(found.removals, gone, doubtful=doubtful, what="removal"),
        *_absence_differences(found.returns, returned, doubtful=doubtful, what="return"),
    ]


def _absence_differences(
    found: Sequence[FoundAbsence], expected: dict[str, tuple[str, ...]], *, doubtful: set[str], what: str
) -> list[str]:
    told = {_path(one.url) for one in found}
    known = {path for paths in expected.values() for path in paths}
    wrong = [
        f"the {what} of {name} was not told" for name, paths in expected.items() if not told & set(paths)
    ]
    return wrong + [
        f"a {what} of {path} is told that never happened" for path in sorted(told - known - doubtful)
    ]


def _barred(visited: Iterable[str], truth: Truth) -> list[str]:
    return sorted({_path(target) for target in visited} & set(truth.disallowed))


def _path(url: str) -> str:
    return urlsplit(url).path


def _edit_as_dict(edit: FoundEdit) -> dict[str, object]:
    return {
        "url": edit.url,
        "classes": list(edit.classes),
        "silent": edit.silent,
        "title_from": edit.title_from,
        "title_to": edit.title_to,
        "changes": [{"from": before, "to": after} for before, after in edit.changes],
    }
