"""A source with a proxy is archived through it alone, and the proxy's password is nowhere in the archive."""

import base64

from services.standalone.outlet.loopback import Request, Response
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.evidence_checks import assert_conserved, assert_evidence
from tests.support.forward_proxy import forward_proxy
from tests.support.site_server import SiteServer

HTML = (("Content-Type", "text/html; charset=utf-8"),)
PASSWORD = "s3cret-of-the-proxy"
PAGES = 6
SOURCE = """id = "far-en"
name = "Far Herald"
language = "en"
home = "http://outlet.example/"

[[lists]]
url = "http://outlet.example/list"
kind = "listing"
every = "1d"

[links]
accept = ['/news/\\d+$']

[politeness]
delay = "0s"
proxy = "oslo"
"""


def respond(request: Request) -> Response:
    if request.target == "/list":
        items = "".join(f'<li><a href="/news/{number}">Report</a></li>' for number in range(PAGES))
        return Response(status=200, headers=HTML, body=f"<ul>{items}</ul>".encode())
    if request.target.startswith("/news/"):
        return Response(status=200, headers=HTML, body=f"<h1>Report</h1><p>{request.target}</p>".encode())
    return Response(status=404, headers=HTML, body=b"Not here.")


def test_a_source_is_archived_through_its_proxy_and_the_password_is_kept_nowhere(
    new_servers: NewServers,
) -> None:
    with (
        SiteServer(respond) as site,
        forward_proxy({"outlet.example:80": ("127.0.0.1", site.port)}, user="us", password=PASSWORD) as proxy,
        running_archive(
            new_servers(),
            settings={
                "PRESSMARK_FETCHER_PROXIES": f"oslo={proxy.url_with_password}",
                "PRESSMARK_LOG_LEVEL": "debug",
            },
        ) as archive,
    ):
        archive.kit.actions.add_source(SOURCE)
        archive.finish("far-en")

        assert_conserved(archive)
        assert_evidence(archive)
        states = archive.states("far-en")
        assert states == dict.fromkeys((LIST, *ARTICLES), ("archived", None))
        asked = proxy.asked()
        assert sorted(asked) == sorted(f"GET {url}" for url in (LIST, *ARTICLES, ROBOTS))
        assert_nowhere(archive, [PASSWORD, base64.b64encode(f"us:{PASSWORD}".encode()).decode()])


LIST = "http://outlet.example/list"
ROBOTS = "http://outlet.example/robots.txt"
ARTICLES = tuple(f"http://outlet.example/news/{number}" for number in range(PAGES))


def assert_nowhere(archive: Archive, secrets: list[str]) -> None:
    """No secret is in a log, a table of the ledger, an object of the store or the operator's figures."""
    told = {f"log of {name}": archive.log(name).read_text(encoding="utf-8") for name in archive.running}
    told["figures"] = str(archive.kit.figures())
    tables = archive.rows("select tablename from pg_tables where schemaname = 'public'")
    for table in (row["tablename"] for row in tables):
        told[f"table {table}"] = str(archive.rows(f"select * from {table}"))
    for key, records in assert_evidence(archive).items():
        told[key] = "".join(str(record) + record.block.decode("latin-1") for record in records)

    assert "oslo" in told["table sources"]
    for secret in secrets:
        assert [place for place, text in told.items() if secret in text] == []
