"""One archive with all its processes, scraped by a real Prometheus, and hands on every part of it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from services.standalone.outlet.loopback import Request, Response
from services.standalone.ports import choose_ports
from shared.proof import LogKey
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.fault_ground import FaultGround, fault_ground
from tests.support.fault_proxy import FaultProxy
from tests.support.prometheus import Prometheus, running_prometheus
from tests.support.shortened_rules import write_shortened_rules
from tests.support.site_server import SiteServer

SOURCE_ID = "daily"
SHOWN = ("crawler", "fetcher", "normalizer", "reader", "observer")
SCRAPED_EVERY = "4s"
"""The observer gives an absent ledger three seconds; a scrape that may not last as long would find no observer."""
QUICK_UPKEEP = {
    "PRESSMARK_LOG_INTERVAL": "1",
    "PRESSMARK_VERIFY_INTERVAL": "1",
    "PRESSMARK_UPKEEP_PAUSE": "0.5",
}
QUICK_CRAWL = {
    "PRESSMARK_CRAWLER_PULSE_INTERVAL": "1",
    "PRESSMARK_CRAWLER_WEBHOOK_INTERVAL": "1",
    "PRESSMARK_CRAWLER_ROBOTS_RETRY": "2",
    "PRESSMARK_CRAWLER_MAX_BATCH_HOSTS": "1",
    "PRESSMARK_CRAWLER_MAX_UNTAKEN_BATCHES": "3",
}
_HTML = (("Content-Type", "text/html; charset=utf-8"),)


@dataclass(slots=True)
class GrowingOutlet:
    """An outlet on loopback whose list names the pages that were published so far."""

    pages: int = 0
    is_empty: bool = False
    """Whether its pages are of a layout that shows no title, no date and no text."""
    sites: list[SiteServer] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        if request.target in {"/list", "/other"}:
            links = (
                f"{site.url}/news/{number}"
                for number in range(self.pages)
                for site in (self.sites[number % len(self.sites)],)
            )
            return _page("List", "".join(f'<li><a href="{link}">Report</a></li>' for link in links))
        if not request.target.startswith("/news/"):
            return Response(status=404, headers=_HTML, body=b"Not here.")
        if self.is_empty:
            return _page("", "<div id=app></div>")
        number = int(request.target.rpartition("/")[2])
        return _page(*_article(number))

    def source_text(self) -> str:
        hosts = "|".join(site.url.replace(".", r"\.") for site in self.sites)
        return f"""id = "{SOURCE_ID}"
name = "The Daily"
language = "en"
home = "{self.sites[0].url}/"

[[lists]]
url = "{self.sites[0].url}/list"
kind = "listing"
every = "2s"

[links]
accept = ['^({hosts})/news/\\d+$']

[politeness]
delay = "0s"
concurrency = 2
"""


def _article(number: int) -> tuple[str, str]:
    paragraphs = "".join(
        f"<p>{text}</p>"
        for text in (
            f"The tram depot number {number} reopened its main hall after a long winter of repairs on Monday.",
            f"Some {number * 7 + 20} people were present, among them the workers of depot {number}.",
            f"A band played on the steps of house {number} until the rain set in and everybody went home.",
        )
    )
    date = f'<time datetime="2026-03-{number % 28 + 1:02}T08:00:00Z">{number % 28 + 1} March 2026</time>'
    title = f"Depot {number} reopened"
    return title, f"<article><h1>{title}</h1>{date}{paragraphs}</article>"


def _page(title: str, content: str) -> Response:
    text = f"<!doctype html><html lang=en><title>{title}</title><body><main>{content}</main></body></html>"
    return Response(status=200, headers=_HTML, body=text.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The archive, what watches it, and what it depends on."""

    archive: Archive
    prometheus: Prometheus
    outlet: GrowingOutlet
    ground: FaultGround
    ledger_proxy: FaultProxy
    ports: dict[str, int]
    folder: Path
    receiver: SiteServer
    """Where webhooks may go."""
    at_end: list[tuple[str, ...]] = field(default_factory=list)
    """Commands that clean up when all is over."""

    def revive(self) -> None:
        """Start again what has ended, as the supervisor does."""
        for name, running in list(self.archive.running.items()):
            if running.child.poll() is not None:
                self.archive.kill(name)
                self.start(name)

    def start(self, name: str) -> None:
        """Start a process with the settings that it has here."""
        self.archive.start(name, settings=_settings_of(name, self.ports, self.folder))

    def change_ledger(self, statement: str, **arguments: object) -> None:
        """Change rows by hand."""
        with self.archive.kit.database.transaction() as transaction:
            transaction.run(statement, arguments)  # type: ignore[arg-type]

    def publish(self, pages: int) -> None:
        """Let the outlet publish, and wait until all of it is read."""
        self.outlet.pages += pages
        self.archive.wait_until(lambda: self.articles() >= self.outlet.pages, seconds=90)

    def articles(self) -> int:
        (row,) = self.archive.rows("select count(*) as articles from articles")
        return int(row["articles"])


