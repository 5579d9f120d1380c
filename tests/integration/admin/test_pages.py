"""The operators' pages over real HTTP: closed without a session, forms need their token, each order is done."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from http.client import HTTPConnection, HTTPMessage
from urllib.parse import urlencode

import pytest

from services.admin.kept_exports import KeptExports
from services.admin.operating.catalogue import ACTIONS
from services.admin.pages.app import page_routes
from shared.ledger.audit import Audit
from shared.ledger.sessions import Sessions
from shared.ledger.tokens import Tokens, TokenScope
from shared.warc_reading import read_records
from tests.integration.admin.test_api import ACTION_BODIES, Api, api, routes_of
from tests.integration.admin.test_operating_commands import keep
from tests.support.operated_archive import grow_articles

__all__ = ["api"]

READ, OPERATE, ADMIN = TokenScope
OPEN = "no session at all"
MATRIX: dict[tuple[str, str], TokenScope | str] = {
    ("GET", "/static/{name}"): OPEN,
    ("GET", "/sign-in"): OPEN,
    ("POST", "/sign-in"): OPEN,
    ("POST", "/sign-out"): READ,
    ("GET", "/"): READ,
    ("GET", "/health"): READ,
    ("GET", "/sources"): READ,
    ("GET", "/sources/{source_id}"): READ,
    ("GET", "/jobs"): READ,
    ("GET", "/jobs/{job_id}"): READ,
    ("GET", "/quarantine"): READ,
    ("GET", "/quarantine/{number}"): READ,
    ("GET", "/pauses"): READ,
    ("GET", "/schedules"): READ,
    ("GET", "/exports/{name}"): READ,
    ("GET", "/trace"): READ,
    ("GET", "/orders"): OPERATE,
    ("GET", "/orders/{name}"): OPERATE,
    ("POST", "/orders/{name}"): OPERATE,
    ("POST", "/jobs/{job_id}/cancel"): OPERATE,
    ("GET", "/audit"): ADMIN,
    ("GET", "/tokens"): ADMIN,
    ("POST", "/tokens"): ADMIN,
    ("POST", "/tokens/{token_id}/revoke"): ADMIN,
}
"""Every page with the least scope that opens it. A page that is missing here fails a test."""
NAMED = re.compile(r"\{([a-z]+)\}")
ORDERS = {
    "source.crawl": {"source": "harbour"},
    "url.crawl": {"urls": "http://harbour.example/news/0\nhttp://harbour.example/news/new"},
    "target.recheck": {"what": "http://harbour.example/news/0"},
    "pause.set": {"scope": "source", "subject": "harbour", "reason": "night", "lasting": "8h"},
    "pause.end": {"scope": "source", "subject": "harbour"},
    "source.set_rate": {"source": "harbour", "delay": "2s"},
    "failure.retry": {"reason": "http_5"},
    "quarantine.retry": {"queue": "normalizer"},
    "quarantine.drop": {"queue": "normalizer"},
    "evidence.verify": {"begin": "2026-03-01", "end": "2026-04-01"},
    "evidence.compact": {"size": "500MB", "age": "6h"},
    "history.renormalize": {"source": "harbour", "begin": "2026-03-01", "rules_older": "yes"},
    "article.merge": {"article": "{first}", "other": "{second}", "reason": "one story"},
    "article.unmerge": {"merge": "{merge}", "reason": "two stories"},
    "priority.set": {"scope": "host", "subject": "http://harbour.example", "precedence": "high"},
    "source.edit": {"source": "harbour", "definition": "{file}", "sample": "3"},
    "evidence.export": {"form": "wacz", "article": "{first}"},
    "schedule.add": {"order": "source.crawl", "arguments": '{"source": "harbour"}', "every": "6h"},
    "schedule.remove": {"schedule": "{schedule}"},
    "ledger.rebuild": {},
    "archive.backup": {},
}
"""Every order as it is written into its form. What stands in braces is what `grow_articles` calls so."""


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    headers: HTTPMessage
    text: str


@dataclass(slots=True)
class Browser:
    """Keeps cookies and sends forms with all their fields, as a browser without scripts does."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Page:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body=None if form is None else urlencode(form), headers=headers)
            answer = connection.getresponse()
            page = Page(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()
        for one in page.headers.get_all("set-cookie", []):
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return page

    def form_token(self, path: str = "/desk/") -> str:
        found = re.search(r'name="form_token" value="([0-9a-f]{64})"', self.ask("GET", path).text)
        assert found is not None
        return found[1]

    def send(self, path: str, **fields: str) -> Page:
        return self.ask("POST", path, {"form_token": self.form_token(), **fields})


def signed_in(api: Api, scope: TokenScope) -> Browser:
    browser = Browser(api.port)
    form = {"form_token": browser.form_token("/desk/sign-in"), "token": api.secrets[scope]}
    assert browser.ask("POST", "/desk/sign-in", form).status == 303
    return browser


def concrete(path: str, api: Api) -> str:
    job, _ = api.kit.desk.order(ACTIONS["failure.retry"](), actor="token:x", dry_run=True)
    victim = Tokens(api.kit.database).make("victim", READ, by="command:me")[0]
    names = {
        "{source_id}": "harbour",
        "{job_id}": job.job_id,
        "{token_id}": victim.token_id,
        "{name}": "desk.css" if "static" in path else "source.crawl",
        "{number}": "7",
    }
    for name, value in names.items():
        path = path.replace(name, value)
    return f"/desk{path}"


def test_every_page_stands_in_the_matrix_and_every_action_is_tried(api: Api) -> None:
    routes = routes_of(page_routes(api.kit).routes)
    assert {(method, one.path) for one in routes for method in one.methods or ()} == set(MATRIX)
    assert set(ORDERS) == set(ACTIONS)


def test_each_role_sees_and_does_what_the_matrix_says_and_nothing_else(api: Api) -> None:
    for scope in (None, *TokenScope):
        browser = Browser(api.port) if scope is None else signed_in(api, scope)
        for (method, path), needed in MATRIX.items():
            if needed == OPEN or path == "/sign-out":
                continue
            assert isinstance(needed, TokenScope)
            form = None if method == "GET" or scope is None else {"form_token": browser.form_token()}
            page = browser.ask(method, concrete(path, api), form)
            if scope is None:
                assert (page.status, page.headers["location"]) == (303, "/desk/sign-in"), path
            elif scope.includes(needed):
                assert page.status in (200, 303, 404, 422), (path, page.text)
            else:
                assert page.status == 403, (scope, path)


def test_a_form_without_its_token_or_with_that_of_another_session_does_nothing(api: Api) -> None:
    browser, other = signed_in(api, ADMIN), signed_in(api, ADMIN)
    tokens_before = Tokens(api.kit.database).all()
    posts = [path for method, path in MATRIX if method == "POST" and path != "/sign-in"]

    for path in posts:
        for form in ({}, {"form_token": "0" * 64}, {"form_token": other.form_token()}, {"form_token": "é"}):
            wanted = {"name": "mine", "scope": "admin", "source": "harbour", "step": "confirm"}
            assert browser.ask("POST", concrete(path, api), wanted | form).status == 403, path

    made = [one for one in Tokens(api.kit.database).all() if one not in tokens_before]
    assert {one.name for one in made} <= {"victim"}
    assert all(one.revoked_at is None for one in made)
    assert browser.ask("GET", "/desk/").status == 200


def test_signing_in_needs_the_token_of_its_own_form_and_a_good_token(api: Api) -> None:
    browser = Browser(api.port)
    good = api.secrets[READ]
    form_token = browser.form_token("/desk/sign-in")

    assert browser.ask("POST", "/desk/sign-in", {"token": good}).status == 403
    assert (
        Browser(api.port).ask("POST", "/desk/sign-in", {"token": good, "form_token": form_token}).status
        == 403
    )
    refused = browser.ask("POST", "/desk/sign-in", {"token": "pressmark_x", "form_token": form_token})
    assert refused.status == 403
    assert "No such token" in refused.text
    assert "pressmark_session" not in browser.cookies


def test_the_cookie_is_out_of_reach_of_scripts_and_sites_and_stands_nowhere_in_the_ledger(api: Api) -> None:
    browser = Browser(api.port)
    form = {"form_token": browser.form_token("/desk/sign-in"), "token": api.secrets[READ]}
    page = browser.ask("POST", "/desk/sign-in", form)

    cookie = next(
        one for one in page.headers.get_all("set-cookie", []) if one.startswith("pressmark_session")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/desk" in cookie
    with api.kit.database.transaction() as transaction:
        rows = transaction.rows("select digest from sessions", {})
    assert len(rows) == 1
    assert rows[0]["digest"] != browser.cookies["pressmark_session"]


def test_a_session_ends_when_it_is_signed_out_and_when_its_token_is_revoked(api: Api) -> None:
    browser, other = signed_in(api, READ), signed_in(api, READ)
    cookie = browser.cookies["pressmark_session"]
    assert browser.send("/desk/sign-out").status == 303
    browser.cookies["pressmark_session"] = cookie
    assert browser.ask("GET", "/desk/").status == 303
    assert other.ask("GET", "/desk/").status == 200

    bearer = Sessions(api.kit.database).bearer(other.cookies["pressmark_session"])
    assert bearer is not None
    Tokens(api.kit.database).revoke(bearer.token_id)
    assert other.ask("GET", "/desk/").status == 303


def written(api: Api, name: str) -> dict[str, str]:
    """Return what is written into the form of an order, with articles to name where it names some."""
    if not any(NAMED.search(value) for value in ORDERS[name].values()):
        return ORDERS[name]
    known = grow_articles(api.kit)
    return {field: with_names(value, known) for field, value in ORDERS[name].items()}


def with_names(value: str, known: dict[str, str]) -> str:
    """Return a value with what stands in braces as the archive calls it."""
    return NAMED.sub(lambda found: known[found[1]], value)


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_is_shown_first_and_done_once_when_it_is_confirmed(api: Api, name: str) -> None:
    if name.startswith("quarantine"):
        keep(api.kit.database, "normalizer.normalize_batch", "b1")
    values = written(api, name)
    browser = signed_in(api, ACTIONS[name].scope)
    if name == "pause.end":
        done = browser.send("/desk/orders/pause.set", **ORDERS["pause.set"], step="confirm")
        api.ended(done.headers["location"].rpartition("/")[2])
    head = Audit(api.kit.database).head()

    preview = browser.send(f"/desk/orders/{name}", **values)
    if ACTIONS[name].plans_long:
        assert preview.status == 303
        job = api.ended(preview.headers["location"].rpartition("/")[2])
        assert (job["action"], job["dry_run"], job["state"]) == (name, True, "succeeded"), job
        preview = browser.ask("GET", preview.headers["location"])
    assert preview.status == 200, preview.text
    assert "What it would do" in preview.text
    assert Audit(api.kit.database).head() == head

    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', preview.text)
    hidden = {name: unescape(value) for name, value in found}
    first = browser.ask("POST", f"/desk/orders/{name}", hidden | {"step": "confirm"})
    again = browser.ask("POST", f"/desk/orders/{name}", hidden | {"step": "confirm"})
    assert first.status == again.status == 303
    assert first.headers["location"] == again.headers["location"]
    job = api.ended(first.headers["location"].rpartition("/")[2])
    assert (job["action"], job["state"]) == (name, "succeeded"), job
    shown = browser.ask("GET", first.headers["location"])
    assert "<strong>succeeded</strong>" in shown.text


def test_a_wrong_order_comes_back_with_what_is_wrong_and_what_was_written(api: Api) -> None:
    page = signed_in(api, OPERATE).send("/desk/orders/pause.set", scope="host", subject="<b>", lasting="soon")

    assert page.status == 422
    assert 'value="&lt;b&gt;"' in page.text
    assert "Field required" in page.text


def test_a_new_token_is_shown_once_and_in_no_audit_row(api: Api) -> None:
    browser = signed_in(api, ADMIN)
    page = browser.send("/desk/tokens", name="night shift", scope="read")

    found = re.search(r"pressmark_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", page.text)
    assert found is not None
    assert Tokens(api.kit.database).check(found[0]) is not None
    assert found[0] not in browser.ask("GET", "/desk/tokens").text
    assert found[0] not in browser.ask("GET", "/desk/audit").text


def test_every_page_forbids_foreign_content_frames_and_caches(api: Api) -> None:
    browser = signed_in(api, ADMIN)
    for path in ("/desk/", "/desk/nothing", "/desk/sign-in", "/desk/static/desk.css"):
        headers = browser.ask("GET", path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';"), path
        assert headers["cache-control"] == "no-store"
    assert "http://" not in browser.ask("GET", "/desk/").text.replace("http://harbour.example", "")


def test_an_order_that_needs_more_than_the_session_has_is_neither_shown_nor_taken(api: Api) -> None:
    browser = signed_in(api, OPERATE)
    beyond = [name for name, kind in ACTIONS.items() if not OPERATE.includes(kind.scope)]
    assert "ledger.rebuild" in beyond

    listed = browser.ask("GET", "/desk/orders").text
    for name in beyond:
        assert f"/desk/orders/{name}" not in listed
        assert browser.ask("GET", f"/desk/orders/{name}").status == 403
        for step in ("preview", "confirm"):
            assert browser.send(f"/desk/orders/{name}", step=step, key="k").status == 403
        order = ACTIONS[name].model_validate(ACTION_BODIES[name])
        job, _ = api.kit.desk.order(order, actor="token:x", dry_run=True)
        assert browser.send(f"/desk/jobs/{job.job_id}/cancel").status == 403
    assert all(job.dry_run for job in api.kit.desk.jobs.page(100).items)
    assert "/desk/orders/ledger.rebuild" in signed_in(api, ADMIN).ask("GET", "/desk/orders").text


def test_the_form_of_a_source_file_begins_with_the_file_and_a_wrong_one_comes_back_at_once(api: Api) -> None:
    browser = signed_in(api, ADMIN)
    assert "a comment that stays" in browser.ask("GET", "/desk/orders/source.edit?source=harbour").text

    page = browser.send("/desk/orders/source.edit", source="harbour", definition='id = "harbour"\r\n[[')

    assert page.status == 422
    assert "line 2" in page.text
    assert api.kit.desk.jobs.page(10).items == ()


def test_an_export_is_taken_from_the_page_of_its_job_and_holds_the_records(api: Api) -> None:
    order = ACTIONS["evidence.export"].model_validate(
        {"form": "warc", "article": grow_articles(api.kit)["first"]}
    )
    job, _ = api.kit.desk.order(order, actor="token:x")
    result = api.ended(job.job_id)["result"]
    browser = signed_in(api, READ)

    link = re.search(r'href="(/desk/exports/[^"]+)"', browser.ask("GET", f"/desk/jobs/{job.job_id}").text)

    assert link is not None
    assert result["captures"] == 1
    connection = HTTPConnection("127.0.0.1", api.port, timeout=60)
    connection.request(
        "GET", link[1], headers={"cookie": f"pressmark_session={browser.cookies['pressmark_session']}"}
    )
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert (len(content), answer.headers["content-type"]) == (result["bytes"], "application/warc")
    assert content == api.kit.desk.parts.evidence.get(result["key"])
    types = [record.type for record in read_records(content)]
    assert types[0] == "warcinfo"
    assert "response" in types
    for name in ("nothing.wacz", f"{job.job_id}.wacz", "..%2Fwarc.gz"):
        assert browser.ask("GET", f"/desk/exports/{name}").status == 404
    assert KeptExports(evidence=api.kit.desk.parts.evidence).remove(before=datetime.now(UTC)) == 1
    assert browser.ask("GET", link[1]).status == 404
