"""The operators' API over real HTTP: closed by default, every role on every route, jobs, pages and problems."""

import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.routing import APIRoute
from pydantic import SecretStr

from services.admin.api import create_app
from services.admin.kept_exports import export_key
from services.admin.operating.catalogue import ACTIONS
from services.admin.operating.runner import JobRunner
from services.admin.tools import AdminSettings, Tools, make_tools
from services.normalizer.ordered_reading import OrderedReading
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.audit import Audit
from shared.ledger.pauses import Pauses
from shared.ledger.tokens import Tokens, TokenScope
from tests.integration.admin.test_operating_commands import SOURCE, keep
from tests.support.ledger import accept, pages
from tests.support.rules_archive import extracted
from tests.support.servers import ObjectStore

READ, OPERATE, ADMIN = TokenScope
OPEN = "no token at all"
ACTION_BODIES: dict[str, dict[str, Any]] = {
    "source.crawl": {"source": "harbour"},
    "url.crawl": {"urls": ["http://harbour.example/news/0"]},
    "target.recheck": {"what": "http://harbour.example/news/0"},
    "pause.set": {"scope": "host", "subject": "http://harbour.example", "reason": "night"},
    "pause.end": {"scope": "host", "subject": "http://harbour.example"},
    "source.set_rate": {"source": "harbour", "delay": "2s"},
    "failure.retry": {"reason": "http_5"},
    "quarantine.retry": {"all": True},
    "quarantine.drop": {"all": True},
    "evidence.verify": {},
    "evidence.compact": {},
    "history.renormalize": {"source": "harbour", "rules_older": True},
    "article.merge": {"article": "harbour-1", "other": "harbour-2", "reason": "one story"},
    "article.unmerge": {"merge": 1, "reason": "two stories"},
    "priority.set": {"scope": "source", "subject": "harbour", "precedence": "high"},
    "source.edit": {"source": "harbour", "definition": SOURCE},
    "evidence.export": {"form": "warc", "source": "harbour"},
    "schedule.add": {"order": "source.crawl", "arguments": {"source": "harbour"}, "every": "6h"},
    "schedule.remove": {"schedule": 1},
    "ledger.rebuild": {},
    "archive.backup": {},
}
ADMIN_ORDERS = ("ledger.rebuild", "archive.backup", "source.edit", "schedule.add", "schedule.remove")
MATRIX: dict[tuple[str, str], TokenScope | str] = {
    ("GET", "/healthz"): OPEN,
    ("GET", "/api/v1/status"): READ,
    ("GET", "/api/v1/health"): READ,
    ("GET", "/api/v1/actions"): READ,
    ("GET", "/api/v1/trace"): READ,
    ("GET", "/api/v1/openapi.json"): READ,
    ("GET", "/api/v1/jobs"): READ,
    ("GET", "/api/v1/jobs/{job_id}"): READ,
    ("GET", "/api/v1/pauses"): READ,
    ("GET", "/api/v1/quarantine"): READ,
    ("GET", "/api/v1/exports/{name}"): READ,
    ("GET", "/api/v1/schedules"): READ,
    ("GET", "/api/v1/audit"): ADMIN,
    ("GET", "/api/v1/tokens"): ADMIN,
    ("POST", "/api/v1/tokens"): ADMIN,
    ("DELETE", "/api/v1/tokens/{token_id}"): ADMIN,
    ("POST", "/api/v1/jobs/{job_id}/cancel"): OPERATE,
    **{("POST", f"/api/v1/actions/{name}"): OPERATE for name in ACTION_BODIES},
    **{("POST", f"/api/v1/actions/{name}"): ADMIN for name in ADMIN_ORDERS},
}
"""Every route with the least scope that opens it. A route that is missing here fails a test."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass(slots=True)
class Api:
    kit: Tools
    port: int
    secrets: dict[TokenScope, str]
    routes: set[tuple[str, str]]

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        scope: TokenScope | None = ADMIN,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        sent = {"content-type": "application/json"} if body is not None or raw else {}
        if scope is not None:
            sent["authorization"] = f"Bearer {self.secrets[scope]}"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            content = raw or (None if body is None else json.dumps(body).encode())
            connection.request(method, path, body=content, headers=sent | (headers or {}))
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        kind = answer.headers.get("content-type", "")
        found = json.loads(text) if "json" in kind else text.decode()
        return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, found)

    def ended(self, job_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.ask("GET", f"/api/v1/jobs/{job_id}").body
            if job["state"] not in ("queued", "running"):
                return job
            time.sleep(0.05)
        raise AssertionError(f"job {job_id} did not end")


def routes_of(routes: Sequence[object]) -> Iterator[APIRoute]:
    """Yield every route, those of included routers too, which newer versions of FastAPI keep apart."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from routes_of(included.routes)
        elif isinstance(route, APIRoute):
            yield route


