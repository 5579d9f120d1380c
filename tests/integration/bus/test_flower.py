"""Flower beside a worker that tells what it does: it shows the tasks, and can order nothing."""

import base64
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.standalone.interpreter import module_argv
from services.standalone.ports import choose_ports
from tests.integration.bus.test_worker import running_worker
from tests.support.running import start_running, wait_until

DATABASE = 13
LOGIN = "operator:a-password"


def ask(url: str, *, method: str = "GET", login: str | None = LOGIN) -> tuple[int, str]:
    headers = {"authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if login else {}
    request = urllib.request.Request(
        url, method=method, headers=headers, data=b"" if method == "POST" else None
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


@pytest.fixture
def flower(valkey_url: str, tmp_path: Path) -> Iterator[str]:
    """Flower as the stack starts it, on the broker of the tests."""
    port = choose_ports(("flower",), configured={}, remembered={})["flower"]
    argv = [*module_argv("celery", "flower"), "--read_only=true", "--address=127.0.0.1", f"--port={port}"]
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CELERY_BROKER_URL": f"{valkey_url.rpartition('/')[0]}/{DATABASE}",
        "FLOWER_BASIC_AUTH": LOGIN,
    }
    running = start_running([*argv, "--persistent=false"], log=tmp_path / "flower.log", env=env)
    try:
        wait_until(lambda: ask(f"http://127.0.0.1:{port}/healthcheck")[0] == 200)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.end(first=signal.SIGTERM, seconds=2)


def test_tasks_are_shown_to_who_has_the_password_and_nothing_can_be_ordered(
    valkey_url: str, flower: str, tmp_path: Path
) -> None:
    told = {"PRESSMARK_TASK_EVENTS": "true"}
    with running_worker(valkey_url, tmp_path, database=DATABASE, env=told) as worker:
        batch = worker.send("shown")
        wait_until(lambda: worker.notes(batch))
        wait_until(lambda: 'type="task-succeeded"' in ask(f"{flower}/metrics")[1])
        name = worker_name(ask(f"{flower}/metrics")[1])

        assert ask(f"{flower}/workers", login=None)[0] == 401
        assert name in ask(f"{flower}/workers")[1]
        assert ask(f"{flower}/api/worker/shutdown/{name}", method="POST")[0] in {401, 403, 404, 405}
        wait_until(lambda: worker.notes(worker.send("still there")), seconds=30)


def worker_name(metrics: str) -> str:
    line = next(line for line in metrics.splitlines() if 'type="task-succeeded"' in line)
    return line.partition('worker="')[2].partition('"')[0]
