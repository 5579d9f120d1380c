"""The data directory: everything one archive keeps on one machine, its lock, and its secrets.

Layout::

    lock             held by the running supervisor (flock), holds its process id
    run.json         endpoints and processes of the running stack, mode 600
    secrets.json     passwords made at the first start, mode 600
    log.key          the key that signs the log of all records, mode 600: keep a copy
    ports.json       the ports chosen at the first start
    logs/            one log file for each process
    valkey/  seaweedfs/  postgres/
"""

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from services.standalone.errors import DataDirectoryError, StackRunningError

__all__ = ["DataDirectory", "Secrets", "default_data_path", "write_private"]


def default_data_path() -> Path:
    """Return where the archive is kept unless told: `$PRESSMARK_DATA`, else below the XDG data directory.

    Raises:
        DataDirectoryError: no home directory is known.
    """
    told = os.environ.get("PRESSMARK_DATA")
    if told:
        return Path(told)
    xdg = os.environ.get("XDG_DATA_HOME")
    if xdg:
        return Path(xdg) / "pressmark"
    try:
        return Path.home() / ".local" / "share" / "pressmark"
    except RuntimeError:
        raise DataDirectoryError(
            "No home directory is known here: say where to keep the archive, --data DIR"
        ) from None


def _token() -> str:
    return secrets.token_hex(20)


class Secrets(BaseModel):
    """What the parts ask of those who connect, made once for a data directory."""

    model_config = ConfigDict(frozen=True)

    broker_password: str = Field(default_factory=_token)
    database_password: str = Field(default_factory=_token)
    s3_access_key: str = Field(default_factory=_token)
    s3_secret_key: str = Field(default_factory=_token)
    s3_signing_key: str = Field(default_factory=_token)


class DataDirectory:
    """Paths and small files of one archive."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.lock_file = self.path / "lock"
        self.run_file = self.path / "run.json"
        self.logs = self.path / "logs"

    def create(self) -> None:
        """Make the directory and its log directory.

        Root's is passable (not readable) for others, because PostgreSQL then runs under another account.

        Raises:
            DataDirectoryError: it cannot be made or written.
        """
        try:
            self.path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            writable = os.access(self.path, os.W_OK | os.X_OK) and os.access(self.logs, os.W_OK | os.X_OK)
        except OSError as error:
            raise DataDirectoryError(
                f"The data directory {self.path} cannot be made ({error.strerror}). Name one that is writable: "
                "--data DIR or PRESSMARK_DATA"
            ) from None
        if not writable:
            raise DataDirectoryError(
                f"The data directory {self.path} is not writable for uid {os.geteuid()}. Name another with --data "
                "DIR, or start as the user who made it"
            )

    def private_directory(self, name: str) -> Path:
        """Make a directory that only its owner can enter, and return it."""
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def lock(self) -> BinaryIO:
        """Take the lock that only one supervisor can hold; it is held until the file is closed.

        Raises:
            StackRunningError: another process holds it.
            DataDirectoryError: the lock file cannot be opened.
        """
        try:
            file = self.lock_file.open("a+b", buffering=0)
        except OSError as error:
            raise DataDirectoryError(f"{self.lock_file} cannot be opened: {error.strerror}") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise self._held() from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        return file

    def still_holds(self, lock: BinaryIO) -> bool:
        """Tell whether a lock that was taken is still the one of this path. Somebody may have removed it."""
        try:
            return os.path.samestat(self.lock_file.stat(), os.fstat(lock.fileno()))
        except OSError:
            return False

    def is_locked(self) -> bool:
        """Tell whether a supervisor holds this directory."""
        try:
            file = self.lock_file.open("rb")
        except OSError:
            return False
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _held(self) -> StackRunningError:
        text = self.lock_file.read_text(encoding="ascii", errors="replace").strip()
        pid = int(text) if text.isdecimal() else None
        who = f"process {pid}" if pid else "another process"
        return StackRunningError(
            f"{self.path} is in use by {who}. 'pressmark down' stops it; --data DIR names another archive",
            pid=pid,
        )

    def secrets(self) -> Secrets:
        """Read the passwords of this archive, making them at the first start."""
        path = self.path / "secrets.json"
        if path.exists():
            return Secrets.model_validate_json(path.read_bytes())
        made = Secrets()
        write_private(path, made.model_dump_json(indent=1))
        return made

    def log_key_file(self) -> Path:
        """Return the file of the key that signs the log, making one at the first start. It is never replaced."""
        path = self.path / "log.key"
        if not path.exists():
            from shared.proof import LogKey  # noqa: PLC0415  (only the first start pays for it)

            made = LogKey.generate(f"pressmark/{secrets.token_hex(8)}")
            write_private(path, made.secret() + "\n")
        return path

    def remembered_ports(self) -> dict[str, int]:
        """Read the ports of the previous start, none at the first."""
        path = self.path / "ports.json"
        if not path.exists():
            return {}
        return {str(name): int(port) for name, port in json.loads(path.read_bytes()).items()}

    def remember_ports(self, ports: dict[str, int]) -> None:
        """Keep the ports for the next start."""
        write_private(self.path / "ports.json", json.dumps(ports, indent=1))

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self.logs / f"{name}.log"


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner alone."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
