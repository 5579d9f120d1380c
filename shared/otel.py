"""OpenTelemetry: the only module that knows it. Loaded by `shared.traces` when a collector is configured.

Spans wait in a bounded queue and a thread of their own sends them. A collector that refuses or hangs costs the
spans and never the work: the queue drops what does not fit, and what a collector did not take is counted and told
when that begins.
"""

import atexit
import hashlib
import logging
import os
import re
import socket
import threading
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from importlib.metadata import version
from types import TracebackType
from typing import Self

import structlog

from shared.errors import SettingsError
from shared.metrics import SPANS
from shared.traces import Attributes, Kind

try:
    from opentelemetry import context, trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
except ImportError as error:
    raise SettingsError(
        "PRESSMARK_OTEL_ENDPOINT is set, and this installation has no OpenTelemetry: "
        f"install pressmark[traces] ({error})"
    ) from None

__all__ = ["OtelTracing"]

log = structlog.get_logger(__name__)

_KINDS: dict[Kind, trace.SpanKind] = {
    "internal": trace.SpanKind.INTERNAL,
    "producer": trace.SpanKind.PRODUCER,
    "consumer": trace.SpanKind.CONSUMER,
    "client": trace.SpanKind.CLIENT,
}
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})", re.ASCII)
_TRACE_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LONGEST_VALUE = 256
_EXPORT_SECONDS = 5.0
_QUEUED_SPANS = 4096
_wished_trace: ContextVar[int] = ContextVar("pressmark_wished_trace", default=0)


class OtelTracing:
    """Makes spans. What sends them begins with the first span of a process, so that a fork has its own."""

    def __init__(self, service: str, endpoint: str) -> None:
        self._service = service
        self._endpoint = f"{endpoint.rstrip('/')}/v1/traces"
        self._lock = threading.Lock()
        self._made: tuple[int, TracerProvider, trace.Tracer] | None = None
        # Its records of every failed try would fill the log of a machine whose collector is away.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)

    def begin(
        self, name: str, *, kind: Kind, trace_id: str | None, parent: str, attributes: Attributes
    ) -> "_OtelSpan":
        """Return a span that has begun: below its parent in the same trace, else the first of its trace."""
        current = trace.get_current_span().get_span_context()
        wished = _as_number(trace_id) if trace_id else current.trace_id
        above = _parsed(parent) or current
        if above.is_valid and above.trace_id == wished:
            where = trace.set_span_in_context(trace.NonRecordingSpan(above))
            return _OtelSpan(self._tracer().start_span(name, where, _KINDS[kind], _clean(attributes)))
        links = [trace.Link(current)] if current.is_valid else []
        token = _wished_trace.set(wished)
        try:
            made = self._tracer().start_span(
                name, context.Context(), _KINDS[kind], _clean(attributes), links=links
            )
        finally:
            _wished_trace.reset(token)
        return _OtelSpan(made)

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
        """Make a span, below the current one, of what is over."""
        start = int(began_at.timestamp() * 1_000_000) * 1_000
        made = self._tracer().start_span(name, None, _KINDS[kind], _clean(attributes), start_time=start)
        if failure:
            _OtelSpan(made).fail(failure)
        made.end(start + int(max(0.0, seconds) * 1_000_000_000))

    def traceparent(self) -> str:
        """Return the current span as W3C Trace Context §3.2 writes it; empty where there is none."""
        current = trace.get_current_span().get_span_context()
        if not current.is_valid:
            return ""
        return f"00-{current.trace_id:032x}-{current.span_id:016x}-{int(current.trace_flags):02x}"

    def flush(self, seconds: float) -> None:
        """Send what waits. The SDK's own flush does not keep to a time, so a thread is left to it."""
        made = self._made
        if made is not None and made[0] == os.getpid():
            sending = threading.Thread(target=made[1].force_flush, daemon=True)
            sending.start()
            sending.join(seconds)

    def _tracer(self) -> trace.Tracer:
        made = self._made
        if made is None or made[0] != os.getpid():
            with self._lock:
                made = self._made
                if made is None or made[0] != os.getpid():
                    made = self._made = self._make()
        return made[2]

    def _make(self) -> tuple[int, TracerProvider, trace.Tracer]:
        resource = Resource.create(
            {
                "service.namespace": "pressmark",
                "service.name": self._service,
                "service.version": version("pressmark"),
                "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
            }
        )
        provider = TracerProvider(resource=resource, id_generator=_TraceIds(), shutdown_on_exit=False)
        exporter = _Counted(OTLPSpanExporter(endpoint=self._endpoint, timeout=_EXPORT_SECONDS))
        provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=_QUEUED_SPANS))
        atexit.register(self.flush, 2.0)
        return os.getpid(), provider, provider.get_tracer("pressmark", version("pressmark"))


class _OtelSpan:
    """A span of the SDK, with what is ours to say."""

    def __init__(self, made: trace.Span) -> None:
        self._span = made
        self._token: object = None

    def tell(self, attributes: Attributes) -> None:
        """Add what is known only now."""
        self._span.set_attributes(_clean(attributes))

    def fail(self, kind: str) -> None:
        """Say that it did not succeed, and how."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(trace.StatusCode.ERROR)

    def __enter__(self) -> Self:
        self._token = context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        context.detach(self._token)  # type: ignore[arg-type]  # as it was given by attach
        if kind is not None:
            # Its class only: the text of an error may hold an address with its password, or a page's words.
            self.fail(kind.__qualname__)
        self._span.end()


class _TraceIds(RandomIdGenerator):
    """Gives the first span of a trace the trace id that messages and logs have already."""

    def generate_trace_id(self) -> int:
        return _wished_trace.get() or super().generate_trace_id()


class _Counted(SpanExporter):
    """Counts what was sent and what was lost, and tells when that changes, not each time."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_well = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch of spans."""
        result = self._exporter.export(spans)
        is_well = result is SpanExportResult.SUCCESS
        SPANS.labels("sent" if is_well else "lost").inc(len(spans))
        if is_well != self._is_well:
            self._is_well = is_well
            if is_well:
                log.info("traces_sent_again")
            else:
                log.warning("traces_lost", reason="the collector does not take them; the work goes on")
        return result

    def shutdown(self) -> None:
        """Send nothing more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have nothing to flush: the queue stands before."""
        return self._exporter.force_flush(timeout_millis)


def _as_number(trace_id: str) -> int:
    """Return our trace id as a number. One of another form, as old rows have, is mapped to the same one always."""
    plain = trace_id.replace("-", "").lower()
    if not _TRACE_ID.fullmatch(plain):
        plain = hashlib.sha256(trace_id.encode()).hexdigest()[:32]
    return int(plain, 16)


def _parsed(text: str) -> trace.SpanContext | None:
    found = _TRACEPARENT.fullmatch(text)
    if found is None:
        return None
    flags = trace.TraceFlags(int(found[3], 16))
    return trace.SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=flags)


def _clean(attributes: Attributes) -> dict[str, str | int | float | bool]:
    return {
        name: value[:_LONGEST_VALUE] if isinstance(value, str) else value
        for name, value in attributes.items()
        if value is not None
    }
