"""Small programs that stand in for the services when the supervisor is tested.

`worker NAME` shows a pulse in the broker, and leaves a child in a session of its own that ignores polite signals,
as a task might. `reader` answers `/healthz`.
"""

import http.server
import os
import signal
import subprocess
import sys
import time

import redis

from services.standalone.interpreter import module_argv
from services.standalone.plan import ServiceProcess

WORKER = ServiceProcess(
    name="crawler",
    argv=module_argv("tests.support.stand_ins", "worker", "crawler"),
    ready="services.standalone.readiness:worker_consumes",
)
READER = ServiceProcess(
    name="reader",
    argv=module_argv("tests.support.stand_ins", "reader"),
    ready="services.standalone.readiness:reader_answers",
)
QUITTER = ServiceProcess(name="quitter", argv=("/bin/sh", "-c", "echo no configuration found; exit 3"))
SLEEPER = ServiceProcess(name="sleeper", argv=("/bin/sleep", "1000"))

_STUBBORN = "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 15)]; time.sleep(1000)"


def worker(name: str) -> None:
    subprocess.Popen((sys.executable, "-c", _STUBBORN), start_new_session=True)
    client = redis.Redis.from_url(os.environ["PRESSMARK_BROKER_URL"])
    while True:
        client.set(f"pressmark:heartbeat:{name}", str(time.time()))
        time.sleep(0.2)


def reader() -> None:
    address = ("127.0.0.1", int(os.environ["PRESSMARK_READER_PORT"]))
    http.server.ThreadingHTTPServer(address, _Health).serve_forever()


class _Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.argv[1] == "worker":
        worker(sys.argv[2])
    else:
        reader()
