"""The objects of a backup: each kept once under the digest of its bytes, and listed with it under its own key.

Later backups copy what is new. A run that was cut short leaves a journal of what it had copied, which the next run
reads, so that nothing is copied twice.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

import zstandard
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.admin.vaults import Vault
from shared.errors import PressmarkError
from shared.evidence import EvidenceMissingError, EvidenceStore, ListedObject

__all__ = ["KeptObject", "ObjectCopy", "read_list", "vault_key", "write_list"]

_THREADS = 8
_PER_JOURNAL = 500
"""Objects after which the journal is written: what a killed run reads again at most."""
_NOT_EVIDENCE = ("probe/",)
_JOURNAL = "journal/"


class KeptObject(BaseModel):
    """An object of the archive and where its bytes are kept."""

    model_config = ConfigDict(frozen=True)

    key: str
    bytes: int
    modified_at: AwareDatetime
    sha256: str | None
    """None where the bucket itself is replicated and its objects are only listed."""


def vault_key(sha256: str) -> str:
    """Return where bytes are kept."""
    return f"objects/{sha256[:2]}/{sha256}"


@dataclass(slots=True, kw_only=True)
class ObjectCopy:
    """Copies the objects of a store into a vault, what is known already aside."""

    evidence: EvidenceStore
    vault: Vault
    name: str
    """Of this backup; unlike that of any other."""
    told: Callable[[int, int], None]
    """Is given the objects and bytes copied so far."""
    copied: int = 0
    copied_bytes: int = 0
    _known: dict[str, KeptObject] = field(default_factory=dict)
    _pieces: Iterator[int] = field(default_factory=count)

    def know(self, earlier: Iterable[KeptObject]) -> None:
        """Learn what earlier backups hold."""
        self._known.update((one.key, one) for one in earlier if one.sha256 is not None)

    def know_journal(self) -> None:
        """Learn what a run that was cut short had copied."""
        for key in self.vault.keys(_JOURNAL):
            with self.vault.scratch() as scratch:
                self.vault.fetch(key, Path(scratch, "piece"))
                self.know(read_list(Path(scratch, "piece")))

    def missing(self) -> Iterator[ListedObject]:
        """Yield what is in the store and not in the vault."""
        for listed in self._listed():
            known = self._known.get(listed.key)
            if known is None or (known.bytes, known.modified_at) != (listed.bytes, listed.modified_at):
                yield listed

    def run(self) -> list[KeptObject]:
        """Copy what is missing and return everything that the store lists, in the order of keys."""
        with ThreadPoolExecutor(_THREADS) as pool, self.vault.scratch() as scratch:
            missing = self.missing()
            while batch := list(islice(missing, _PER_JOURNAL)):
                found = pool.map(self._copy, batch, [scratch] * len(batch))
                self._keep_journal([one for one in found if one is not None])
                self.told(self.copied, self.copied_bytes)
        return [self._known[listed.key] for listed in self._listed() if listed.key in self._known]

    def list_only(self) -> list[KeptObject]:
        """Return everything that the store lists, without a copy."""
        return [
            KeptObject(key=one.key, bytes=one.bytes, modified_at=one.modified_at, sha256=None)
            for one in self._listed()
        ]

    def end_journal(self) -> None:
        """Remove the journal, when the backup's own list is kept."""
        for key in list(self.vault.keys(_JOURNAL)):
            self.vault.remove(key)

    def _listed(self) -> Iterator[ListedObject]:
        for listed in self.evidence.listed(""):
            if not listed.key.startswith(_NOT_EVIDENCE):
                yield listed

    def _copy(self, listed: ListedObject, scratch: str) -> KeptObject | None:
        """Copy one object. None when it has been removed since it was listed: its bytes are in a sealed one."""
        path = Path(scratch, hashlib.sha256(listed.key.encode()).hexdigest())
        try:
            sha256 = self.evidence.download(listed.key, path)
        except EvidenceMissingError:
            path.unlink(missing_ok=True)
            return None
        size = path.stat().st_size
        if self.vault.has(vault_key(sha256)):
            path.unlink()
        else:
            self.vault.keep(path, vault_key(sha256))
        return KeptObject(key=listed.key, bytes=size, modified_at=listed.modified_at, sha256=sha256)

    def _keep_journal(self, found: list[KeptObject]) -> None:
        self.know(found)
        self.copied += len(found)
        self.copied_bytes += sum(one.bytes for one in found)
        with self.vault.scratch() as scratch:
            path = write_list(found, Path(scratch, "piece"))
            self.vault.keep(path, f"{_JOURNAL}{self.name}-{next(self._pieces)}.zst")


def write_list(objects: Iterable[KeptObject], path: Path) -> Path:
    """Write a list of objects, one a line."""
    with path.open("wb") as file, zstandard.ZstdCompressor().stream_writer(file) as lines:
        for one in objects:
            lines.write(one.model_dump_json().encode() + b"\n")
    return path


def read_list(path: Path) -> list[KeptObject]:
    """Read what `write_list` wrote.

    Raises:
        PressmarkError: It is damaged.
    """
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as lines:
            return [KeptObject.model_validate_json(line) for line in lines.read().splitlines()]
    except (ValidationError, zstandard.ZstdError) as error:
        raise PressmarkError(f"the list of objects in the backup is damaged ({error})") from None
