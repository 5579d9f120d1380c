"""An outlet of many pages on several hosts that takes its time, so that a crawl of it has a middle."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from services.standalone.outlet.loopback import Request, Responder, Response
from tests.support.site_server import SiteServer

HTML = (("Content-Type", "text/html; charset=utf-8"),)
SOURCE_ID = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowOutlet:
    """Its first host has the list; every host has its share of the pages."""

    hosts: tuple[SiteServer, ...]
    pages_of_host: int

    @property
    def pages(self) -> list[str]:
        """The addresses of all pages, host by host in turn as the list has them."""
        return [f"{host.url}/news/{number}" for number in range(self.pages_of_host) for host in self.hosts]

    def visits(self) -> Counter[str]:
        """How often each page was asked for."""
        return Counter(f"{host.url}{visit.target}" for host in self.hosts for visit in host.visits)

    def source_text(self) -> str:
        hosts = "|".join(host.url.replace(".", r"\.") for host in self.hosts)
        return f"""id = "{SOURCE_ID}"
name = "Slow Outlet"
language = "en"
home = "{self.hosts[0].url}/"

[[lists]]
url = "{self.hosts[0].url}/list"
kind = "listing"
every = "1d"

[links]
accept = ['^({hosts})/news/\\d+$']

[politeness]
delay = "0s"
concurrency = 2
"""


@contextmanager
def running_outlet(
    *, hosts: int = 5, pages: int = 60, seconds: float = 0.1, address: str = "127.0.0.1"
) -> Iterator[SlowOutlet]:
    """Serve `hosts` times `pages` pages, each after a wait of `seconds`, on loopback unless told otherwise."""
    with ExitStack() as stack:
        addresses: list[str] = []
        sites = [
            stack.enter_context(SiteServer(_responder(addresses, pages, seconds), address=address))
            for _ in range(hosts)
        ]
        addresses += [site.url for site in sites]
        yield SlowOutlet(hosts=tuple(sites), pages_of_host=pages)


def _responder(addresses: list[str], pages: int, seconds: float) -> Responder:
    def respond(request: Request) -> Response:
        if request.target == "/list":
            links = (f"{address}/news/{number}" for number in range(pages) for address in addresses)
            return _page("List", "".join(f'<li><a href="{link}">Report</a></li>' for link in links))
        if not request.target.startswith("/news/"):
            return Response(status=404, headers=HTML, body=b"Not here.")
        time.sleep(seconds)
        return _page(*_article(request.headers["host"], request.target.rpartition("/")[2]))

    return respond


def _article(host: str, number: str) -> tuple[str, str]:
    where = f"{number} of {host}"
    paragraphs = (
        f"The tram depot number {where} reopened its main hall after a long winter of repairs on Monday.",
        f"Some {int(number) * 7 + 20} people were present, among them the workers of depot {where}.",
        f"A band played on the steps of house {where} until the rain set in and everybody went home.",
    )
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"Depot {where} reopened", f"<article><h1>Depot {where} reopened</h1>{body}</article>"


def _page(title: str, content: str) -> Response:
    text = f"<!doctype html><html lang=en><title>{title}</title><body><main>{content}</main></body></html>"
    return Response(status=200, headers=HTML, body=text.encode())
