"""A publisher that cuts a name, deletes a third of its articles, changes its template and has an outage.

It also puts other pictures into a few articles, while one edition's pictures are served from elsewhere twice, and
all those of another are called otherwise since the new template.

It is simulated from the captures on: targets and captures are rows of a real ledger, what the pages show goes
through the normalizer's own reading of answers, its chronicle and its watch over hosts. Only the reading of HTML
is left out: a page is given as its fields. The clock is the simulation's.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from services.normalizer.app import record
from services.normalizer.chronicle import Chronicle
from services.normalizer.fields import Extraction, PageContext, Picture
from services.normalizer.host_watch import watch_hosts
from services.normalizer.reading import read_capture
from services.normalizer.watching import check_watches
from shared.candidates import candidate
from shared.ledger import Database
from shared.ledger.batches import StoredCapture
from shared.ledger.frontier import Frontier, TargetKind
from shared.ledger.history import History
from shared.ledger.registry import Registry, SourceRow
from shared.ledger.watches import Watches
from shared.sources import SourceFile, load_source

START = datetime(2013, 12, 2, 6, 0, tzinfo=UTC)
NAME = "Marrek Oduvan"
CUT = f", {NAME}"
EDITIONS = ("en", "es", "zh")
TEMPLATE_OF = "en"
OUTAGE_OF = "es"
SERVED_ELSEWHERE = "zh"
EDITED, DELETED, ALIASED, SWAPPED = 0.005, 0.35, 0.51, 0.003
FOOTER = "Copyright Northern Wire Service. All rights reserved."
_AT_ONCE = 200
One = TypeVar("One")

_TARGETS = """
select target_id, url, host from targets join hosts using (host_id) where source_id = %(source)s
order by target_id
"""
_ADD_BATCH = """
insert into batches (batch_id, trace_id, state, targets) values (%(batch)s, 'december', 'stored', %(count)s)
"""
_ADD_CAPTURES = """
insert into captures (batch_id, target_id, source_id, kind, url, fetched_at, status, record_id, warc_key,
                      warc_offset, warc_length, revisit_of)
select %(batch)s, look.target_id, targets.source_id, targets.kind, targets.url, look.fetched_at, look.status,
       'urn:simulated', %(batch)s, 0, 1, look.revisit_of
from unnest(%(ids)s::bigint[], %(times)s::timestamptz[], %(statuses)s::smallint[], %(revisits)s::bigint[])
     with ordinality as look(target_id, fetched_at, status, revisit_of, place)
join targets using (target_id) order by place
returning capture_id, target_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article of one edition."""

    number: int
    edition: str
    addresses: tuple[str, ...]
    is_edited: bool
    is_deleted: bool
    is_swapped: bool = False

    def picture(self, look: "Look") -> Picture:
        """Return the picture under the address it has at a look."""
        subject = "podium" if self.is_swapped and look.number >= SWAP_LOOK else "district"
        name = f"{subject}-{self.number}.jpg"
        if look.number >= 1 and self.edition == TEMPLATE_OF:
            name = f"{self.number}_{subject}_wide.webp"
        place = "photo"
        if self.edition == SERVED_ELSEWHERE:
            served = sum(look.number >= moved for moved in SERVED_ELSEWHERE_LOOKS)
            place = ("photo", "w_640,h_360/photo", "cache/300x200")[served]
            name = (name, name.replace(".jpg", "-640x360.jpg?v=2"), name.replace(".jpg", "@2x.webp"))[served]
        return Picture(url=f"{home(self.edition)}{place}/{name}", caption=None, alternative="From the visit")

    def page(self, look: "Look") -> Extraction:
        day = START - timedelta(days=1 + self.number % 300)
        new_template = look.number >= 1 and self.edition == TEMPLATE_OF
        guests = "Oskar Veldin" + ("" if look.number >= 1 and self.is_edited else CUT)
        body = [
            f"Date: {day:%d %B %Y}" if new_template else f"Date: {day:%d/%m/%Y}",
            f"The plant of district {self.number} took delivery of {self.number % 89 + 2} new engines today.",
            f"{guests if self.is_edited else 'Oskar Veldin'} and the workers of depot {self.number} were present.",
            f"According to plan {self.number * 7}, the next stage begins in the spring of the coming year.",
        ]
        title = f"Engines for district {self.number} in the {self.edition} edition"
        return Extraction(
            url=None, title=title, published=f"{day:%Y-%m-%d}", published_precision=None, modified=None,
            authors=(), language=self.edition, source=None, canonical_url=None, original_url=None,
            body=(*body, *([FOOTER] if new_template else [])), related=(), images=(self.picture(look),),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One round of looks at every known address."""

    number: int
    at: datetime


