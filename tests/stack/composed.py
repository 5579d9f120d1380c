"""The stack of `docker-compose.yml` under a project name of its own."""

import json
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.standalone.ports import choose_ports
from tests.stack.engine import Engine
from tests.stack.images import ROOT

__all__ = ["Composed", "composed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A project of docker-compose."""

    engine: Engine
    project: str
    file: Path
    reader_port: int
    prometheus_port: int

    def compose(self, *argv: str, seconds: float = 300) -> str:
        """Run docker-compose on the project."""
        return self.engine.run(
            "docker-compose", "--project-name", self.project, "--file", str(self.file), *argv,
            cwd=self.file.parent, seconds=seconds,
        )  # fmt: skip

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine says of each container, by its service."""
        names = self.compose("ps", "--quiet").split()
        inspected = json.loads(self.engine.run("docker", "inspect", *names)) if names else []
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in inspected}

    def unready(self) -> dict[str, str]:
        """The containers that are not what they should be: healthy, or running, or ended well."""
        found = {}
        for name, one in self.containers().items():
            state = one["State"]
            health = state.get("Health", {}).get("Status")
            done = (
                state["Status"] == "exited" and state["ExitCode"] == 0 and name in {"migrate", "bucket-init"}
            )
            if not (done or health == "healthy" or (health is None and state["Status"] == "running")):
                found[name] = f"{state['Status']} {health} {state['ExitCode']}"
        return found

    def wait_until(self, met: Callable[[], bool], *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < deadline, self.compose("ps") + self.compose("logs", "--tail=15")
            time.sleep(1)

    def pressmark(self, *argv: str, given: str = "") -> str:
        """Run a command of ours inside, with a text on its standard input as the file /tmp/given."""
        script = f"cat > /tmp/given && exec pressmark {' '.join(argv)}"
        inside = f"docker-compose --project-name {self.project} --file {self.file} exec -T upkeep"
        text = self.file.parent / f"given-{secrets.token_hex(4)}"
        text.write_text(given, encoding="utf-8")
        return self.engine.run("sh", "-c", f"{inside} sh -c '{script}' < {text}", cwd=self.file.parent)

    def status(self) -> dict[str, Any]:
        """What `pressmark status --json` says."""
        found: dict[str, Any] = json.loads(self.pressmark("status", "--json").splitlines()[-1])
        return found


@contextmanager
def composed(engine: Engine, folder: Path, *, settings: Mapping[str, str]) -> Iterator[Composed]:
    """Lay the stack out in a folder of its own with fresh passwords; nothing of it is left afterwards."""
    shutil.copy(ROOT / "docker-compose.yml", folder)
    shutil.copytree(
        ROOT / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("secrets", "wheelhouse")
    )
    engine.run("deploy/make-secrets", cwd=folder)
    ports = choose_ports(
        ("reader", "replay", "admin", "prometheus", "alertmanager", "flower"), configured={}, remembered={}
    )
    own = {f"PRESSMARK_{name.upper()}_PORT": str(port) for name, port in ports.items()}
    lines = [f"{name}={value}" for name, value in {**settings, **own}.items()]
    (folder / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")
    stack = Composed(
        engine=engine,
        project=f"pressmark-{secrets.token_hex(4)}",
        file=folder / "docker-compose.yml",
        reader_port=ports["reader"],
        prometheus_port=ports["prometheus"],
    )
    try:
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "5")
