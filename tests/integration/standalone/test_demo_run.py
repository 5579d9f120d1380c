import difflib
import html
import http.client
import itertools
import re
import tomllib
from urllib.parse import urlsplit

from services.standalone.demo import (
    ArchiveSummary,
    DemoProgress,
    FoundAbsence,
    FoundArticle,
    FoundEdit,
    run_demo,
)
from services.standalone.outlet.model import Outlet
from services.standalone.outlet.server import OutletServer, serve

CLASSES = (
    "typography",
    "wording",
    "name",
    "number_or_date",
    "sentence_added",
    "sentence_removed",
    "title",
)
MISSES = 3


class PatientReader:
    """A small archive that reads the pages as they are served: it knows nothing of the outlet's model."""

    def __init__(self, server: OutletServer) -> None:
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", int(server.url.rsplit(":", 1)[1]), timeout=10
        )
        self._base = server.url
        self._accept: dict[str, tuple[str, str, str]] = {}
        self._looks: dict[str, list[tuple[str, str, str] | None]] = {}

    def close(self) -> None:
        self._connection.close()

    def add_source(self, text: str) -> str:
        source = tomllib.loads(text)
        home = urlsplit(source["home"]).path
        self._accept[source["id"]] = (home, source["links"]["accept"][0], source["links"]["follow"][0])
        return str(source["id"])

    def crawl(self, source_id: str) -> None:
        home, accept, follow = self._accept[source_id]
        pages = [self._get(home) or ""]
        pages += [self._get(link) or "" for link in self._links(pages[0]) if re.search(follow, link)]
        for link in (link for page in pages for link in self._links(page)):
            if re.search(accept, link) and "/p/" not in link:
                self._looks.setdefault(link, [])

    def recheck(self, source_id: str) -> None:
        _, accept, _ = self._accept[source_id]
        for path in [path for path in self._looks if re.search(accept, path)]:
            page = self._get(path)
            self._looks[path].append(None if page is None else self._read(page))

    def summary(self) -> ArchiveSummary:
        groups: dict[object, list[str]] = {}
        for path, looks in self._looks.items():
            groups.setdefault((path[:3], tuple(looks)), []).append(path)
        primary = [paths[0] for paths in groups.values()]
        return ArchiveSummary(
            articles=tuple(
                FoundArticle(title="", source_id="", urls=tuple(self._base + path for path in paths))
                for paths in groups.values()
            ),
            edits=tuple(edit for path in primary for edit in self._edits(path)),
            removals=tuple(
                FoundAbsence(url=self._base + path, title="")
                for path in primary
                if len(self._looks[path]) >= MISSES and self._looks[path][-MISSES:] == [None] * MISSES
            ),
            returns=tuple(
                FoundAbsence(url=self._base + path, title="")
                for path in primary
                if None in self._looks[path] and self._looks[path][-1] is not None
            ),
        )

    def _get(self, path: str) -> str | None:
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        body = response.read().decode()
        return body if response.status == 200 else None

    def _links(self, page: str) -> list[str]:
        return re.findall(r'href="(/[^"]+)"', page)

    def _read(self, page: str) -> tuple[str, str, str]:
        """Title, text and the page's own modified date."""
        title = re.search(r"<h1[^>]*>(.*?)</h1>", page)
        modified = re.search(r'modified_time" content="([^"]+)', page)
        main = page.split("<main>")[1].split("<section", maxsplit=1)[0]
        text = "\n".join(re.findall(r"<p>(.*?)</p>", main))
        assert title is not None
        assert modified is not None
        return html.unescape(title[1]), html.unescape(text), modified[1]

    def _edits(self, path: str) -> list[FoundEdit]:
        stood = [look for look in self._looks[path] if look is not None]
        return [
            FoundEdit(
                url=self._base + path,
                classes=CLASSES,
                silent=before[2] == after[2],
                title_from=before[0],
                title_to=after[0],
                changes=_changes(before[1], after[1]),
            )
            for before, after in itertools.pairwise(stood)
            if before[:2] != after[:2]
        ]


def _changes(before: str, after: str) -> tuple[tuple[str, str], ...]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return tuple((before[a:b], after[c:d]) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal")


def test_an_archive_that_reads_every_page_every_day_finds_the_whole_truth() -> None:
    outlet = Outlet()
    days_told: list[DemoProgress] = []
    with serve(outlet) as server:
        archive = PatientReader(server)
        summary = run_demo(archive, server, days=outlet.days, progress=days_told.append)
        archive.close()

    assert summary.differences == ()
    assert summary.correct
    assert [one.day for one in days_told] == list(range(1, outlet.days + 1))
    assert days_told[-1].articles == len(summary.truth.articles)
    assert summary.requests == days_told[-1].requests


def test_a_short_run_is_judged_by_what_happened_until_then() -> None:
    outlet = Outlet()
    with serve(outlet) as server:
        archive = PatientReader(server)
        summary = run_demo(archive, server, days=4, progress=lambda _: None)
        archive.close()

    assert summary.correct
    assert len(summary.edits) == 1
