"""A collector of traces on loopback: OTLP over HTTP, decoded with OpenTelemetry's own protocol classes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1 import trace_pb2

__all__ = ["Collector", "SeenSpan", "running_collector"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSpan:
    """One span as it arrived."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    links: tuple[str, ...]
    attributes: dict[str, object]
    failed: bool
    start: int
    end: int
    events: int


@dataclass(slots=True)
class Collector:
    """Keeps all spans; may refuse them, or hold every request until it is let go."""

    endpoint: str = ""
    spans: list[SeenSpan] = field(default_factory=list)
    requests: int = 0
    raw: list[bytes] = field(default_factory=list)
    status: int = 200
    held: threading.Event = field(default_factory=threading.Event)
    """While it is not set, no request is answered."""

    def wait_for(self, is_there: Callable[[list[SeenSpan]], object], *, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not is_there(list(self.spans)):
            assert time.monotonic() < deadline, sorted({(one.service, one.name) for one in self.spans})
            time.sleep(0.05)

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            told = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_seen(one, told["service.name"]) for one in scope.spans]


@contextmanager
def running_collector() -> Iterator[Collector]:
    """Yield a collector that takes what comes."""
    collector = Collector()
    collector.held.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.requests += 1
            collector.held.wait(60)
            if self.path == "/v1/traces" and collector.status == 200:
                collector.raw.append(body)
                collector.take(body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(collector.status)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.held.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


def _seen(one: trace_pb2.Span, service: str) -> SeenSpan:
    return SeenSpan(
        service=service,
        name=one.name,
        kind=trace_pb2.Span.SpanKind.Name(one.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=one.trace_id.hex(),
        span_id=one.span_id.hex(),
        parent_id=one.parent_span_id.hex(),
        links=tuple(link.trace_id.hex() for link in one.links),
        attributes={pair.key: _value(pair.value) for pair in one.attributes},
        failed=one.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        start=one.start_time_unix_nano,
        end=one.end_time_unix_nano,
        events=len(one.events),
    )


def _value(value: object) -> object:
    kind = value.WhichOneof("value")  # type: ignore[attr-defined]  # protobuf makes its classes at run time
    return getattr(value, kind)
