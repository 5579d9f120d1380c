"""Subscribing: the one place where a message is received, timed, counted, retried or set aside."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import structlog
from celery import Celery, signals

from shared import traces
from shared.bus.configuration import make_celery
from shared.bus.envelope import Envelope, current_trace, open_envelope, seal
from shared.bus.orphans import die_with_parent
from shared.bus.publishing import Bus, told_of
from shared.encoding import dump_json
from shared.errors import RejectError, TryAgainError
from shared.exposition import clear_counts, show_metrics
from shared.logs import set_up_logs
from shared.messages import Message
from shared.metrics import MESSAGE_SECONDS, MESSAGE_WAIT_SECONDS, MESSAGES
from shared.settings import BusSettings, ProcessSettings

__all__ = ["QuarantineShelf", "Subscription", "Tick", "make_worker"]

log = structlog.get_logger(__name__)

Received = TypeVar("Received", bound=Message)


class QuarantineShelf(Protocol):
    """Where messages go that cannot be worked on."""

    def keep(
        self, *, queue: str, message: str, body: dict[str, Any], trace_id: str, reason: str, attempts: int
    ) -> None:
        """Keep one message with its reason."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A message and what is done with it."""

    message: type[Message]
    handler: Callable[[Any], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A message that the scheduler sends again and again."""

    message: Message
    every: timedelta


def make_worker(
    service: str,
    subscriptions: Sequence[Subscription],
    *,
    settings: BusSettings,
    process: ProcessSettings,
    quarantine: QuarantineShelf,
    ticks: Sequence[Tick] = (),
) -> Celery:
    """Return the application of one service: its handlers, and the schedule if it keeps one."""
    traces.set_up_traces(service, process)
    app = make_celery(service, settings)
    receiver = _Receiver(Bus(settings, app=app), quarantine, max_deliveries=settings.max_deliveries)
    for subscription in subscriptions:
        _add_task(app, subscription, receiver)
    app.conf.beat_schedule = {
        f"{tick.message.name}:{index}": _entry(tick) for index, tick in enumerate(ticks)
    }
    _connect_signals(service, process)
    return app


class _Receiver:
    """Runs handlers. Each delivery ends in exactly one counted outcome."""

    def __init__(self, bus: Bus, quarantine: QuarantineShelf, *, max_deliveries: int) -> None:
        self._bus = bus
        self._quarantine = quarantine
        self._max_deliveries = max_deliveries

    def receive(self, name: str, handler: Callable[[Any], None], arguments: dict[str, Any]) -> None:
        """Work on one delivery."""
        started = time.monotonic()
        try:
            envelope = open_envelope(name, arguments)
        except RejectError as error:
            self._set_aside(name, arguments, reason=str(error))
            return
        MESSAGE_WAIT_SECONDS.labels(name).observe(max(0.0, time.time() - envelope.sent_at))
        with structlog.contextvars.bound_contextvars(trace_id=envelope.trace_id, message=name):
            token = current_trace().set(envelope.trace_id)
            try:
                outcome = self._run_traced(envelope, handler, arguments)
            finally:
                current_trace().reset(token)
        MESSAGES.labels(name, outcome).inc()
        MESSAGE_SECONDS.labels(name).observe(time.monotonic() - started)

    def _run_traced(
        self, envelope: Envelope, handler: Callable[[Any], None], arguments: dict[str, Any]
    ) -> str:
        name = envelope.message.name
        if not traces.are_on() or name.endswith(".show_pulse"):
            return self._run(envelope, handler, arguments)
        with traces.span(
            f"process {name}",
            kind="consumer",
            trace_id=envelope.trace_id,
            parent=envelope.traceparent,
            attributes={**told_of(envelope.message, "process"), "pressmark.delivery": envelope.delivery},
        ) as span:
            outcome = self._run(envelope, handler, arguments)
            span.tell({"pressmark.outcome": outcome})
            if outcome != "done":
                span.fail(outcome)
        return outcome

    def _run(self, envelope: Envelope, handler: Callable[[Any], None], arguments: dict[str, Any]) -> str:
        name = envelope.message.name
        try:
            handler(envelope.message)
        except TryAgainError as error:
            return self._try_again(envelope, arguments, error)
        except RejectError as error:
            self._set_aside(name, arguments, reason=str(error))
            return "quarantined"
        except Exception as error:
            log.exception("message_failed", message=name)
            self._set_aside(name, arguments, reason=f"{type(error).__name__}: {error}")
            return "quarantined"
        return "done"

    def _try_again(self, envelope: Envelope, arguments: dict[str, Any], error: TryAgainError) -> str:
        name = envelope.message.name
        if envelope.delivery >= self._max_deliveries:
            self._set_aside(name, arguments, reason=f"{envelope.delivery} deliveries, the last: {error}")
            return "quarantined"
        log.warning("message_postponed", message=name, delivery=envelope.delivery, error=str(error))
        # A pause here, not a countdown in the broker: messages with a countdown are delivered twice
        # when it outlasts the visibility timeout.
        time.sleep(min(8.0, 0.25 * 2**envelope.delivery))
        self._bus.publish(envelope.message, trace_id=envelope.trace_id, delivery=envelope.delivery + 1)
        return "tried_again"

    def _set_aside(self, name: str, arguments: dict[str, Any], *, reason: str) -> None:
        log.error("message_quarantined", message=name, reason=reason)
        try:
            self._quarantine.keep(
                queue=name.partition(".")[0],
                message=name,
                body=_body_of(arguments),
                trace_id=str(arguments.get("trace_id", "")),
                reason=reason,
                attempts=_deliveries_of(arguments),
            )
        except TryAgainError as error:
            # The ledger is away, and with it all work: the reconciler rings again when it is back.
            log.exception("quarantine_failed", message=name, error=str(error))


def _add_task(app: Celery, subscription: Subscription, receiver: _Receiver) -> None:
    name, handler = subscription.message.name, subscription.handler

    @app.task(name=name, bind=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def receive(*surplus: Any, **arguments: Any) -> None:  # noqa: ANN401  (whatever the broker delivers)
        receiver.receive(name, handler, {"message": list(surplus)} | arguments if surplus else arguments)


def _body_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what came as a message in a form that can be kept, whatever it is."""
    message = arguments.get("message")
    try:
        dump_json(message)
    except TypeError:
        return {"not_a_message": ascii(message)}
    return message if isinstance(message, dict) else {"not_a_message": message}


def _deliveries_of(arguments: dict[str, Any]) -> int:
    delivery = arguments.get("delivery")
    return min(max(1, delivery), 1000) if isinstance(delivery, int) else 1


def _entry(tick: Tick) -> dict[str, Any]:
    """A tick that was not taken before the next ones are due is of no use any more."""
    return {
        "task": tick.message.name,
        "schedule": tick.every.total_seconds(),
        "kwargs": seal(tick.message) | {"trace_id": "", "sent_at": 0},
        "options": {
            "queue": tick.message.receiver(),
            "priority": 3,
            "expires": max(15.0, 3 * tick.every.total_seconds()),
        },
    }


def _connect_signals(service: str, settings: ProcessSettings) -> None:
    def set_up(**_: object) -> None:
        set_up_logs(service, form=settings.log_format, level=settings.log_level)

    main_process = os.getpid()
    # At the first signal of all, because a worker warns of things before it sets up its logs.
    signals.celeryd_init.connect(set_up, weak=False)
    signals.setup_logging.connect(set_up, weak=False)
    # Of a worker only: the clock is made of the same application and counts nothing.
    signals.worker_init.connect(lambda **_: clear_counts(), weak=False)
    signals.worker_ready.connect(lambda **_: show_metrics(settings), weak=False)
    for end in (signals.worker_process_shutdown, signals.worker_shutdown):
        end.connect(lambda **_: traces.flush(), weak=False)
    signals.worker_process_init.connect(lambda **_: die_with_parent(main_process), weak=False)
