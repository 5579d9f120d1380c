"""A network of its own: nothing but loopback, a faulty name server, a web server, a canary and a fetcher.

`unshare -rmn python -m tests.support.dns_worker` reads a task as JSON and prints a report as JSON.
Whatever is resolved or asked cannot leave that network.
"""

import fcntl
import json
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.dns_server import HOSTILE, NameServer
from tests.support.hostile_servers import OPENED, running_canary
from tests.support.hostile_worker import run
from tests.support.raw_server import page, running_raw_server

NAME_SERVER = "127.77.0.53"


def bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0x41)  # IFF_UP and IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


def use_name_server(folder: Path) -> None:
    """Let the resolver of this mount namespace ask our name server, once and briefly."""
    told = folder / "resolv.conf"
    told.write_text(f"nameserver {NAME_SERVER}\noptions timeout:2 attempts:1\n")
    subprocess.run(["mount", "--bind", told, Path("/etc/resolv.conf").resolve()], check=True)


def look(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    names = NameServer(NAME_SERVER)
    with running_canary() as canary, running_raw_server(host=HOSTILE) as server:
        server.url("/", page(b"<p>good</p>"))
        urls = [
            f"http://{name}:{canary.port if name.split('.')[0] in task['to_canary'] else server.port}/"
            for name in task["names"]
        ]
        report = run({"urls": urls, "opened": [OPENED, "127.77.1.0/24"]}, folder)
        return report | {"hits": canary.hits, "asked": len(server.seen), "resolved": dict(names.asked)}


if __name__ == "__main__":
    bring_up_loopback()
    with tempfile.TemporaryDirectory() as made:
        use_name_server(Path(made))
        print(json.dumps(look(json.load(sys.stdin), Path(made))))  # noqa: T201 - its report
        sys.stdout.flush()
