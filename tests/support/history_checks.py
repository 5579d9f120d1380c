"""What an archive must know after it has looked at a replayed history, held against that history."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit

from shared.ledger.records import Edit
from tests.support.archive import Archive
from tests.support.publishers import ReplayPublisher, SiteServer
from tests.support.replay import folded

_WORD = re.compile(r"\w+|[^\w\s]")
PATIENCE_SECONDS = 100.0
"""For one look at a thousand addresses on a busy machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A body that became another one between two looks, at every address that had it."""

    paths: frozenset[str]
    before: str
    after: str


def look_at(archive: Archive, publisher: ReplayPublisher, looks: Sequence[dt.date]) -> SiteServer:
    """Archive an outlet at the given looks: its lists, then everything known once more. Close what is returned."""
    site = publisher.serve()
    publisher.set_look(looks[0])
    source = archive.kit.actions.add_source(publisher.source_text(site.url))
    for look in looks:
        publisher.set_look(look)
        archive.kit.actions.crawl(source.id)
        archive.finish(source.id, seconds=PATIENCE_SECONDS)
        archive.kit.actions.recheck(source.id)
        archive.finish(source.id, seconds=PATIENCE_SECONDS)
    return site


def looks_that_matter(publisher: ReplayPublisher) -> list[dt.date]:
    """The looks before, at and after each rewrite, and the first and last of all."""
    truth, looks = publisher.truth, publisher.looks
    wanted = {looks[0], looks[-1]}
    for rewrite in truth.rewrites:
        wanted |= {truth.bodies[rewrite.path][0][0], rewrite.day, rewrite.undone_on or rewrite.day}
    return sorted(wanted)


def listed_paths(publisher: ReplayPublisher, looks: Sequence[dt.date]) -> dict[str, dt.date]:
    """Every address that a list shows at one of the looks, with the first such look."""
    first: dict[str, dt.date] = {}
    for look in looks:
        publisher.set_look(look)
        sections = {page.section for page in publisher._states[look].values()}
        for section in sections:
            for page in publisher.listed(section):
                first.setdefault(page.path, look)
    return first


def turns(publisher: ReplayPublisher, looks: Sequence[dt.date], listed: dict[str, dt.date]) -> Iterator[Turn]:
    """Yield what a perfect archive that looked at these looks tells as edits."""
    for before, after in pairwise(looks):
        then, now = publisher._states[before], publisher._states[after]
        changed: dict[tuple[str, str], set[str]] = {}
        for path, since in listed.items():
            if since <= before and folded(then[path].body) != folded(now[path].body):
                changed.setdefault((then[path].body, now[path].body), set()).add(path)
        for (old, new), paths in changed.items():
            yield Turn(paths=frozenset(paths), before=spaced(publisher, old), after=spaced(publisher, new))


def bodies_left(publisher: ReplayPublisher, last: dt.date, listed: dict[str, dt.date]) -> set[str]:
    """The different bodies that stand at the listed addresses at the last look: so many articles there are."""
    return {folded(publisher._states[last][path].body) for path in listed}


def spaced(publisher: ReplayPublisher, text: str) -> str:
    """The text with the spaces around the leaders' names that the pages lost."""
    return publisher._leaders.sub(r" \g<0> ", text)


def paths_of(edit: Edit) -> set[str]:
    return {urlsplit(url).path for url in edit.urls}


def tells(edit: Edit, turn: Turn) -> bool:
    """Whether an edit is this turn: its address, its two texts, and each word that went or came on its side."""
    if urlsplit(edit.url).path not in turn.paths:
        return False
    same_texts = letters("".join(edit.text_from)) == letters(turn.before)
    return same_texts and letters("".join(edit.text_to)) == letters(turn.after)


def shows_every_word(edit: Edit, turn: Turn) -> bool:
    """Whether each word that went is on the removed side, and each that came on the added side."""
    before, after = Counter(words(turn.before)), Counter(words(turn.after))
    removed, added = _sides(edit)
    return _equal_but_for_spaces(before - after - removed, after - before - added)


def makes_the_new_text(edit: Edit) -> bool:
    """Whether the old text with the changes made has the words of the new one, none more and none less."""
    before, after = Counter(words(" ".join(edit.text_from))), Counter(words(" ".join(edit.text_to)))
    removed, added = _sides(edit)
    made, wanted = before + added, after + removed
    return _equal_but_for_spaces(made - wanted, wanted - made)


def _sides(edit: Edit) -> tuple[Counter[str], Counter[str]]:
    removed = Counter(words(" ".join(change.before for change in edit.changes)))
    return removed, Counter(words(" ".join(change.after for change in edit.changes)))


def _equal_but_for_spaces(gone: Counter[str], come: Counter[str]) -> bool:
    """An archive may leave out that `can not` became `cannot`: these pages lose spaces by themselves."""
    return sorted("".join(gone.elements())) == sorted("".join(come.elements()))


def words(text: str) -> list[str]:
    """Words and marks, each for itself."""
    return _WORD.findall(text)


def letters(text: str) -> str:
    """The text without white space and without the agency's end mark."""
    return "".join(text.split()).removesuffix("-0-")