def reader(database: Database, evidence: EvidenceStore) -> Callable[[str], object]:
    """Return what reads stored pages where no normalizer runs; for one job at a time."""
    alone = threading.Lock()

    def read(order_id: str) -> None:
        with alone:
            OrderedReading.over(database, evidence, extract_page=extracted, seconds=0.2).work(order_id)

    return read


@pytest.fixture
def api(
    database: Database, database_url: str, valkey_url: str, *, s3: ObjectStore, tmp_path: Path
) -> Iterator[Api]:
    """The API over an archive of its own: a ledger, and a bucket without any evidence."""
    settings = AdminSettings(
        database_url=SecretStr(database_url),
        broker_url=SecretStr(valkey_url),
        s3_endpoint=s3.endpoint,
        s3_bucket=f"api-{uuid.uuid4().hex[:12]}",
        s3_access_key=SecretStr(s3.access_key),
        s3_secret_key=SecretStr(s3.secret_key),
        private_networks="127.0.0.0/8",
        backup_to=str(tmp_path / "backups"),
    )
    EvidenceStore(settings.evidence()).ensure_bucket()
    kit = make_tools(settings, connections=12)
    kit = kit.reading_by(reader(database, EvidenceStore(settings.evidence())))
    kit.actions.add_source(SOURCE)
    accept(database, pages(1))
    tokens = Tokens(database)
    secrets = {scope: tokens.make(str(scope), scope, by="command:me")[1] for scope in TokenScope}
    runner = JobRunner(kit.desk)
    runner.start()
    app = create_app(kit, ring=runner.ring)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    routes = {(method, route.path) for route in routes_of(app.routes) for method in route.methods or ()}
    yield Api(kit, listener.getsockname()[1], secrets, routes)
    server.should_exit = True
    thread.join(30)
    listener.close()
    runner.stop()
    kit.close()


def test_every_route_stands_in_the_matrix_and_every_action_has_one(api: Api) -> None:
    assert api.routes == set(MATRIX)
    assert set(ACTION_BODIES) == set(ACTIONS)


def concrete(path: str, api: Api) -> str:
    job, _ = api.kit.desk.order(ACTIONS["failure.retry"](), actor="token:x", dry_run=True)
    token = Tokens(api.kit.database).make("victim", READ, by="command:me")[0]
    name = f"{job.job_id}.wacz"
    if "{name}" in path:
        api.kit.desk.parts.evidence.put(export_key(name), b"a file", content_type="application/wacz")
    path = path.replace("{name}", name).replace("{job_id}", job.job_id).replace("{token_id}", token.token_id)
    return f"{path}?url=http://harbour.example/news/0" if path.endswith("/trace") else path


def body_for(method: str, path: str) -> object:
    if path == "/api/v1/tokens":
        return {"name": "new", "scope": "read"} if method == "POST" else None
    return ACTION_BODIES.get(path.rpartition("/")[2])


