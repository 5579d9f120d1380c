"""Each accepted URL ends in the state that its host's answers and our rules give it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from services.standalone.outlet.loopback import Request, Response
from shared.errors import NotFoundError, SettingsError
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.evidence_checks import assert_conserved, assert_evidence
from tests.support.site_server import SiteServer

HTML = (("Content-Type", "text/html; charset=utf-8"),)


@pytest.fixture(scope="module")
def archive(new_servers: NewServers) -> Iterator[Archive]:
    with running_archive(new_servers()) as running:
        yield running


@dataclass(slots=True, kw_only=True)
class Outlet:
    """A few pages under one list; a test may change them at any time."""

    source_id: str
    pages: dict[str, Response] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    site: SiteServer = field(init=False)

    def respond(self, request: Request) -> Response:
        if request.target == "/list":
            return html("".join(f'<li><a href="{path}">Report</a></li>' for path in self.listed))
        return self.pages.get(request.target, Response(status=404, headers=HTML, body=b"Not here."))

    def source_text(self, more: str = "") -> str:
        return f"""id = "{self.source_id}"
name = "Quay Herald"
language = "en"
home = "{self.site.url}/"

[[lists]]
url = "{self.site.url}/list"
kind = "listing"
every = "1d"

[politeness]
delay = "0s"
concurrency = 2
{more}
[removal]
misses = 2
over = "1s"
"""

    def asked(self, path: str) -> int:
        return sum(visit.target == path for visit in self.site.visits)


@contextmanager
def running_outlet(source_id: str, *paths: str) -> Iterator[Outlet]:
    """Serve an article at each path, all of them listed, and one more that never changes."""
    paths = (*paths, "/news/always-there")
    outlet = Outlet(source_id=source_id, listed=list(paths))
    outlet.pages = {path: article(path) for path in paths}
    with SiteServer(outlet.respond) as site:
        outlet.site = site
        yield outlet


def crawl(archive: Archive, outlet: Outlet, more: str = "") -> dict[str, tuple[str, str | None]]:
    """Archive the outlet and return the state of each path."""
    archive.kit.actions.add_source(outlet.source_text(more))
    archive.finish(outlet.source_id)
    return states(archive, outlet)


def recheck(archive: Archive, outlet: Outlet, *, times: int = 1) -> None:
    for _ in range(times):
        archive.kit.actions.recheck(outlet.source_id)
        archive.finish(outlet.source_id)


def states(archive: Archive, outlet: Outlet) -> dict[str, tuple[str, str | None]]:
    told = archive.states(outlet.source_id)
    return {url.removeprefix(outlet.site.url): state for url, state in told.items()}


def html(content: str) -> Response:
    text = f"<!doctype html><html lang=en><title>Herald</title><body><main>{content}</main></body></html>"
    return Response(status=200, headers=HTML, body=text.encode())


def article(path: str, *, words: str = "opened to walkers on Saturday") -> Response:
    return html(
        f"<article><h1>The bridge of {path}</h1><p>The new bridge over the harbour of {path} {words}.</p>"
        f"<p>Some forty people of {path} were present, among them the workers of the depot.</p>"
        f"<p>A band played on the steps of {path} until the rain set in and everybody went home.</p></article>"
    )


def moved(location: str) -> Response:
    return Response(status=301, headers=(("Location", location),))


def due_at(archive: Archive, url: str) -> datetime | None:
    [row] = archive.rows("select due_at from targets where url = %(url)s", url=url)
    due: datetime | None = row["due_at"]
    return due


def state_of(archive: Archive, outlet: Outlet, path: str) -> str:
    articles = archive.kit.catalogue.every_article(source_id=outlet.source_id)
    [state] = [one.state for one in articles if outlet.site.url + path in one.urls]
    return state


def test_a_page_disallowed_by_robots_is_excluded_and_never_requested(archive: Archive) -> None:
    with running_outlet("robots", "/private/note", "/news/open") as outlet:
        text = b"User-agent: *\nDisallow: /private/\n"
        outlet.pages["/robots.txt"] = Response(
            status=200, headers=(("Content-Type", "text/plain"),), body=text
        )

        told = crawl(archive, outlet)
        recheck(archive, outlet)

        assert told["/private/note"] == ("excluded", "robots")
        assert told["/news/open"] == ("archived", None)
        assert outlet.asked("/private/note") == 0
        assert outlet.site.visits[0].target == "/robots.txt"
    assert_conserved(archive)


def test_a_listed_page_that_is_not_there_has_failed_and_its_404_is_kept(archive: Archive) -> None:
    with running_outlet("missing", "/news/missing") as outlet:
        del outlet.pages["/news/missing"]

        told = crawl(archive, outlet)

        url = outlet.site.url + "/news/missing"
        assert told["/news/missing"] == ("failed", "http_404")
        [capture] = archive.rows("select status, payload_digest from captures where url = %(url)s", url=url)
        assert capture["status"] == 404
        assert capture["payload_digest"]
        # Lists name articles before they are served, so one more look is planned.
        assert is_planned(due_at(archive, url), within=timedelta(hours=1))


def test_a_page_whose_host_is_out_of_order_has_failed_and_is_tried_again_soon(archive: Archive) -> None:
    with running_outlet("broken", "/news/broken") as outlet:
        outlet.pages["/news/broken"] = Response(status=500, headers=HTML, body=b"Oh no.")

        told = crawl(archive, outlet)

        url = outlet.site.url + "/news/broken"
        assert told["/news/broken"] == ("failed", "http_500")
        assert is_planned(due_at(archive, url), within=timedelta(seconds=30))
        outlet.pages["/news/broken"] = article("/news/broken")
        recheck(archive, outlet)
        assert states(archive, outlet)["/news/broken"] == ("archived", None)
        assert state_of(archive, outlet, "/news/broken") == "LIVE"


def test_a_redirect_is_a_capture_and_its_target_another(archive: Archive) -> None:
    with running_outlet("moved", "/news/old") as outlet:
        outlet.pages["/news/old"] = moved("/news/new")
        outlet.pages["/news/new"] = article("/news/new")

        told = crawl(archive, outlet)

        assert told["/news/old"] == told["/news/new"] == ("archived", None)
        captures = archive.rows(
            "select url, status, redirect_to from captures where source_id = 'moved' and kind = 'article'"
        )
        assert {row["url"].removeprefix(outlet.site.url): row["status"] for row in captures} == {
            "/news/old": 301,
            "/news/new": 200,
            "/news/always-there": 200,
        }
        [hop] = [row["redirect_to"] for row in captures if row["status"] == 301]
        assert hop == outlet.site.url + "/news/new"
        assert state_of(archive, outlet, "/news/new") == "LIVE"


def test_an_article_met_first_under_its_new_wording_elsewhere_is_one_article(archive: Archive) -> None:
    with running_outlet("reworded", "/news/first") as outlet:
        crawl(archive, outlet)
        new = article("/news/first", words="opened to everybody on Sunday")
        outlet.pages["/news/second"] = new
        outlet.listed.append("/news/second")
        archive.kit.actions.crawl("reworded")
        archive.finish("reworded")
        outlet.pages["/news/first"] = new

        recheck(archive, outlet)

        urls = {outlet.site.url + path for path in ("/news/first", "/news/second")}
        articles = list(archive.kit.catalogue.every_article(source_id="reworded"))
        assert sorted(len(one.urls) for one in articles) == [1, 2]
        assert urls in [set(one.urls) for one in articles]
        [edit] = archive.kit.catalogue.every_edit(source_id="reworded")
        assert edit.title_from == edit.title_to


def test_redirects_in_a_circle_come_to_an_end(archive: Archive) -> None:
    with running_outlet("circle", "/news/a") as outlet:
        outlet.pages["/news/a"], outlet.pages["/news/b"] = moved("/news/b"), moved("/news/a")

        told = crawl(archive, outlet)

        assert told["/news/a"] == told["/news/b"] == ("archived", None)
        assert outlet.asked("/news/a") == outlet.asked("/news/b") == 1


@pytest.mark.parametrize(
    ("source_id", "answer", "state"),
    [
        ("gone", Response(status=410, headers=HTML, body=b"Gone."), "GONE"),
        ("home", moved("/list"), "REDIRECTED"),
    ],
)
def test_an_article_that_went_is_told_with_its_evidence_and_so_is_its_return(
    archive: Archive, source_id: str, answer: Response, state: str
) -> None:
    with running_outlet(source_id, "/news/doubtful") as outlet:
        crawl(archive, outlet)
        outlet.pages["/news/doubtful"] = answer
        recheck(archive, outlet)
        assert state_of(archive, outlet, "/news/doubtful") == "SUSPECT"

        time.sleep(1)  # what the source's rule wants: missing for longer than this
        recheck(archive, outlet, times=2)

        assert state_of(archive, outlet, "/news/doubtful") == state
        [removal] = archive.kit.catalogue.every_removal(source_id=source_id)
        assert removal.article.url == outlet.site.url + "/news/doubtful"
        assert {capture.status for capture in removal.evidence} == {answer.status}
        assert len(removal.evidence) >= 2

        outlet.pages["/news/doubtful"] = article("/news/doubtful", words="opened again")
        recheck(archive, outlet)
        assert state_of(archive, outlet, "/news/doubtful") == "RETURNED"
        [edit] = archive.kit.catalogue.every_edit(source_id=source_id)
        assert [(change.before, change.after) for change in edit.changes] == [
            ("to walkers on Saturday", "again")
        ]
        kinds = [row["kind"] for row in archive.rows(EVENTS, source=source_id)]
        assert kinds == ["article_suspect", "article_removed", "article_returned", "article_edited"]
    assert_evidence(archive)


EVENTS = """
select kind from events where source_id = %(source)s and kind <> 'article_found' order by event_id
"""


def test_a_removed_source_is_asked_no_more_and_what_it_gave_stays(archive: Archive) -> None:
    with running_outlet("removed", "/news/kept") as outlet:
        crawl(archive, outlet)
        archive.kit.actions.remove_source("removed")
        outlet.site.forget_visits()
        archive.rows(
            "update targets set due_at = now() where source_id = 'removed' and kind <> 'robots' returning 1"
        )

        with pytest.raises(NotFoundError):
            archive.kit.actions.crawl("removed")
        # Beat asks for a dispatch each second and for a pulse each five: some dispatches have gone by then.
        asked = time.time()
        archive.wait_until(lambda: archive.kit.broker.pulses().get("crawler", 0) > asked + 2)

        assert outlet.site.visits == ()
        assert state_of(archive, outlet, "/news/kept") == "LIVE"
    assert_conserved(archive)


def test_a_private_address_is_refused_unless_the_operator_opened_it(new_servers: NewServers) -> None:
    closed = {"PRESSMARK_PRIVATE_NETWORKS": ""}
    with (
        running_outlet("private", "/news/secret") as outlet,
        running_archive(new_servers(), settings=closed) as archive,
    ):
        with pytest.raises(SettingsError, match="PRESSMARK_PRIVATE_NETWORKS"):
            replace(archive.kit.actions, private_networks=()).add_source(outlet.source_text())

        # The admin allows here what the fetcher does not: the fetcher has the last word.
        unguarded = 'robots = "ignore"\nrobots_reason = "a test"\n'
        told = crawl(archive, outlet, unguarded)
        text = outlet.source_text(unguarded).replace(outlet.site.url, "http://127.0.0.1")
        archive.kit.actions.add_source(text.replace('id = "private"', 'id = "plain"'))
        archive.finish("plain")

        assert told == {"/list": ("failed", "port")}
        assert archive.states("plain") == {"http://127.0.0.1/list": ("failed", "private_address")}
        assert outlet.site.visits == ()


def is_planned(due: datetime | None, *, within: timedelta) -> bool:
    return due is not None and timedelta(0) < due - datetime.now(UTC) <= within