LOOKS = tuple(
    Look(number=number, at=START + timedelta(days=day)) for number, day in enumerate((0, 2, 3, 5, 6, 7.1))
)
OUTAGE_LOOK, PURGE_LOOK, SWAP_LOOK = 2, 3, 4
SERVED_ELSEWHERE_LOOKS = (1, 4)


@dataclass(slots=True, kw_only=True)
class December:
    """The publisher, the ledger that follows it, and what was asked of it."""

    database: Database
    stories: Sequence[Story]
    requests: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    _by_url: dict[str, Story] = field(default_factory=dict)
    _last: dict[int, int] = field(default_factory=dict)

    def run(self, looks: Sequence[Look] = LOOKS) -> None:
        """Let the archive look at the publisher: six times in eight days, unless told otherwise."""
        self._by_url = {url: story for story in self.stories for url in story.addresses}
        for edition in EDITIONS:
            self._register(edition)
        watches = Watches(self.database)
        watches.add(NAME)
        for look in looks:
            started = time.perf_counter()
            for edition in EDITIONS:
                self._look_at(edition, look)
            check_watches(watches)
            self.seconds[f"look {look.number + 1}"] = time.perf_counter() - started

    def _register(self, edition: str) -> None:
        text = source_text(edition)
        row = SourceRow(
            source_id=source_id(edition), name=f"Wire ({edition})", language=edition, home=home(edition),
            definition=text,
        )  # fmt: skip
        Registry(self.database).put(row, obeys_robots=False, delay=timedelta(0), concurrency=1)
        urls = [url for story in self.stories if story.edition == edition for url in story.addresses]
        frontier = Frontier(self.database)
        first = [candidate(home(edition), TargetKind.LISTING)]
        for pages in (first, *_parts([candidate(url, TargetKind.ARTICLE) for url in urls], 5_000)):
            frontier.accept(source_id(edition), pages, delay=timedelta(0), concurrency=1)

    def _look_at(self, edition: str, look: Look) -> None:
        source = load_source(source_text(edition))
        with self.database.transaction() as ledger:
            targets = ledger.rows(_TARGETS, {"source": source_id(edition)})
        for place, part in enumerate(_parts(targets[1:], _AT_ONCE)):
            # The list is looked at with every batch: it is the canary when all articles of a batch are gone.
            captures = self._capture([targets[0], *part], look, name=f"{edition}-{look.at:%m%dT%H%M}-{place}")
            self._read(source, captures[1:], look)

    def _capture(self, targets: Sequence[dict[str, object]], look: Look, *, name: str) -> list[StoredCapture]:
        ids = [int(str(target["target_id"])) for target in targets]
        place = int(name.rpartition("-")[2])
        times = [look.at + timedelta(seconds=place * 30 + number / 10) for number in range(len(ids))]
        statuses = [self._status(str(target["url"]), look) for target in targets]
        revisits = [
            self._last.get(one) if status == 200 and not self._has_moved(str(target["url"]), look) else None
            for one, status, target in zip(ids, statuses, targets, strict=True)
        ]
        arguments = {"batch": name, "ids": ids, "times": times, "statuses": statuses, "revisits": revisits}
        with self.database.transaction() as ledger:
            ledger.run(_ADD_BATCH, {"batch": name, "count": len(ids)})
            rows = ledger.rows(_ADD_CAPTURES, arguments)
        given = {row["target_id"]: row["capture_id"] for row in rows}
        self.requests.update(str(status or "no answer") for status in statuses)
        self._last.update(
            {one: given[one] for one, status, seen in zip(ids, statuses, revisits, strict=True)
             if status == 200 and seen is None}
        )  # fmt: skip
        return [
            _stored(target, given[one], at=at, status=status, revisit_of=seen)
            for target, one, at, status, seen in zip(targets, ids, times, statuses, revisits, strict=True)
        ]

    def _status(self, url: str, look: Look) -> int | None:
        story = self._by_url.get(url)
        edition = story.edition if story else next(one for one in EDITIONS if url == home(one))
        if edition == OUTAGE_OF and look.number == OUTAGE_LOOK:
            # Half of its pages do not answer, and what does answers as if everything were gone.
            return None if story is None or story.number % 2 else 404
        return 404 if story and story.is_deleted and look.number >= PURGE_LOOK else 200

    def _has_moved(self, url: str, look: Look) -> bool:
        story = self._by_url.get(url)
        if story is None:
            return False
        if look.number == SWAP_LOOK and story.is_swapped:
            return True
        if look.number in SERVED_ELSEWHERE_LOOKS and story.edition == SERVED_ELSEWHERE:
            return True
        return look.number == 1 and (story.edition == TEMPLATE_OF or story.is_edited)

    def _read(self, source: SourceFile, captures: Sequence[StoredCapture], look: Look) -> None:
        def page(_body: bytes, context: PageContext) -> Extraction:
            return self._by_url[context.url].page(look)

        with History(self.database).writing(source.id) as records:
            chronicle = Chronicle(records, source)
            for capture in captures:
                shown, _ = read_capture(capture, _NoBodies(), source, extract_page=page)
                records.decide(capture.capture_id, record(chronicle, shown))
            watch_hosts(records, captures)


