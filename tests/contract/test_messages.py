"""Messages are the contract between services: each has a handler, and old ones parse for ever."""

import json

import pytest
from celery import Celery

from services.crawler.app import make_app as make_crawler
from services.crawler.settings import CrawlerSettings
from services.fetcher.app import make_app as make_fetcher
from services.fetcher.settings import FetcherSettings
from services.normalizer.app import make_app as make_normalizer
from shared.bus.configuration import QUEUES
from shared.bus.envelope import open_envelope, seal
from shared.errors import RejectError
from shared.messages import ALL_MESSAGES, MESSAGES, FetchBatch, Message
from shared.settings import ServiceSettings

SETTINGS = ServiceSettings(
    database_url="postgresql://nobody@127.0.0.1:9/none", broker_url="redis://127.0.0.1:9/0"
)  # type: ignore[arg-type]

AS_FIRST_SENT = {
    "crawler.dispatch_due": "{}",
    "crawler.accept_links": '{"batch_id": "0b7d"}',
    "crawler.reap_leases": "{}",
    "crawler.reconcile_work": "{}",
    "crawler.sample_articles": "{}",
    "crawler.show_pulse": "{}",
    "fetcher.deliver_webhooks": "{}",
    "fetcher.fetch_batch": '{"batch_id": "0b7d"}',
    "fetcher.request_stamps": "{}",
    "fetcher.show_pulse": "{}",
    "normalizer.check_watches": "{}",
    "normalizer.normalize_batch": '{"batch_id": "0b7d"}',
    "normalizer.read_again": '{"order_id": "0b7d"}',
    "normalizer.show_pulse": "{}",
}
"""Every message as the first version that had it sent it. Add to this; never change a line."""


@pytest.fixture(scope="module")
def apps() -> dict[str, Celery]:
    return {
        "crawler": make_crawler(SETTINGS, CrawlerSettings()),
        "fetcher": make_fetcher(SETTINGS, FetcherSettings()),
        "normalizer": make_normalizer(SETTINGS),
    }


@pytest.mark.parametrize("message", ALL_MESSAGES)
def test_a_message_has_a_handler_in_the_service_it_names(
    message: type[Message], apps: dict[str, Celery]
) -> None:
    assert message.receiver() in QUEUES
    assert message.name in apps[message.receiver()].tasks


def test_no_service_handles_what_is_no_message(apps: dict[str, Celery]) -> None:
    handled = {name for app in apps.values() for name in app.tasks if not name.startswith("celery.")}

    assert handled == set(MESSAGES)


def test_the_scheduler_sends_only_messages_that_exist(apps: dict[str, Celery]) -> None:
    ticks = apps["crawler"].conf.beat_schedule

    assert {entry["task"] for entry in ticks.values()} <= set(MESSAGES)
    assert all(entry["options"]["expires"] > entry["schedule"] for entry in ticks.values())


@pytest.mark.parametrize(("name", "body"), list(AS_FIRST_SENT.items()))
def test_a_message_of_the_first_version_still_parses(name: str, body: str) -> None:
    MESSAGES[name].model_validate_json(body)


def test_every_message_has_its_first_form_on_record() -> None:
    assert set(AS_FIRST_SENT) == set(MESSAGES)


def test_a_message_of_a_newer_version_is_read_for_what_is_known_of_it() -> None:
    assert FetchBatch.model_validate({"batch_id": "0b7d", "hurry": True}) == FetchBatch(batch_id="0b7d")


def test_a_sealed_message_is_plain_json_and_comes_out_the_same() -> None:
    arguments = json.loads(json.dumps(seal(FetchBatch(batch_id="0b7d"), trace_id="t1")))

    envelope = open_envelope("fetcher.fetch_batch", arguments)

    assert envelope.message == FetchBatch(batch_id="0b7d")
    assert (envelope.trace_id, envelope.delivery) == ("t1", 1)


@pytest.mark.parametrize("arguments", [{}, {"message": None}, {"message": {}}, {"message": {"batch_id": 7}}])
def test_what_is_no_such_message_is_rejected_with_its_name(arguments: dict[str, object]) -> None:
    with pytest.raises(RejectError, match=r"fetcher\.fetch_batch"):
        open_envelope("fetcher.fetch_batch", arguments)
