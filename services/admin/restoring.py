"""An empty machine becomes the archive that a backup holds."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from services.admin.backup import LOG_KEY, Manifest, read_objects
from services.admin.backup_objects import KeptObject, vault_key
from services.admin.vaults import Vault
from shared.cdxj import CONTENT_TYPE as CDXJ_TYPE
from shared.errors import NotFoundError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.dumping import LedgerNotEmptyError, is_empty, load_ledger
from shared.media_types import WARC_TYPE

__all__ = ["Restored", "Restoring"]

_THREADS = 8
_PER_ROUND = 200
_MEDIA_TYPES = {".gz": WARC_TYPE, ".cdxj": CDXJ_TYPE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it."""

    written: int
    """Objects that were not there, or were other ones."""
    present: int
    """Objects that were there already, read and found to be the same."""
    damaged: tuple[str, ...]
    """Keys of objects whose bytes in the backup are gone or are others. They are not restored."""
    migrations: tuple[str, ...] = ()
    """What this version added to the form of the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """Restores one backup. Objects come first, so the ledger never points at what is not there yet."""

    database: Database
    evidence: EvidenceStore
    vault: Vault
    manifest: Manifest
    told: Callable[[int, int], None] = lambda _done, _all: None

    def check(self) -> Restored:
        """Read every object of the backup and hold it against its digest, writing nothing."""
        return self._all(self._is_sound)

    def run(self) -> Restored:
        """Restore objects and ledger. Cut short, it may be run again, and writes only what is not there.

        Raises:
            LedgerNotEmptyError: There is an archive already.
            TryAgainError: A part did not answer.
        """
        if not is_empty(self.database):
            raise LedgerNotEmptyError("there is an archive in this ledger already: restore into an empty one")
        self.evidence.ensure_bucket()
        objects = self._all(self._restore)
        with self.vault.scratch() as scratch:
            for table in self.manifest.ledger.tables:
                name = f"{table.name}.zst"
                self.vault.fetch(f"backups/{self.manifest.name}/{name}", Path(scratch, name))
            migrations = load_ledger(self.database, self.manifest.ledger, Path(scratch))
        return Restored(
            written=objects.written,
            present=objects.present,
            damaged=objects.damaged,
            migrations=tuple(migrations),
        )

    def log_key(self) -> str | None:
        """Return the key of the log, None when the backup was made without."""
        if not self.manifest.has_log_key:
            return None
        with self.vault.scratch() as scratch:
            path = Path(scratch, LOG_KEY)
            self.vault.fetch(f"backups/{self.manifest.name}/{LOG_KEY}", path)
            return path.read_text(encoding="utf-8").strip()

    def _all(self, one: Callable[[KeptObject, str], str]) -> Restored:
        """Do something with each object; it answers `written`, `present` or `damaged`."""
        objects = read_objects(self.vault, self.manifest)
        counts, damaged = Counter[str](), list[str]()
        with ThreadPoolExecutor(_THREADS) as pool, self.vault.scratch() as scratch:
            rest = iter(objects)
            while several := list(islice(rest, _PER_ROUND)):
                for kept, outcome in zip(
                    several, pool.map(one, several, [scratch] * len(several)), strict=True
                ):
                    if outcome == "damaged":
                        damaged.append(kept.key)
                    else:
                        counts[outcome] += 1
                self.told(counts.total() + len(damaged), len(objects))
        return Restored(written=counts["written"], present=counts["present"], damaged=tuple(damaged))

    def _is_sound(self, kept: KeptObject, scratch: str) -> str:
        if kept.sha256 is None:
            return "present" if self.evidence.size(kept.key) == kept.bytes else "damaged"
        path = Path(scratch, _file_of(kept))
        try:
            return "present" if self.vault.fetch(vault_key(kept.sha256), path) == kept.sha256 else "damaged"
        except NotFoundError:
            return "damaged"
        finally:
            path.unlink(missing_ok=True)

    def _restore(self, kept: KeptObject, scratch: str) -> str:
        if kept.sha256 is None:
            return self._is_sound(kept, scratch)
        path = Path(scratch, _file_of(kept))
        try:
            is_there = self.evidence.size(kept.key) == kept.bytes
            if is_there and self.evidence.download(kept.key, path) == kept.sha256:
                return "present"
            if self.vault.fetch(vault_key(kept.sha256), path) != kept.sha256:
                return "damaged"
            self.evidence.put(kept.key, path, content_type=_media_type(kept.key))
        except NotFoundError:
            return "damaged"
        finally:
            path.unlink(missing_ok=True)
        return "written"


def _file_of(kept: KeptObject) -> str:
    """Return a name for an object's bytes on the way, its own though another object has the same."""
    return kept.key.replace("/", "%")


def _media_type(key: str) -> str:
    return _MEDIA_TYPES.get(Path(key).suffix, "application/octet-stream")