def test_each_role_may_do_on_each_route_what_the_matrix_says_and_nothing_else(api: Api) -> None:
    for (method, path), needed in MATRIX.items():
        body = body_for(method, path)
        for scope in (None, *TokenScope):
            answer = api.ask(method, concrete(path, api), body, scope=scope)

            if needed == OPEN or (scope is not None and scope.includes(TokenScope(needed))):
                assert answer.status in (200, 201, 202), (method, path, scope, answer)
                continue
            assert answer.status == (401 if scope is None else 403), (method, path, scope, answer)
            assert answer.headers["content-type"] == "application/problem+json"
            if scope is None:
                assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_that_is_revoked_opens_nothing_from_the_next_request_on(api: Api) -> None:
    made = api.ask("POST", "/api/v1/tokens", {"name": "short", "scope": "read"}).body
    bearer = {"authorization": f"Bearer {made['token']}"}
    assert api.ask("GET", "/api/v1/pauses", scope=None, headers=bearer).status == 200

    api.ask("DELETE", f"/api/v1/tokens/{made['id']}")

    assert api.ask("GET", "/api/v1/pauses", scope=None, headers=bearer).status == 401
    assert made["token"] not in json.dumps(api.ask("GET", "/api/v1/tokens").body)
    assert made["token"] not in json.dumps(api.ask("GET", "/api/v1/audit").body)


def test_an_order_is_accepted_as_a_job_that_is_done_and_audited_under_its_token(api: Api) -> None:
    answer = api.ask("POST", "/api/v1/actions/pause.set", ACTION_BODIES["pause.set"], scope=OPERATE)

    assert answer.status == 202
    assert answer.headers["location"] == f"/api/v1/jobs/{answer.body['id']}"
    job = api.ended(answer.body["id"])
    assert job["state"] == "succeeded"
    [pause] = Pauses(api.kit.database).in_force()
    assert pause.paused_by == job["actor"]
    entries = api.ask("GET", "/api/v1/audit").body["items"]
    assert [(one["event"], one["job"]) for one in entries] == [
        ("succeeded", job["id"]),
        ("ordered", job["id"]),
    ]


def test_a_backup_is_ordered_tried_dry_and_made_where_the_settings_say(api: Api, tmp_path: Path) -> None:
    """No order names the place: it holds the key of the log."""
    api.kit.desk.parts.evidence.put("warc/a.warc.gz", b"evidence", content_type="application/warc")
    order = "/api/v1/actions/archive.backup"
    assert api.ask("POST", order, {"backup_to": "/tmp/mine"}).status == 422

    dry = api.ended(api.ask("POST", f"{order}?dry_run=true", {}).body["id"])
    assert (dry["state"], dry["result"]["would_copy"], dry["result"]["bytes"]) == ("succeeded", 1, 8)
    assert not list((tmp_path / "backups").rglob("manifest.json"))
    job = api.ended(api.ask("POST", order, {}).body["id"])

    assert (job["state"], job["progress"]["done"]) == ("succeeded", 1)
    assert job["result"]["to"] == str(tmp_path / "backups")
    assert (tmp_path / "backups" / "backups" / job["result"]["backup"] / "manifest.json").is_file()
    events = [row.entry for row in api.kit.desk.audit.page(2)]
    assert [(one["action"], one["event"]) for one in events] == [
        ("archive.backup", "succeeded"),
        ("archive.backup", "ordered"),
    ]


def test_a_dry_run_tells_and_changes_nothing(api: Api) -> None:
    answer = api.ask("POST", "/api/v1/actions/pause.set?dry_run=true", ACTION_BODIES["pause.set"])

    assert (answer.status, answer.body["dry_run"]) == (200, True)
    assert Pauses(api.kit.database).in_force() == []
    assert api.ask("GET", "/api/v1/jobs").body["items"] == []


def test_an_order_that_fails_is_a_job_that_says_why(api: Api) -> None:
    answer = api.ask("POST", "/api/v1/actions/source.crawl", {"source": "harbor"})

    job = api.ended(answer.body["id"])

    assert job["state"] == "failed"
    assert "there is no source" in job["errors"][0]


def test_a_hundred_repeats_of_one_key_at_once_make_one_job(api: Api) -> None:
    def repeat(_: int) -> Answer:
        key = {"idempotency-key": "night-1"}
        return api.ask("POST", "/api/v1/actions/source.crawl", {"source": "harbour"}, headers=key)

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(repeat, range(100)))

    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert len(api.ask("GET", "/api/v1/jobs").body["items"]) == 1
    other = api.ask(
        "POST",
        "/api/v1/actions/url.crawl",
        {"urls": ["http://a.example/"]},
        headers={"idempotency-key": "night-1"},
    )
    assert (other.status, other.body["errors"][0]["pointer"]) == (422, "header.idempotency-key")