class _NoBodies(dict[str, "_NoBody"]):  # type: ignore[type-arg]
    def __missing__(self, key: str) -> "_NoBody":
        return _NoBody()


class _NoBody:
    def body(self) -> bytes:
        return b""


def publisher(articles: int, *, seed: int = 1) -> list[Story]:
    """Return the articles of the three editions, so many in all."""
    chance = random.Random(seed)
    edited = set(chance.sample(range(articles), max(len(EDITIONS), round(articles * EDITED))))
    deleted = set(chance.sample(range(articles), round(articles * DELETED)))
    left = [number for number in range(articles) if number not in edited | deleted]
    swapped = set(random.Random(seed + 1).sample(left, max(len(EDITIONS), round(articles * SWAPPED))))
    aliased = set(chance.sample(range(articles), round(articles * ALIASED)))
    return [
        Story(
            number=number,
            edition=EDITIONS[number % 3],
            addresses=tuple(
                f"{home(EDITIONS[number % 3])}{section}/{number:06}"
                for section in (("home", "world") if number in aliased else ("home",))
            ),
            is_edited=number in edited,
            is_deleted=number in deleted,
            is_swapped=number in swapped,
        )
        for number in range(articles)
    ]


def home(edition: str) -> str:
    return f"http://{edition}.wire.example/"


def source_id(edition: str) -> str:
    return f"wire-{edition}"


def source_text(edition: str) -> str:
    return (
        f'id = "{source_id(edition)}"\nname = "Wire ({edition})"\nlanguage = "{edition}"\n'
        f'home = "{home(edition)}"\n[[lists]]\nurl = "{home(edition)}"\nkind = "listing"\nevery = "1h"\n'
    )


def _parts(whole: Sequence[One], size: int) -> Iterator[list[One]]:
    for start in range(0, len(whole), size):
        yield list(whole[start : start + size])


def _stored(
    target: dict[str, object], capture_id: int, *, at: datetime, status: int | None, revisit_of: int | None
) -> StoredCapture:
    return StoredCapture(
        capture_id=capture_id, target_id=int(str(target["target_id"])), source_id="wire", kind=TargetKind.ARTICLE,
        host=str(target["host"]), url=str(target["url"]), via=None, hops=0, fetched_at=at, status=status,
        reason=None if status else "timeout", redirect_to=None, content_type="text/html",
        record_id="urn:simulated", warc_offset=0, warc_length=1, revisit_of=revisit_of,
        truncated=None, attempts=0, archived_at=None,
        found_title=None, found_date=None, article_tries=0, article_outcome=None,
    )  # fmt: skip
