"""Spans of what is done, for those who follow one page through all services; nothing when no collector is named.

The trace of a span is the trace id of the logs and messages. Only `shared.otel` knows OpenTelemetry, and it is
loaded when a collector is configured; until then a span is one shared object that does nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Literal, Protocol, Self

from shared.settings import TraceSettings

__all__ = ["Attributes", "Kind", "Span", "are_on", "emit", "flush", "set_up_traces", "span", "traceparent"]

Kind = Literal["internal", "producer", "consumer", "client"]
Attributes = Mapping[str, str | int | float | bool | None]
"""By the semantic conventions where they have a name. None is left out. Never a secret, never what a page says."""

_FLUSH_SECONDS = 2.0
"""How long the end of a process may wait for a collector."""


class Span(Protocol):
    """Something that takes time. As a context it is the parent of what is begun within."""

    def tell(self, attributes: Attributes) -> None:
        """Add what is known only now."""

    def fail(self, kind: str) -> None:
        """Say that it did not succeed, and how: a class of errors, never its text."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Tracing(Protocol):
    """What makes spans of a process."""

    def begin(
        self, name: str, *, kind: Kind, trace_id: str | None, parent: str, attributes: Attributes
    ) -> Span:
        """Return a span that has begun."""

    def emit(
        self,
        name: str,
        *,
        kind: Kind,
        began_at: datetime,
        seconds: float,
        attributes: Attributes,
        failure: str,
    ) -> None:
        """Make a span of what is over."""

    def traceparent(self) -> str:
        """Return the current span as W3C Trace Context has it."""

    def flush(self, seconds: float) -> None:
        """Send what waits, for no longer than this."""


class _NoSpan:
    """Stands for every span while there is no collector."""

    def tell(self, attributes: Attributes) -> None:
        """Do nothing."""

    def fail(self, kind: str) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


_NO_SPAN = _NoSpan()
_tracing: Tracing | None = None


def set_up_traces(service: str, settings: TraceSettings) -> None:
    """Send spans of this process, and of those it forks, to the collector that the settings name, if they do.

    Raises:
        SettingsError: a collector is named, and what it takes to speak to it is not installed.
    """
    global _tracing  # noqa: PLW0603  (one for each process, as the logs)
    if settings.otel_endpoint:
        from shared.otel import OtelTracing  # noqa: PLC0415  (costs 30 MB and 0.3 s: only where it is wanted)

        _tracing = OtelTracing(service, settings.otel_endpoint)
    else:
        _tracing = None


def are_on() -> bool:
    """Return whether there is a collector; for what would cost something to tell."""
    return _tracing is not None


def span(
    name: str,
    *,
    kind: Kind = "internal",
    trace_id: str | None = None,
    parent: str = "",
    attributes: Attributes | None = None,
) -> Span:
    """Begin a span.

    Args:
        name: What is done, of few different values: never an address or an id.
        kind: Its role, if it meets another process.
        trace_id: Its trace, if that may be another than the current span's; it is linked to that then.
        parent: The span that sent for this one, as it travelled (`traceparent`); empty for the current one.
        attributes: What is known of it.
    """
    if _tracing is None:
        return _NO_SPAN
    return _tracing.begin(name, kind=kind, trace_id=trace_id, parent=parent, attributes=attributes or {})


def emit(
    name: str,
    *,
    kind: Kind = "internal",
    began_at: datetime,
    seconds: float,
    attributes: Attributes,
    failure: str = "",
) -> None:
    """Make a span, below the current one, of what is over already."""
    if _tracing is not None:
        _tracing.emit(
            name, kind=kind, began_at=began_at, seconds=seconds, attributes=attributes, failure=failure
        )


def traceparent() -> str:
    """Return the current span as W3C Trace Context §3.2 writes it; empty where there is none."""
    return "" if _tracing is None else _tracing.traceparent()


def flush() -> None:
    """Send what waits before a process ends. A collector that is away holds it up for two seconds at most."""
    if _tracing is not None:
        _tracing.flush(_FLUSH_SECONDS)
