"""Lists that change often or never, that break and come back, and that move: real workers over a real outlet."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from services.admin.source_show import advice_on, source_standing
from services.standalone.outlet.loopback import Request, Response
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.evidence_checks import assert_conserved
from tests.support.foreign_files import story
from tests.support.site_server import SiteServer

HTML = (("Content-Type", "text/html; charset=utf-8"),)
EVERY = timedelta(days=1)


@pytest.fixture(scope="module")
def archive(new_servers: NewServers) -> Iterator[Archive]:
    with running_archive(new_servers()) as running:
        yield running


@dataclass(slots=True)
class Outlet:
    """Serves what a test puts there; every other page under /news/ is a story."""

    pages: dict[str, Response] = field(default_factory=dict)

    def respond(self, request: Request) -> Response:
        if request.target in self.pages:
            return self.pages[request.target]
        if request.target.startswith("/news/"):
            return Response(status=200, headers=HTML, body=story(request.target))
        return Response(status=404, headers=HTML, body=b"Not here.")


def feed(site: SiteServer, *paths: str) -> Response:
    items = "".join(f"<item><title>T</title><link>{site.url}{path}</link></item>" for path in paths)
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{items}</channel></rss>'
    return Response(status=200, headers=(("Content-Type", "application/rss+xml"),), body=body.encode())


def source_text(site: SiteServer, source_id: str, *paths: str, kind: str = "feed", more: str = "") -> str:
    lists = "".join(f'[[lists]]\nurl = "{site.url}{path}"\nkind = "{kind}"\nevery = "1d"\n' for path in paths)
    return f"""id = "{source_id}"
