"""What becomes of messages: a real worker on a real broker."""

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis

from services.standalone.interpreter import import_path, module_argv
from shared.bus import Bus, new_trace
from shared.bus.configuration import make_celery
from shared.messages import FetchBatch
from shared.settings import BusSettings
from tests.support.bus_worker import Diary
from tests.support.running import Running, start_running, wait_until

DATABASES = 14, 15
"""Of the broker: one for each worker that runs at a time."""
MAX_DELIVERIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker that takes the messages of every queue."""

    url: str
    running: Running
    diary: Diary
    log: Path

    def settings(self) -> BusSettings:
        return BusSettings(broker_url=self.url)  # type: ignore[arg-type]

    def send(self, what: str, *, trace_id: str | None = None) -> str:
        """Send a batch of that kind, and return its id."""
        batch_id = f"{what}:{uuid4().hex}"
        assert Bus(self.settings()).publish(FetchBatch(batch_id=batch_id), trace_id=trace_id)
        return batch_id

    def notes(self, batch_id: str, done: str = "handled") -> list[dict[str, Any]]:
        return [
            note
            for note in self.diary.read()
            if note["done"] == done and batch_id in {note.get("batch"), note.get("body", {}).get("batch_id")}
        ]

    def quarantined(self, batch_id: str) -> dict[str, Any]:
        wait_until(lambda: self.notes(batch_id, "quarantined"))
        [note] = self.notes(batch_id, "quarantined")
        return note

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def running_worker(
    broker: str, folder: Path, *, database: int, children: int = 2, env: Mapping[str, str] | None = None
) -> Iterator[Worker]:
    """Run a worker until the context ends, and leave nothing of it."""
    url = f"{broker.rpartition('/')[0]}/{database}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    log, diary = folder / "worker.log", folder / "diary.jsonl"
    argv = module_argv("celery", "--quiet", "-A", "tests.support.bus_worker:app", "worker")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PRESSMARK_")}
    own = {
        **inherited,
        **import_path(),
        **(env or {}),
        "PRESSMARK_BROKER_URL": url,
        "PRESSMARK_MAX_DELIVERIES": str(MAX_DELIVERIES),
        "PRESSMARK_TEST_DIARY": str(diary),
    }
    running = start_running(
        [*argv, f"--concurrency={children}", "--without-gossip", "--without-mingle"], log=log, env=own
    )
    try:
        worker = Worker(url=url, running=running, diary=Diary(diary), log=log)
        ready = worker.send("ready")
        wait_until(lambda: worker.notes(ready))
        yield worker
    finally:
        running.end(first=signal.SIGKILL, seconds=0)


@pytest.fixture(scope="module")
def worker(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    with running_worker(valkey_url, tmp_path_factory.mktemp("worker"), database=DATABASES[0]) as running:
        yield running


def test_a_trace_id_goes_along_through_every_hop(worker: Worker) -> None:
    trace_id = new_trace()

    batch = worker.send("hop", trace_id=trace_id)

    wait_until(lambda: len(worker.notes(batch)) == 3)
    assert [(note["message"], note["trace_id"]) for note in worker.notes(batch)] == [
        ("fetcher.fetch_batch", trace_id),
        ("crawler.accept_links", trace_id),
        ("normalizer.normalize_batch", trace_id),
    ]


def test_work_that_may_succeed_later_is_tried_again_and_at_last_set_aside(worker: Worker) -> None:
    trace_id = new_trace()

    batch = worker.send("again", trace_id=trace_id)

    note = worker.quarantined(batch)
    assert len(worker.notes(batch)) == note["attempts"] == MAX_DELIVERIES
    assert note["reason"] == "3 deliveries, the last: the harbour is closed"
    assert note["queue"] == "fetcher"
    assert {one["trace_id"] for one in worker.notes(batch)} == {note["trace_id"]} == {trace_id}


def test_work_that_can_never_succeed_is_set_aside_at_once(worker: Worker) -> None:
    batch = worker.send("reject")

    note = worker.quarantined(batch)
    assert note["reason"] == "there is no such harbour"
    assert note["attempts"] == len(worker.notes(batch)) == 1


def test_a_fault_of_ours_sets_the_message_aside_and_the_worker_goes_on(worker: Worker) -> None:
    batch = worker.send("crash")

    assert worker.quarantined(batch)["reason"] == "ZeroDivisionError: a fault of ours"
    after = worker.send("ready")
    wait_until(lambda: worker.notes(after))


GARBAGE: list[tuple[list[object], dict[str, object]]] = [
    ([], {}),
    ([], {"message": None}),
    ([], {"message": 7}),
    ([], {"message": ["batch_id"]}),
    ([], {"message": "a text with \x00 in it"}),
    ([], {"message": {"batch_id": 7}}),
    ([], {"message": {"batch": "another field"}}),
    ([], {"message": {"batch_id": "x"}, "delivery": "many"}),
    ([], {"message": {"batch_id": "x"}, "sent_at": "yesterday"}),
    ([], {"message": {}, "delivery": 10**30, "trace_id": ["no", "trace"]}),
    (["surplus", 1], {}),
]


@pytest.mark.parametrize(("args", "kwargs"), GARBAGE)
def test_what_is_no_message_is_set_aside_with_its_reason(
    worker: Worker, args: list[object], kwargs: dict[str, object]
) -> None:
    before = set_aside(worker)

    make_celery("stranger", worker.settings()).send_task(
        FetchBatch.name, args=args, kwargs=kwargs, queue="fetcher"
    )

    wait_until(lambda: set_aside(worker) == before + 1)
    note = worker.diary.read()[-1]
    assert note["reason"].startswith("not a fetcher.fetch_batch message")
    assert note["queue"] == "fetcher"
    assert note["attempts"] >= 1


def set_aside(worker: Worker) -> int:
    return sum(note["done"] == "quarantined" for note in worker.diary.read())


def test_every_line_of_the_log_is_json_and_carries_the_trace_of_its_work(worker: Worker) -> None:
    traces = {what: new_trace() for what in ("crash", "reject", "foreign")}
    batches = [worker.send(what, trace_id=trace_id) for what, trace_id in traces.items()]
    for batch in batches:
        wait_until(lambda batch=batch: worker.notes(batch))  # type: ignore[misc]
    wait_until(lambda: any(line["event"] == "foreign_words_said" for line in worker.log_lines()))

    lines = worker.log_lines()

    assert all({"event", "level", "timestamp", "service"} <= line.keys() for line in lines)
    told = {line["event"]: line for line in lines if line.get("trace_id") in traces.values()}
    assert told["message_failed"]["trace_id"] == traces["crash"]
    assert "ZeroDivisionError" in told["message_failed"]["exception"]
    assert told["foreign_words_said"]["trace_id"] == traces["foreign"]
    assert told["foreign_words_said"]["logger"] == "celery.somewhere"
    assert told["foreign_words_said"]["message"] == FetchBatch.name
    assert "celery.apps.worker" in {line.get("logger") for line in lines}
    assert not any(worker.url in json.dumps(line) for line in lines)


def test_the_children_of_a_worker_that_is_killed_end_with_it(valkey_url: str, tmp_path: Path) -> None:
    with running_worker(valkey_url, tmp_path, database=DATABASES[1]) as worker:
        family = worker.running.members()
        assert len(family) >= 3

        os.kill(worker.running.child.pid, signal.SIGKILL)

        wait_until(lambda: not worker.running.members(), seconds=5)
