"""Telling webhooks over a real PostgreSQL and a real receiver: signed, in order, at least once, never lost."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest
from standardwebhooks.webhooks import Webhook as StandardWebhook
from standardwebhooks.webhooks import WebhookVerificationError

from services.admin.upkeep import prune_deliveries
from services.fetcher.gate import Gate
from services.fetcher.own_endpoints import Endpoint, OwnEndpoints
from services.fetcher.posting import Poster
from services.fetcher.settings import FetcherSettings
from services.fetcher.webhooks import WebhookSender, again_after
from shared.clock import SystemClock
from shared.errors import NotFoundError
from shared.ledger.database import Database
from shared.ledger.history import History
from shared.ledger.webhooks import Webhooks, new_secret
from tests.support.catalogue_factory import NOON, CatalogueFactory, Text

LOOPBACK = [ip_network("127.0.0.0/8")]


@dataclass(slots=True)
class Receiver:
    """A server that keeps what it is told and answers as it is told to."""

    status: Callable[[dict[str, object]], int] = lambda _: 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    port: int = 0

    def events(self) -> list[int]:
        return [json.loads(body)["data"]["event"] for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.status(json.loads(body)))
            self.send_header("location", "http://127.0.0.1:1/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.port = server.server_address[1]
    receiver.url = f"http://127.0.0.1:{receiver.port}/told"
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def webhooks(database: Database) -> Webhooks:
    return Webhooks(database)


@pytest.fixture
def factory(database: Database) -> CatalogueFactory:
    factory = CatalogueFactory(database)
    factory.source("herald", "Quay Herald", "en")
    return factory


def sender(webhooks: Webhooks, gate: Gate | None = None) -> WebhookSender:
    settings = FetcherSettings(webhook_timeout=timedelta(seconds=20))
    gate = gate or Gate(LOOPBACK)
    return WebhookSender(
        webhooks=webhooks,
        poster=Poster(gate, user_agent="pressmark/test", timeout=settings.webhook_timeout),
        settings=settings,
        clock=SystemClock(),
    )


def articles(factory: CatalogueFactory, count: int) -> list[str]:
    text = Text(title="<b>Quay</b> opens ☃", body=("A band played until the rain set in.",))
    return [factory.article("herald", text) for _ in range(count)]


def edited(factory: CatalogueFactory, article_id: str, times: int) -> None:
    for number in range(times):
        with History(factory.database).writing("herald") as history:
            history.add_event(
                "article_edited", at=NOON, article_id=article_id, capture_id=None, data={"number": number}
            )


def hasten(factory: CatalogueFactory) -> None:
    """Let every pause be over."""
    with factory.database.transaction() as ledger:
        ledger.run("update webhook_deliveries set due_at = now() where state = 'waiting'")
        ledger.run("update webhooks set rests_until = '-infinity'")


def told(factory: CatalogueFactory) -> list[int]:
    """The events that are told, in their order."""
    with factory.database.transaction() as ledger:
        rows = ledger.rows(
            "select event_id from events where kind in ('article_found', 'article_edited') order by event_id"
        )
    return [row["event_id"] for row in rows]


def test_what_is_sent_is_accepted_by_an_independent_verifier_with_any_secret_in_use(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    old, new = new_secret(), new_secret()
    webhook = webhooks.add(receiver.url, old, kinds=(), source_ids=())
    webhooks.rotate(webhook, new, keep_old=True)
    articles(factory, 1)

    sender(webhooks).deliver()

    ((headers, body),) = receiver.got
    for secret in (old, new):
        assert StandardWebhook(secret).verify(body, headers)["type"] == "article.found"
    assert json.loads(body)["data"]["title"] == "<b>Quay</b> opens ☃"
    with pytest.raises(WebhookVerificationError):
        StandardWebhook(new_secret()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        StandardWebhook(new).verify(body.replace(b"Quay", b"Quai"), headers)


def test_a_dropped_secret_signs_no_more(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    old, new = new_secret(), new_secret()
    webhook = webhooks.add(receiver.url, old, kinds=(), source_ids=())
    webhooks.rotate(webhook, new, keep_old=False)
    articles(factory, 1)

    sender(webhooks).deliver()

    ((headers, body),) = receiver.got
    StandardWebhook(new).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        StandardWebhook(old).verify(body, headers)


def test_only_what_happens_from_now_on_is_told_and_each_of_it_once(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    articles(factory, 2)
    webhooks.add(receiver.url, new_secret(), kinds=("article_found",), source_ids=("herald",))
    factory.source("post", "Post", "en")
    factory.article("post", Text(title="Elsewhere", body=("Another house tells this.",)))
    first, *_ = articles(factory, 3)
    edited(factory, first, 1)

    for _ in range(3):
        sender(webhooks).deliver()

    assert len(receiver.got) == 3
    assert len(set(receiver.events())) == 3


def test_an_event_that_commits_late_is_not_passed_over(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    webhooks.add(receiver.url, new_secret(), kinds=(), source_ids=())
    factory.source("post", "Post", "en")
    with ExitStack() as open_for_long:
        slow = open_for_long.enter_context(History(factory.database).writing("post"))
        slow.add_event("article_found", at=NOON, article_id=None, capture_id=None)
        articles(factory, 2)
        sender(webhooks).deliver()
        assert receiver.got == []

    sender(webhooks).deliver()

    assert sorted(receiver.events()) == told(factory)


def test_about_one_article_nothing_overtakes_a_delivery_that_failed(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    webhook = webhooks.add(receiver.url, new_secret(), kinds=(), source_ids=())
    first, second = articles(factory, 2)
    edited(factory, first, 3)
    edited(factory, second, 3)
    failing = {told(factory)[0], told(factory)[3]}

    def answer(message: dict[str, object]) -> int:
        data = message["data"]
        assert isinstance(data, dict)
        if data["event"] in failing:
            failing.discard(data["event"])
            return 500
        return 200

    receiver.status = answer
    for _ in range(20):
        sender(webhooks).deliver()
        hasten(factory)

    (standing,) = webhooks.all()
    assert (standing.waiting, standing.delivered, standing.dead) == (0, 8, 0)
    for article in (first, second):
        got = [json.loads(body)["data"] for _, body in receiver.got]
        events = [data["event"] for data in got if data["article"] == article]
        assert events == sorted(events)
    assert len(receiver.got) == 10
    outcomes = [tuple(t["outcome"] for t in d["tries"]) for d in webhooks.deliveries(webhook, limit=50)]
    assert sorted(outcomes) == [("delivered",)] * 6 + [("http_500", "delivered")] * 2


def test_a_sender_that_is_killed_after_sending_sends_again_and_loses_nothing(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    webhooks.add(receiver.url, new_secret(), kinds=(), source_ids=())
    articles(factory, 4)
    dying = sender(webhooks)
    webhooks.plan()
    for due in webhooks.claim(2, lease=timedelta(hours=1)):
        dying.poster.post(due.url, b'{"data": {"event": %d}}' % due.told.event_id, {})
    sender(webhooks).deliver()
    assert len(receiver.got) == 4
    hasten(factory)

    sender(webhooks).deliver()

    assert sorted(set(receiver.events())) == told(factory)
    assert len(receiver.got) == 6
    assert webhooks.all()[0].waiting == 0


def test_a_server_that_does_not_answer_costs_one_round_and_then_rests(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    webhooks.add("http://127.0.0.1:9/nobody", new_secret(), kinds=(), source_ids=())
    articles(factory, 3)

    assert sender(webhooks).deliver() == 3
    assert sender(webhooks).deliver() == 0

    (standing,) = webhooks.all()
    assert standing.rests_until is not None
    assert (standing.waiting, standing.dead) == (3, 0)


def test_what_fails_for_days_is_dead_until_it_is_replayed(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    webhook = webhooks.add(receiver.url, new_secret(), kinds=(), source_ids=())
    (article,) = articles(factory, 1)
    edited(factory, article, 1)
    webhooks.plan()
    with factory.database.transaction() as ledger:
        ledger.run(
            "update webhook_deliveries set planned_at = now() - interval '4 days' where delivery_id = 1"
        )
    receiver.status = lambda _: 500
    sender(webhooks).deliver()
    assert [d["state"] for d in webhooks.deliveries(webhook, limit=9)] == ["waiting", "dead"]

    receiver.status = lambda _: 200
    assert webhooks.replay(webhook, since=None) == 1
    for _ in range(3):
        sender(webhooks).deliver()
        hasten(factory)

    assert [d["state"] for d in webhooks.deliveries(webhook, limit=9)] == ["delivered", "delivered"]
    assert receiver.events()[-2:] == told(factory)
    assert webhooks.replay(webhook, since=datetime(2026, 1, 1, tzinfo=UTC)) == 2


def test_a_redirect_is_not_followed_and_gone_means_gone(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    webhook = webhooks.add(receiver.url, new_secret(), kinds=(), source_ids=())
    articles(factory, 2)
    codes = iter((302, 410))
    receiver.status = lambda _: next(codes)

    sender(webhooks).deliver()

    states = {d["tries"][0]["outcome"]: d["state"] for d in webhooks.deliveries(webhook, limit=9)}
    assert states == {"http_302": "waiting", "http_410": "dead"}


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://127.0.0.1:{port}/", "private_address"),
        ("http://localhost:{port}/", "private_address"),
        ("http://[::ffff:127.0.0.1]:{port}/", "private_address"),
        ("http://2130706433:{port}/", "private_address"),
    ],
)
def test_no_webhook_reaches_what_the_gate_keeps_closed(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver, *, url: str, outcome: str
) -> None:
    port = str(receiver.port)
    own = OwnEndpoints([Endpoint(host="127.0.0.1", port=receiver.port)])
    for gate in (Gate([ip_network("192.0.2.0/24")]), Gate(LOOPBACK, own=own)):
        posted = Poster(gate, user_agent="x", timeout=timedelta(seconds=20)).post(
            url.format(port=port), b"{}", {}
        )
        assert posted.status is None
        assert posted.failure in {outcome, "port"}
    assert receiver.got == []


def test_a_test_is_sent_to_this_webhook_alone(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    asked = webhooks.add(receiver.url, new_secret(), kinds=(), source_ids=())
    webhooks.add(receiver.url, new_secret(), kinds=(), source_ids=())

    webhooks.test(asked, at=NOON)
    sender(webhooks).deliver()

    ((headers, body),) = receiver.got
    assert json.loads(body)["type"] == "webhook.test"
    assert asked in headers["webhook-id"]
    webhooks.remove(asked)
    with pytest.raises(NotFoundError):
        webhooks.test(asked, at=NOON)


def test_pauses_double_and_stay_within_six_hours() -> None:
    pauses = [again_after(tries) for tries in range(1, 60)]

    assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=6)


def test_old_deliveries_are_pruned_with_their_tries_and_nothing_is_told_again(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    webhook = webhooks.add(receiver.url, new_secret(), kinds=(), source_ids=())
    removed = webhooks.add("http://127.0.0.1:9/never", new_secret(), kinds=(), source_ids=())
    articles(factory, 5)
    sender(webhooks).deliver()
    webhooks.remove(removed)
    receiver.status = lambda _: 500
    articles(factory, 1)
    sender(webhooks).deliver()
    events, tomorrow = told(factory), datetime.now(UTC) + timedelta(days=1)

    assert webhooks.prune(before=datetime.now(UTC) - timedelta(days=1), limit=100) == 0
    outcome = prune_deliveries(webhooks, before=tomorrow)

    # Five that were told, five that nobody sends any more; the one that waits for its next try is kept.
    assert outcome == {"deleted": 10}
    (waiting,) = webhooks.deliveries(webhook, limit=100)
    assert (waiting["state"], len(waiting["tries"])) == ("waiting", 1)
    receiver.status = lambda _: 204
    hasten(factory)
    sender(webhooks).deliver()
    assert sorted(receiver.events()) == [*events, events[-1]]
    assert told(factory) == events


def test_a_run_of_pruning_goes_on_until_nothing_old_is_left(
    factory: CatalogueFactory, webhooks: Webhooks, receiver: Receiver
) -> None:
    webhooks.add(receiver.url, new_secret(), kinds=(), source_ids=())
    articles(factory, 7)
    sender(webhooks).deliver()
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    assert [webhooks.prune(before=tomorrow, limit=3) for _ in range(4)] == [3, 3, 1, 0]