def _settings_of(name: str, ports: dict[str, int], folder: Path) -> dict[str, str]:
    if name == "observer":
        return {
            "PRESSMARK_OBSERVER_PORT": str(ports["observer"]),
            "PRESSMARK_OBSERVER_EVERY": "0.5",
            "PRESSMARK_OBSERVER_SUMS_EVERY": "0.5",
            "PRESSMARK_OBSERVER_PLACES": f'{{"disk": "{folder / "disk"}"}}',
        }
    shows = {"PRESSMARK_METRICS_PORT": str(ports[name])} if name in ports else {}
    if name == "reader":
        return {**shows, "PRESSMARK_READER_PORT": str(ports["pages"])}
    own = folder / name
    own.mkdir(exist_ok=True)
    return {**shows, "PROMETHEUS_MULTIPROC_DIR": str(own)}


@contextmanager
def watched_ground(new_servers: NewServers, folder: Path, programs: Path) -> Iterator[Watched]:
    """Run all of it, read a first few articles, and leave nothing."""
    ports = choose_ports((*SHOWN, "pages"), configured={}, remembered={})
    (folder / "broker").mkdir()
    (folder / "disk").mkdir()
    key = {"PRESSMARK_LOG_KEY": LogKey.generate("archive.example/log").secret()}
    outlet = GrowingOutlet()
    with (
        fault_ground(new_servers, folder / "broker") as ground,
        FaultProxy(port_of(ground.servers.database_url)) as ledger_proxy,
        SiteServer(outlet.answer) as first,
        SiteServer(outlet.answer) as second,
        SiteServer(outlet.answer) as third,
        SiteServer(lambda _: Response(status=204, headers=(), body=b"")) as receiver,
    ):
        outlet.sites += [first, second, third]
        database_url = ground.servers.database_url.replace(
            f":{port_of(ground.servers.database_url)}/", f":{ledger_proxy.port}/"
        )
        servers = replace(ground.servers, database_url=database_url)
        rules = write_shortened_rules(folder / "rules")
        targets = {name: ports[name] for name in SHOWN}
        with (
            running_archive(
                servers, settings={**QUICK_CRAWL, **QUICK_UPKEEP, **key}, processes=()
            ) as archive,
            running_prometheus(
                programs, folder / "prometheus", targets, rules=rules, every=SCRAPED_EVERY
            ) as prometheus,
        ):
            watched = Watched(
                archive=archive,
                prometheus=prometheus,
                outlet=outlet,
                ground=ground,
                ledger_proxy=ledger_proxy,
                ports=ports,
                folder=folder,
                receiver=receiver,
            )
            for name in (*SHOWN, "beat", "upkeep"):
                watched.start(name)
            outlet.pages = 6
            archive.kit.actions.add_source(outlet.source_text())
            archive.wait_until(lambda: watched.articles() == outlet.pages, seconds=90)
            try:
                yield watched
            finally:
                for argv in watched.at_end:
                    subprocess.run(argv, check=True)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