def test_a_job_is_ended_only_by_a_token_that_may_order_it(api: Api) -> None:
    for name, kind in ACTIONS.items():
        order = kind.model_validate(ACTION_BODIES[name])
        job, _ = api.kit.desk.order(order, actor="token:x", dry_run=True)

        answer = api.ask("POST", f"/api/v1/jobs/{job.job_id}/cancel", scope=OPERATE)

        assert answer.status == (202 if OPERATE.includes(kind.scope) else 403), name
        noted = [row.entry for row in Audit(api.kit.database).page(1)]
        assert (noted[0]["job"] == job.job_id) is OPERATE.includes(kind.scope) if noted else True
    assert api.ask("POST", f"/api/v1/jobs/{job.job_id}/cancel", scope=ADMIN).status == 202


def test_lists_are_read_in_pages_by_the_link_to_the_next(api: Api) -> None:
    for number in range(5):
        keep(api.kit.database, "fetcher.fetch_batch", str(number))

    seen: list[str] = []
    path: str | None = "/api/v1/quarantine?limit=2"
    while path is not None:
        answer = api.ask("GET", path)
        seen += [one["reason"] for one in answer.body["items"]]
        link = answer.headers.get("link")
        path = None if link is None else link.partition(">")[0].removeprefix("<")

    assert seen == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("method", "path", "raw", "status"),
    [
        ("GET", "/api/v1/nothing", None, 404),
        ("GET", "/api/v1/jobs/none", None, 404),
        ("GET", "/api/v1/jobs?after=here", None, 400),
        ("GET", "/api/v1/jobs?limit=0", None, 422),
        ("GET", "/api/v1/jobs?state=odd", None, 422),
        ("GET", "/api/v1/trace?url=nowhere", None, 422),
        ("GET", "/api/v1/trace?url=http://harbour.example/never", None, 404),
        ("GET", "/api/v1/quarantine?after=99999999999999999999", None, 422),
        ("DELETE", "/api/v1/jobs", None, 405),
        ("DELETE", "/api/v1/tokens/none", None, 404),
        ("POST", "/api/v1/actions/source.crawl", b"{", 422),
        ("POST", "/api/v1/actions/source.crawl", b'{"source": "x", "more": 1}', 422),
        ("POST", "/api/v1/actions/source.crawl", b'{"source": "\\u0000"}', 400),
        ("POST", "/api/v1/actions/pause.set", b'{"scope": "everything", "reason": "\\ud800"}', 422),
        ("POST", "/api/v1/actions/pause.set", b'{"scope": "source", "reason": "r"}', 422),
        ("POST", "/api/v1/actions/quarantine.drop", b'{"ids": [99999999999999999999]}', 422),
        ("POST", "/api/v1/actions/source.crawl?dry_run=1", b'{"source": "harbor"}', 404),
        ("POST", "/api/v1/tokens", b'{"name": "n", "scope": "root"}', 422),
    ],
)
def test_an_error_is_a_problem_with_a_type_a_title_and_a_detail(
    api: Api, *, method: str, path: str, raw: bytes | None, status: int
) -> None:
    answer = api.ask(method, path, raw=raw)

    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["type"].startswith("urn:pressmark:problem:")
    assert answer.body["status"] == status
    assert answer.body["title"]
    assert answer.body["detail"]


def test_the_description_is_openapi_3_1_with_an_example_and_problems_for_every_order(api: Api) -> None:
    described = api.ask("GET", "/api/v1/openapi.json").body

    assert described["openapi"].startswith("3.1")
    schemas = described["components"]["schemas"]
    for name in ACTIONS:
        order = described["paths"][f"/api/v1/actions/{name}"]["post"]
        body = order["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert schemas[body]["examples"], name
        ACTIONS[name].model_validate(schemas[body]["examples"][0])
        assert "application/problem+json" in order["responses"]["422"]["content"]
        assert order["security"] == [{"bearer": []}]
