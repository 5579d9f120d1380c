"""A backup: the ledger at one moment, all objects that it points at, and the key of the log.

Objects are copied first, which may take hours; then the ledger is dumped; then the objects that came meanwhile
are copied. So a ledger never points at an object that its backup does not hold. The manifest is written last: a
backup without one does not exist, and an older one stays what it was.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.admin.backup_objects import KeptObject, ObjectCopy, read_list, write_list
from services.admin.vaults import Vault
from shared.clock import Clock
from shared.errors import NotFoundError, PressmarkError, TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.dumping import Dumped, dump_ledger
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.log_book import LogBook

__all__ = ["BackupPlan", "Backups", "Manifest", "newest_backup", "read_objects"]

_LOG_SECONDS = 300
"""How long is waited for whoever writes the log."""
MANIFEST, OBJECTS, LOG_KEY = "manifest.json", "objects.zst", "log.key"


class Manifest(BaseModel):
    """What a backup holds."""

    model_config = ConfigDict(frozen=True)

    name: str
    made_at: AwareDatetime
    """When it was begun."""
    version: str
    ledger: Dumped
    objects: int
    bytes: int
    objects_sha256: str
    """Of the list of objects."""
    has_objects: bool
    """Whether their bytes are in the vault; else the bucket is kept in another way, and they are only listed."""
    has_log_key: bool
    missing: tuple[str, ...] = ()
    """Objects that the ledger points at and the store had lost before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """What a backup would copy."""

    objects: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """Makes backups of one archive into one vault."""

    database: Database
    evidence: EvidenceStore
    vault: Vault
    clock: Clock
    version: str
    log_key: str | None
    """None to keep none."""
    told: Callable[[int, int], None] = lambda _objects, _bytes: None

    def plan(self) -> BackupPlan:
        """Return how much is to be copied, without writing anything."""
        missing = list(self._copy(_name(self.clock.now())).missing())
        return BackupPlan(objects=len(missing), bytes=sum(one.bytes for one in missing))

    def make(self, *, with_objects: bool = True) -> Manifest:
        """Make a backup. Cut short, it is gone on with by the next one.

        Raises:
            TryAgainError: The ledger, the store or the vault did not answer.
        """
        began = self.clock.now()
        name = _name(began)
        copy = self._copy(name)
        if with_objects:
            copy.run()
        with self.vault.scratch() as scratch, self._log_at_rest():
            ledger = dump_ledger(self.database, Path(scratch))
            needed = EvidenceIndex(self.database).keys()
            objects = copy.run() if with_objects else copy.list_only()
            listed = {one.key for one in objects}
            for table in ledger.tables:
                self.vault.keep(Path(scratch, f"{table.name}.zst"), f"backups/{name}/{table.name}.zst")
            manifest = Manifest(
                name=name,
                made_at=began,
                version=self.version,
                ledger=ledger,
                objects=len(objects),
                bytes=sum(one.bytes for one in objects),
                objects_sha256=self._keep_list(objects, name, scratch),
                has_objects=with_objects,
                has_log_key=self.log_key is not None,
                missing=tuple(key for key in needed if key not in listed),
            )
            if self.log_key is not None:
                self._keep_text(self.log_key + "\n", f"backups/{name}/{LOG_KEY}", scratch)
            self._keep_text(manifest.model_dump_json(indent=1), f"backups/{name}/{MANIFEST}", scratch)
        copy.end_journal()
        return manifest

    @contextmanager
    def _log_at_rest(self) -> Iterator[None]:
        """Keep the log from growing, so that its tiles, its checkpoint and the ledger's rows are of one moment."""
        for _ in range(_LOG_SECONDS):
            with suppress(TryAgainError), ExitStack() as held:
                held.enter_context(LogBook(self.database).writer())
                rest = held.pop_all()
                break
            time.sleep(1)
        else:
            raise TryAgainError(f"the log was written for {_LOG_SECONDS} s without a pause; try again later")
        with rest:
            yield

    def _copy(self, name: str) -> ObjectCopy:
        copy = ObjectCopy(evidence=self.evidence, vault=self.vault, name=name, told=self.told)
        for earlier in _names(self.vault):
            copy.know(read_objects(self.vault, _manifest(self.vault, earlier)))
        copy.know_journal()
        return copy

    def _keep_list(self, objects: list[KeptObject], name: str, scratch: str) -> str:
        path = write_list(objects, Path(scratch, OBJECTS))
        self.vault.keep(path, f"backups/{name}/{OBJECTS}")
        return self.vault.fetch(f"backups/{name}/{OBJECTS}", Path(scratch, "read-back"))

    def _keep_text(self, text: str, key: str, scratch: str) -> None:
        path = Path(scratch, "text")
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        self.vault.keep(path, key)


def newest_backup(vault: Vault, name: str | None = None) -> Manifest:
    """Return what the newest backup holds, or the one of a name.

    Raises:
        NotFoundError: There is none.
        PressmarkError: Its manifest is damaged.
    """
    names = _names(vault)
    if not names or (name is not None and name not in names):
        raise NotFoundError(f"there is no such backup; there are: {', '.join(names) or 'none'}")
    return _manifest(vault, name or names[-1])


def read_objects(vault: Vault, manifest: Manifest) -> list[KeptObject]:
    """Return the objects of a backup.

    Raises:
        PressmarkError: Their list is damaged.
    """
    with vault.scratch() as scratch:
        path = Path(scratch, OBJECTS)
        if vault.fetch(f"backups/{manifest.name}/{OBJECTS}", path) != manifest.objects_sha256:
            raise PressmarkError(f"the list of objects of backup {manifest.name} is damaged: take another")
        return read_list(path)


def _names(vault: Vault) -> list[str]:
    """Return the names of the backups that are whole, the newest last."""
    found = (key.split("/") for key in vault.keys("backups/"))
    return sorted(parts[1] for parts in found if parts[-1] == MANIFEST)


def _manifest(vault: Vault, name: str) -> Manifest:
    with vault.scratch() as scratch:
        path = Path(scratch, MANIFEST)
        vault.fetch(f"backups/{name}/{MANIFEST}", path)
        try:
            return Manifest.model_validate_json(path.read_bytes())
        except ValidationError:
            raise PressmarkError(f"the manifest of backup {name} is damaged: take another") from None


def _name(moment: datetime) -> str:
    return f"{moment:%Y%m%dt%H%M%S.%fz}"
