"""An authority for time stamps on this machine: openssl behind a web server, with certificates of its own."""

import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

_CONFIG = """
[tsa]
default_tsa = here
[here]
dir = {folder}
serial = $dir/serial
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
"""


def openssl(*arguments: object, stdin: bytes = b"") -> bytes:
    """Run openssl and return what it prints."""
    done = subprocess.run(("openssl", *map(str, arguments)), input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@dataclass(slots=True, kw_only=True)
class Authority:
    """Stamps what it is sent. Its root, and one between that and its own certificate, are made for it."""

    folder: Path
    purpose: str = "critical,timeStamping"
    key: str = "rsa:2048"
    answer: Callable[[bytes], tuple[int, bytes]] | None = None
    """What it answers instead of a stamp."""
    asked: list[bytes] = field(default_factory=list)
    url: str = ""
    _server: ThreadingHTTPServer | None = None

    @property
    def certificates(self) -> Path:
        """The file with its root, for those who trust it."""
        return self.folder / "root.pem"

    def make(self) -> Self:
        """Make keys and certificates."""
        self.folder.mkdir(parents=True)
        self._certificate("root", issuer=None, more=["basicConstraints=critical,CA:TRUE"])
        self._certificate("between", issuer="root", more=["basicConstraints=critical,CA:TRUE"])
        self._certificate("stamper", issuer="between", more=[f"extendedKeyUsage={self.purpose}"])
        (self.folder / "serial").write_text("01\n")
        (self.folder / "tsa.cnf").write_text(_CONFIG.format(folder=self.folder))
        return self

    def stamp(self, request: bytes) -> bytes:
        """Return a stamp for a request, as openssl makes it."""
        query, folder = self.folder / f"query-{len(self.asked)}", self.folder
        query.write_bytes(request)
        return openssl(
            *("ts", "-reply", "-queryfile", query, "-config", folder / "tsa.cnf"),
            *("-signer", folder / "stamper.pem", "-inkey", folder / "stamper.key"),
            *("-chain", folder / "between.pem"),
        )

    def __enter__(self) -> Self:
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["content-length"]))
                authority.asked.append(request)
                status, body = (
                    authority.answer(request) if authority.answer else (200, authority.stamp(request))
                )
                self.send_response(status)
                self.send_header("content-type", "application/timestamp-reply")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/stamp"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def _certificate(self, name: str, *, issuer: str | None, more: list[str]) -> None:
        key, folder = (
            ("ec", "-pkeyopt", "ec_paramgen_curve:P-256") if self.key == "ec" else (self.key,),
            self.folder,
        )
        extensions = [part for one in more for part in ("-addext", one)]
        by = () if issuer is None else ("-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key")
        openssl(
            *("req", "-x509", "-newkey", *key, "-nodes", "-days", "30", "-subj", f"/CN={folder.name} {name}"),
            *(*extensions, *by, "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"),
        )
