"""Where backups are kept: a folder, or a bucket of any S3 server."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from services.admin.settings import BackupSettings
from shared.errors import NotFoundError, PressmarkError, SettingsError, TryAgainError
from shared.evidence import EvidenceMissingError, EvidenceStore, check_key

__all__ = ["FolderVault", "StoreVault", "Vault", "open_vault"]

_UNFINISHED = ".unfinished-"
_LEFT_SECONDS = 24 * 3600
_MEDIA_TYPE = "application/octet-stream"


class Vault(Protocol):
    """Keeps files under keys; what is kept is whole."""

    def scratch(self) -> tempfile.TemporaryDirectory[str]:
        """Return a folder for files that are to be kept, or were fetched."""

    def keep(self, path: Path, key: str) -> None:
        """Keep a file, which is gone from its folder afterwards."""

    def fetch(self, key: str, path: Path) -> str:
        """Write what is kept into a file and return its SHA-256. Raises `NotFoundError`."""

    def has(self, key: str) -> bool:
        """Tell whether something is kept under a key."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in their order."""

    def remove(self, key: str) -> None:
        """Keep something no longer."""


class FolderVault:
    """A folder, best on another machine's disk. A file comes into its place whole, by renaming."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def scratch(self) -> tempfile.TemporaryDirectory[str]:
        """Return a folder on the same disk."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in self._folder.glob(f"{_UNFINISHED}*"):
                # Of a run that was killed. A folder that is in use changes all the time.
                if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)
            return tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=self._folder)
        except OSError as error:
            raise PressmarkError(f"nothing can be written below {self._folder}: {error.strerror}") from None

    def keep(self, path: Path, key: str) -> None:
        """Keep a file, on the disk for certain."""
        target = self._folder / check_key(key)
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.replace(target)
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise TryAgainError(f"{target} could not be written: {error.strerror}") from error

    def fetch(self, key: str, path: Path) -> str:
        """Copy a file and return its SHA-256."""
        digest = hashlib.sha256()
        try:
            with (self._folder / check_key(key)).open("rb") as kept, path.open("wb") as file:
                while piece := kept.read(1 << 20):
                    digest.update(piece)
                    file.write(piece)
        except FileNotFoundError:
            raise NotFoundError(f"there is no {key!r} in the backup at {self._folder}") from None
        except OSError as error:
            raise TryAgainError(f"{self._folder / key} could not be read: {error.strerror}") from error
        return digest.hexdigest()

    def has(self, key: str) -> bool:
        """Tell whether there is such a file."""
        return (self._folder / check_key(key)).is_file()

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the files below a folder, which a prefix must name."""
        found = (path for path in (self._folder / prefix).rglob("*") if path.is_file())
        yield from sorted(str(path.relative_to(self._folder)) for path in found)

    def remove(self, key: str) -> None:
        """Remove a file."""
        (self._folder / check_key(key)).unlink(missing_ok=True)


class StoreVault:
    """Keys below a prefix of a bucket. What is written is read back."""

    def __init__(self, store: EvidenceStore, prefix: str) -> None:
        self._store = store
        self._prefix = f"{prefix}/" if prefix else ""

    def scratch(self) -> tempfile.TemporaryDirectory[str]:
        """Return a temporary folder."""
        return tempfile.TemporaryDirectory(prefix="pressmark-backup-")

    def keep(self, path: Path, key: str) -> None:
        """Write an object."""
        self._store.put(self._prefix + key, path, content_type=_MEDIA_TYPE)
        path.unlink()

    def fetch(self, key: str, path: Path) -> str:
        """Read an object into a file and return its SHA-256."""
        try:
            return self._store.download(self._prefix + key, path)
        except EvidenceMissingError:
            raise NotFoundError(f"there is no {key!r} in the backup") from None

    def has(self, key: str) -> bool:
        """Tell whether there is such an object."""
        return self._store.size(self._prefix + key) is not None

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys of objects."""
        for key in self._store.keys(self._prefix + prefix):
            yield key.removeprefix(self._prefix)

    def remove(self, key: str) -> None:
        """Remove an object."""
        self._store.delete(self._prefix + key)


def open_vault(place: str, settings: BackupSettings) -> Vault:
    """Return the vault that an operator names, `DIR` or `s3://bucket/prefix`.

    Raises:
        SettingsError: The bucket is the archive's own, or cannot be used.
        TryAgainError: The store did not answer.
    """
    if not place.startswith("s3://"):
        return FolderVault(Path(place).expanduser().absolute())
    parts = urlsplit(place)
    target = settings.of_backups(parts.netloc)
    if (target.endpoint, target.bucket) == (settings.s3_endpoint, settings.s3_bucket):
        raise SettingsError("a backup does not go into the bucket that it is of: name another bucket")
    prefix = parts.path.strip("/")
    if prefix:
        check_key(prefix)
    store = EvidenceStore(target)
    store.ensure_bucket()
    return StoreVault(store, prefix)
