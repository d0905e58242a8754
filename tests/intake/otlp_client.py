"""A real OpenTelemetry SDK with its OTLP/HTTP exporter, and a server that keeps what it is sent."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Tracer

Answer = Callable[[str, bytes], tuple[int, bytes]]
"""From content type and unpacked body to status and body."""


@dataclass
class Received:
    """What came: content type and unpacked body of each request, and what the exporter made of the answers."""

    url: str
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    results: list[SpanExportResult] = field(default_factory=list)


@contextmanager
def collector(answer: Answer) -> Iterator[Received]:
    """A server on a free port of this machine that answers each request with `answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            content_type = self.headers["Content-Type"]
            received.requests.append((content_type, body))
            status, reply = answer(content_type, body)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    received = Received(f"http://127.0.0.1:{server.server_port}/v1/traces")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Noting(SpanExporter):
    """The exporter, with its results noted."""

    def __init__(self, received: Received) -> None:
        self._exporter = OTLPSpanExporter(received.url, compression=Compression.Gzip)
        self._received = received

    def export(self, spans):  # type: ignore[no-untyped-def]
        result = self._exporter.export(spans)
        self._received.results.append(result)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


@contextmanager
def tracer(received: Received, **resource: str) -> Iterator[Tracer]:
    """A tracer whose spans are exported, gzipped, as each ends."""
    attributes = {name.replace("_", "."): value for name, value in resource.items()}
    provider = TracerProvider(resource=Resource(attributes), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(_Noting(received)))
    yield provider.get_tracer("acme.agent", "1.2.0")
    provider.shutdown()
