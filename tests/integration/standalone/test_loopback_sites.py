import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.standalone.outlet.loopback import Request, Response
from services.standalone.outlet.model import Outlet
from services.standalone.outlet.server import serve
from tests.support.publishers import MadeUpHistory, SiteServer

OUTLET = Outlet()


@contextmanager
def connected(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def status_of(connection: http.client.HTTPConnection, method: str, path: str, **options: object) -> int:
    connection.request(method, path, **options)  # type: ignore[arg-type]
    response = connection.getresponse()
    response.read()
    return response.status


def echo(request: Request) -> Response:
    return Response(status=200, headers=(("Content-Type", "text/plain"),), body=request.target.encode())


def test_one_connection_serves_many_requests() -> None:
    with SiteServer(echo) as site, connected(site.port) as connection:
        statuses = {status_of(connection, "GET", f"/{number}") for number in range(50)}
        visits = site.visits

    assert statuses == {200}
    assert len({visit.connection for visit in visits}) == 1
    assert [visit.target for visit in visits] == [f"/{number}" for number in range(50)]
    assert all(one.at <= two.at for one, two in itertools.pairwise(visits))


def test_a_head_request_gets_the_headers_without_the_body() -> None:
    with SiteServer(echo) as site, connected(site.port) as connection:
        connection.request("HEAD", "/abc")
        response = connection.getresponse()

        assert response.getheader("Content-Length") == "4"
        assert response.read() == b""


def test_a_site_can_be_told_to_fail_to_be_slow_and_to_be_well_again() -> None:
    with SiteServer(echo) as site, connected(site.port) as connection:
        site.fail(r"/a$", status=500)
        site.slow(r"/b$", seconds=0.15)
        began = time.monotonic()
        statuses = [status_of(connection, "GET", path) for path in ("/a", "/b", "/c")]
        waited = time.monotonic() - began
        site.heal()
        healed = status_of(connection, "GET", "/a")

    assert statuses == [500, 200, 200]
    assert waited >= 0.15
    assert healed == 200


def test_closing_a_site_ends_kept_connections() -> None:
    site = SiteServer(echo)
    with connected(site.port) as connection:
        status_of(connection, "GET", "/")
        site.close()
        connection.auto_open = 0

        connection.sock.settimeout(2)
        assert connection.sock.recv(1) == b""


def test_the_outlet_answers_304_and_follows_its_day() -> None:
    path = OUTLET.truth(1).articles[0].paths[0]
    with serve(OUTLET) as server, connected(int(server.url.rsplit(":", 1)[1])) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        headers = {"If-None-Match": response.getheader("ETag")}
        unchanged = status_of(connection, "GET", path, headers=headers)
        server.set_day(2)
        changed = status_of(connection, "GET", path, headers=headers)
        sources = OUTLET.source_files(server.url)

    assert (unchanged, changed) == (304, 200)
    assert all(server.url in text for text in sources)


def test_the_day_is_set_over_http_only_with_the_token() -> None:
    with serve(OUTLET, control_token="secret") as server:
        with connected(int(server.url.rsplit(":", 1)[1])) as connection:
            token = {"X-Outlet-Token": "secret"}
            refused = status_of(connection, "POST", "/__day", body=b"3")
            unknown = status_of(connection, "POST", "/__day", body=b"99", headers=token)
            day_before = server.day
            accepted = status_of(connection, "POST", "/__day", body=b"3", headers=token)

        assert (refused, unknown, accepted) == (403, 400, 204)
        assert (day_before, server.day) == (1, 3)


def test_without_a_token_there_is_no_control_address() -> None:
    with serve(OUTLET) as server, connected(int(server.url.rsplit(":", 1)[1])) as connection:
        assert status_of(connection, "POST", "/__day", body=b"3") == 404


def test_the_outlet_runs_as_a_program_and_ends_when_told() -> None:
    command = [sys.executable, "-m", "services.standalone.outlet", "--port", "0", "--day", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as program:
        assert program.stdout is not None
        told = json.loads(program.stdout.readline())
        with connected(int(told["url"].rsplit(":", 1)[1])) as connection:
            assert status_of(connection, "GET", "/en/") == 200
            headers = {"X-Outlet-Token": told["token"]}
            assert status_of(connection, "POST", told["control"], body=b"5", headers=headers) == 204
        program.send_signal(signal.SIGTERM)

        assert program.wait(timeout=10) == 0


def test_a_replayed_history_is_served() -> None:
    publisher = MadeUpHistory()
    publisher.set_look(publisher.looks[-1])
    with publisher.serve() as site, connected(site.port) as connection:
        statuses = {status_of(connection, "GET", path) for path in publisher.truth.bodies}

    assert statuses == {200}
