"""What travels beside a message: its trace, when it was sent, and which delivery this is."""

import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from shared import traces
from shared.errors import RejectError
from shared.messages import MESSAGES, Message

__all__ = ["Envelope", "current_trace", "new_trace", "open_envelope", "seal"]

_trace: ContextVar[str] = ContextVar("pressmark_trace", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message as it arrived."""

    message: Message
    trace_id: str
    sent_at: float
    delivery: int
    traceparent: str = ""
    """The span that sent it (W3C Trace Context §3.2); empty where no spans are made."""


def new_trace() -> str:
    """Return a new trace id: 32 hexadecimal digits, as W3C Trace Context has them."""
    return uuid4().hex


def current_trace() -> ContextVar[str]:
    """Return the variable that holds the trace of the work at hand; empty outside of any."""
    return _trace


def seal(message: Message, *, trace_id: str | None = None, delivery: int = 1) -> dict[str, Any]:
    """Return the arguments that carry a message: plain JSON, the trace of the current work inside."""
    sender = traces.traceparent()
    return {
        "message": message.model_dump(mode="json"),
        "trace_id": trace_id or _trace.get() or new_trace(),
        "sent_at": time.time(),
        "delivery": delivery,
    } | ({"traceparent": sender} if sender else {})


def open_envelope(name: str, arguments: dict[str, Any]) -> Envelope:
    """Read what arrived.

    Raises:
        RejectError: the name is unknown or the body is not such a message.
    """
    try:
        return Envelope(
            message=MESSAGES[name].model_validate(arguments["message"]),
            trace_id=str(arguments.get("trace_id") or new_trace()),
            sent_at=float(arguments.get("sent_at") or time.time()),
            delivery=int(arguments.get("delivery") or 1),
            traceparent=str(arguments.get("traceparent") or ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RejectError(f"not a {name} message: {error}") from None
