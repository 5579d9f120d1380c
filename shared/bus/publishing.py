"""Publishing: ringing the bell for work that stands in the ledger."""

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from shared import traces
from shared.bus.configuration import make_celery
from shared.bus.envelope import current_trace, new_trace, seal
from shared.messages import Message
from shared.settings import BusSettings

__all__ = ["Bus", "told_of"]

log = structlog.get_logger(__name__)

_URGENT, _ORDINARY = 0, 6
"""Priorities of the Redis transport: lower goes first."""


class Bus:
    """Publishes messages. Made once in each process; connects when it is first used."""

    def __init__(self, settings: BusSettings, *, app: Celery | None = None) -> None:
        self._app = app or make_celery("pressmark", settings)

    def publish(
        self,
        message: Message,
        *,
        trace_id: str | None = None,
        delivery: int = 1,
        urgent: bool = False,
    ) -> bool:
        """Ring the bell once. False when the broker does not answer; the reconciler will ring again.

        A bell that fails is no error: what it announces is in the ledger already.
        """
        trace_id = trace_id or current_trace().get() or new_trace()
        with traces.span(
            f"send {message.name}", kind="producer", trace_id=trace_id, attributes=told_of(message, "send")
        ) as span:
            try:
                self._app.send_task(
                    message.name,
                    kwargs=seal(message, trace_id=trace_id, delivery=delivery),
                    queue=message.receiver(),
                    priority=_URGENT if urgent else _ORDINARY,
                    argsrepr="",
                    kwargsrepr="",
                )
            except (OperationalError, RedisError, OSError) as error:
                log.warning("bell_failed", message=message.name, error=str(error))
                span.fail(type(error).__name__)
                return False
        return True


def told_of(message: Message, operation: str) -> traces.Attributes:
    """Return what spans tell of a message, by the semantic conventions for messaging."""
    return {
        "messaging.system": "celery",
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": message.receiver(),
        "pressmark.message": message.name,
        "pressmark.batch_id": getattr(message, "batch_id", None),
    }