name = "Quay Herald"
language = "en"
home = "{site.url}/"
{lists}
[links]
accept = ['/news/']
{more}
[politeness]
delay = "0s"
concurrency = 2
"""


def look(archive: Archive, source_id: str, *, times: int = 1) -> None:
    for _ in range(times):
        archive.kit.actions.crawl(source_id)
        archive.finish(source_id)


def lists_of(archive: Archive, source_id: str) -> dict[str, dict[str, Any]]:
    """How the operator sees the lists, by path."""
    told = source_standing(archive.kit, archive.kit.actions.source(source_id))
    return {"/" + one["url"].split("/", 3)[3]: one for one in told["lists"]}


def archived(archive: Archive, source_id: str) -> set[str]:
    return {
        "/" + url.split("/", 3)[3]
        for url, (state, _) in archive.states(source_id).items()
        if state == "archived" and "/news/" in url
    }


def test_a_list_that_changes_often_is_looked_at_often_and_one_that_never_does_rarely(
    archive: Archive,
) -> None:
    outlet = Outlet()
    with SiteServer(outlet.respond) as site:
        outlet.pages["/still"] = feed(site, "/news/old")
        outlet.pages["/busy"] = feed(site, "/news/b0")
        archive.kit.actions.add_source(source_text(site, "adaptive", "/still", "/busy"))
        archive.finish("adaptive")
        for number in range(1, 6):
            outlet.pages["/busy"] = feed(site, f"/news/b{number}")
            look(archive, "adaptive")

        told = lists_of(archive, "adaptive")
        waits = {path: one["due_at"] - one["looked_at"] for path, one in told.items()}

        # A tenth of each interval may be added, so that lists do not come in step.
        assert EVERY / 4 <= waits["/busy"] <= EVERY / 4 * 1.11
        assert waits["/still"] >= EVERY * 2
        assert archived(archive, "adaptive") == {"/news/old", *(f"/news/b{number}" for number in range(6))}


BROKEN = {
    "cut XML": Response(status=200, headers=(("Content-Type", "text/xml"),), body=b"<rss><channel><item><li"),
    "error": Response(status=500, headers=HTML, body=b"Oh no."),
    "empty": Response(status=200, headers=(("Content-Type", "application/rss+xml"),), body=b""),
    "a page": Response(
        status=200, headers=HTML, body=b"<!doctype html><html><p>We are working on it.</p></html>"
    ),
}


def test_feeds_that_break_fail_softly_are_shown_and_come_back(archive: Archive) -> None:
    outlet = Outlet()
    paths = {name: "/" + name.replace(" ", "-") for name in BROKEN}
    with SiteServer(outlet.respond) as site:
        for path in paths.values():
            outlet.pages[path] = feed(site, f"/news{path}-before")
        archive.kit.actions.add_source(source_text(site, "soft", *paths.values()))
        archive.finish("soft")
        for name, path in paths.items():
            outlet.pages[path] = BROKEN[name]

        look(archive, "soft", times=2)

        told = lists_of(archive, "soft")
        assert {path: one["trouble"] for path, one in told.items()} == dict.fromkeys(paths.values(), "fails")
        assert told[paths["error"]]["reason"] == "http_500"
        assert told[paths["error"]]["failed_looks"] == 2
        assert told[paths["a page"]]["reason"] == "unreadable: not_a_feed"
        assert all("by itself" in one["advice"] for one in told.values())
        assert all(one["due_at"] is not None for one in told.values())
        assert archive.kit.figures()["lists"]["fails"] == 4
        assert archived(archive, "soft") == {f"/news{path}-before" for path in paths.values()}

        for path in paths.values():
            outlet.pages[path] = feed(site, f"/news{path}-before", f"/news{path}-after")
        look(archive, "soft")

        assert {one["trouble"] for one in lists_of(archive, "soft").values()} == {None}
        assert archived(archive, "soft") == {
            f"/news{path}-{when}" for path in paths.values() for when in ("before", "after")
        }
        removed = archive.rows("select state from articles where source_id = 'soft' and state <> 'LIVE'")
        assert removed == []
    assert_conserved(archive)


@contextmanager
def second_site(*answers: tuple[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """Serve pages on 127.0.0.2, which is another site to us, and give its address and what it was asked."""
    asked: list[str] = []
    pages = dict(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = pages.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.2", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.2:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


LIST = b'<!doctype html><html><body><a href="/news/there">The bridge over there opens</a></body></html>'


def test_a_list_that_moved_to_another_site_is_proposed_to_the_operator_and_not_asked_there(
    archive: Archive,
) -> None:
    outlet = Outlet({"/list": Response(status=200, headers=HTML, body=b'<a href="/news/here">Here</a>')})
    with SiteServer(outlet.respond) as site, second_site(("/list", LIST)) as (elsewhere, asked):
        archive.kit.actions.add_source(source_text(site, "away", "/list", kind="listing"))
        archive.finish("away")
        outlet.pages["/list"] = Response(status=301, headers=(("Location", f"{elsewhere}/list"),))

        look(archive, "away", times=5)

        told = lists_of(archive, "away")["/list"]
        assert (told["trouble"], told["moved_to"], told["moved_looks"]) == ("moves", f"{elsewhere}/list", 3)
        assert elsewhere in told["advice"]
        assert told["due_at"] is not None
        events = archive.rows(
            "select data from events where source_id = 'away' and kind = 'list_move_proposed'"
        )
        assert [event["data"]["moved_to"] for event in events] == [f"{elsewhere}/list"]
        assert asked == []
        assert archive.kit.figures()["lists"]["moves"] == 1
    assert_conserved(archive)


def test_a_list_that_moved_to_a_site_that_its_source_names_is_taken_there_after_three_proofs(
    archive: Archive,
) -> None:
    outlet = Outlet({"/list": Response(status=200, headers=HTML, body=b'<a href="/news/here">Here</a>')})
    with SiteServer(outlet.respond) as site, second_site(("/list", LIST)) as (elsewhere, asked):
        more = f"follow = ['^{elsewhere}/list']"
        archive.kit.actions.add_source(source_text(site, "along", "/list", kind="listing", more=more))
        archive.finish("along")
        outlet.pages["/list"] = Response(status=301, headers=(("Location", f"{elsewhere}/list"),))

        look(archive, "along", times=2)
        assert archive.states("along")[f"{site.url}/list"] == ("archived", None)
        look(archive, "along", times=2)

        states = archive.states("along")
        assert states[f"{site.url}/list"] == ("excluded", "moved")
        assert states[f"{elsewhere}/list"][0] == "archived"
        # Its pages are another matter: no accept pattern names that site.
        assert f"{elsewhere}/news/there" not in states
        assert set(asked) == {"/robots.txt", "/list"}
        told = [one for one in archive.kit.status.lists("along") if one.trouble]
        assert [one.trouble for one in told] == ["moved"]
        assert elsewhere in str(advice_on(told[0]))
    assert_conserved(archive)
