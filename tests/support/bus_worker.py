"""A worker whose handlers do what the id of their batch says, and note in a diary what they did.

Started as `celery -A tests.support.bus_worker:app worker`; the diary is a file of JSON lines.
"""

import json
import logging
import os
import time
from pathlib import Path
from typing import Any

from shared.bus import Bus, Subscription, make_worker
from shared.bus.envelope import current_trace
from shared.errors import RejectError, TryAgainError
from shared.messages import AcceptLinks, FetchBatch, NormalizeBatch
from shared.settings import BusSettings, ProcessSettings, load

SLOW_SECONDS = 0.4
"""How long a slow message takes."""


class Diary:
    """Notes what was done with each message, and keeps those that were set aside."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, **what: object) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(what) + "\n")

    def keep(
        self, *, queue: str, message: str, body: dict[str, Any], trace_id: str, reason: str, attempts: int
    ) -> None:
        self.note(
            done="quarantined",
            queue=queue,
            message=message,
            body=body,
            trace_id=trace_id,
            reason=reason,
            attempts=attempts,
        )

    def read(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]


def _handlers(diary: Diary, bus: Bus) -> list[Subscription]:
    def on_fetch(message: FetchBatch) -> None:
        diary.note(
            done="handled", message=message.name, batch=message.batch_id, trace_id=current_trace().get()
        )
        match message.batch_id.partition(":")[0]:
            case "hop":
                bus.publish(AcceptLinks(batch_id=message.batch_id))
            case "slow":
                time.sleep(SLOW_SECONDS)
            case "again":
                raise TryAgainError("the harbour is closed")
            case "reject":
                raise RejectError("there is no such harbour")
            case "crash":
                raise ZeroDivisionError("a fault of ours")
            case "foreign":
                logging.getLogger("celery.somewhere").warning("foreign_words_said")

    def on_accept(message: AcceptLinks) -> None:
        diary.note(
            done="handled", message=message.name, batch=message.batch_id, trace_id=current_trace().get()
        )
        bus.publish(NormalizeBatch(batch_id=message.batch_id))

    def on_normalize(message: NormalizeBatch) -> None:
        diary.note(
            done="handled", message=message.name, batch=message.batch_id, trace_id=current_trace().get()
        )

    return [
        Subscription(FetchBatch, on_fetch),
        Subscription(AcceptLinks, on_accept),
        Subscription(NormalizeBatch, on_normalize),
    ]


def _make_app(diary: Diary):  # type: ignore[no-untyped-def]  # noqa: ANN202  (Celery ships no types)
    settings = load(BusSettings)
    return make_worker(
        "harbour",
        _handlers(diary, Bus(settings)),
        settings=settings,
        process=load(ProcessSettings),
        quarantine=diary,
    )


if "PRESSMARK_TEST_DIARY" in os.environ:
    app = _make_app(Diary(Path(os.environ["PRESSMARK_TEST_DIARY"])))
