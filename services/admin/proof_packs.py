"""Writes proof packs: an article's records, their rows in the signed log, and the program that checks them."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.admin.exports import Exports, Selection
from shared.errors import NotFoundError, TryAgainError
from shared.ledger.log_book import LogBook, LoggedObject
from shared.log_store import LogStore
from shared.proof import (
    Checkpoint,
    ProofError,
    TileTree,
    check_proof,
    consistency_proof,
    inclusion_proof,
    open_checkpoint,
    verify_consistency,
)
from shared.warc_streams import RecordStream

__all__ = ["Packed", "ProofPacks"]

OLDER_CHECKPOINTS = 64
"""How many checkpoints before the last one a pack goes on from, besides the one that is asked for."""
_WARC = "archive/data.warc.gz"
_EPOCH = (1980, 1, 1, 0, 0, 0)

_README = """This pack proves that the records of an article were in the archive's log, and are unaltered since.

  article.wacz     the records, as they were on the wire; any replay program for WACZ opens it
  proof.json       the row of each record in the log, and the path from it to the root
  checkpoint       the root of the log when it held {size} records, signed by the archive
  log.vkey         the key it was signed with. Do not trust this copy: get the key from a place you trust
  stamp.tsr        where an authority stamped the log: its time stamp (RFC 3161) of the file stamp.checkpoint
  check_proof.py   checks all this with Python 3.11 and nothing else. Read it, it is short

  python3 check_proof.py PACK.zip --key 'NAME+ID+BASE64'

With --known CHECKPOINT, a signed checkpoint that you kept from before, it also checks that the log still begins
with what it held then. Keep the checkpoint of this pack: it is what will show you whether the log was rewritten.

With --authority CERTIFICATES, the PEM file of the time stamp authority, it has openssl check the stamp and says
when the log is known to have held the records.

It proves that the records are unaltered since the checkpoint was signed, and no more than that.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What a pack holds."""

    records: int
    size: int
    """Records in the log that its checkpoint covers."""
    stamped_size: int | None
    """Records in the log that its time stamp covers; None where it has none."""
    proof_bytes: int
    """Size of proof.json."""
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A time stamp with the checkpoint that it is of."""

    size: int
    note: str
    answer: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPacks:
    """Puts packs together."""

    exports: Exports
    log: LogStore
    book: LogBook

    def write(self, article_id: str, target: Path, *, since: str | None, software: str) -> Packed:
        """Write the pack of an article.

        Args:
            article_id: Whose records.
            target: The file to write; it is there only when all went well.
            since: A signed checkpoint that somebody kept, from which the log is to be proved to go on.
            software: What the WACZ says made it.

        Raises:
            NotFoundError: There is no capture of it.
            TryAgainError: Some of its records are under no checkpoint yet.
            ProofError: The log is not what was signed, or `since` is no checkpoint of it.
        """
        newest = self.log.newest()
        if newest is None:
            raise TryAgainError("nothing is logged yet; run 'pressmark log append'")
        checkpoint, note = newest
        with tempfile.TemporaryDirectory(prefix=".pressmark-", dir=target.parent) as name:
            folder = Path(name)
            self.exports.wacz(Selection(article_id=article_id), folder / "article.wacz", software=software)
            members = list(_members(folder))
            objects = self._objects(article_id, checkpoint.size)
            tree = self.log.tree(checkpoint.size)
            stamp = self._stamp(objects, checkpoint.size)
            also = () if stamp is None else (stamp.size,)
            proof = {
                "records": self._records(members, objects, tree),
                "consistency": self._consistency(checkpoint, tree, since, also=also),
            }
            told = json.dumps(proof, indent=1).encode()
            files = {
                "README.txt": _README.format(size=checkpoint.size).encode(),
                "check_proof.py": Path(check_proof.__file__).read_bytes(),
                "checkpoint": note.encode(),
                "log.vkey": f"{self.log.key}\n".encode(),
                "proof.json": told,
            }
            if stamp is not None:
                files |= {"stamp.checkpoint": stamp.note.encode(), "stamp.tsr": stamp.answer}
            _package(folder / "pack.zip", files, folder / "article.wacz")
            (folder / "pack.zip").replace(target)
        return Packed(
            records=len(members),
            size=checkpoint.size,
            stamped_size=None if stamp is None else stamp.size,
            proof_bytes=len(told),
            bytes=target.stat().st_size,
        )

    def _stamp(self, objects: Sequence[LoggedObject], size: int) -> Stamp | None:
        """Return the earliest time stamp that covers all records; None where there is none."""
        end = max(one.end for one in objects)
        for stamped, name in self.log.stamps():
            note = self.log.note(f"checkpoints/{stamped}")
            if note is not None and end <= stamped <= size:
                return Stamp(size=stamped, note=note, answer=self.log.stamp(stamped, name))
        return None

    def _objects(self, article_id: str, size: int) -> list[LoggedObject]:
        wanted = self.exports.index.of_article(article_id)
        places = self.book.objects_of([one.capture.capture_id for one in wanted])
        logged = [one for one in places.values() if one is not None and one.end <= size]
        if not places:
            raise NotFoundError(f"there is no capture of {article_id!r}")
        if len(logged) < len(places):
            missing = len(places) - len(logged)
            raise TryAgainError(
                f"{missing} of the {len(places)} objects that hold this article are under no checkpoint yet; "
                "run 'pressmark log append'"
            )
        return logged

    def _records(
        self, members: Sequence[tuple[int, int, str]], objects: Sequence[LoggedObject], tree: TileTree
    ) -> list[dict[str, Any]]:
        wanted = {digest for _, _, digest in members}
        rows: dict[str, tuple[int, bytes]] = {}
        for one in objects:
            for position, row in self.log.entries(one.first, one.end, size=tree.size):
                digest = json.loads(row)["digest"]
                if digest in wanted:
                    rows[digest] = (position, row)
        return [self._record(member, rows, tree) for member in members]

    def _record(
        self, member: tuple[int, int, str], rows: dict[str, tuple[int, bytes]], tree: TileTree
    ) -> dict[str, Any]:
        offset, length, digest = member
        if digest not in rows:
            raise ProofError(
                f"the record at {offset} of this article is not in the log as it is stored now; "
                "'pressmark log verify' names what differs"
            )
        position, row = rows[digest]
        path = inclusion_proof(tree.node, index=position, size=tree.size)
        return {
            "index": position,
            "offset": offset,
            "length": length,
            "entry": row.decode(),
            "path": [one.hex() for one in path],
        }

    def _consistency(
        self, checkpoint: Checkpoint, tree: TileTree, since: str | None, *, also: Collection[int]
    ) -> list[dict[str, Any]]:
        older = [size for size in self.log.signed_sizes() if 0 < size < checkpoint.size]
        sizes = {*older[-OLDER_CHECKPOINTS:], *also} - {checkpoint.size}
        if since is not None:
            kept = open_checkpoint(since, self.log.key)
            proof = []
            if kept.size <= checkpoint.size:
                proof = consistency_proof(tree.node, old=kept.size, new=checkpoint.size)
            verify_consistency(
                old=kept.size,
                old_root=kept.root,
                new=checkpoint.size,
                new_root=checkpoint.root,
                proof=proof,
            )
            sizes |= {kept.size} - {0, checkpoint.size}
        return [
            {
                "size": size,
                "path": [one.hex() for one in consistency_proof(tree.node, old=size, new=checkpoint.size)],
            }
            for size in sorted(sizes)
        ]


def _members(folder: Path) -> Iterator[tuple[int, int, str]]:
    """Yield offset, length and labelled SHA-256 of each record of the WACZ file's WARC."""
    with zipfile.ZipFile(folder / "article.wacz") as package:
        path = Path(package.extract(_WARC, folder / "unpacked"))
    with path.open("rb") as file:
        stream, offset, size = RecordStream(file), 0, path.stat().st_size
        while offset < size:
            for _ in stream.pieces(offset):
                """Only where the member ends is wanted."""
            length = stream.end - offset
            file.seek(offset)
            yield offset, length, f"sha256:{hashlib.sha256(file.read(length)).hexdigest()}"
            offset = stream.end


def _package(target: Path, files: dict[str, bytes], wacz: Path) -> None:
    """Write a pack, stored and without the clock: the same proof gives the same bytes."""
    with zipfile.ZipFile(target, "w", compression=zipfile.ZIP_STORED) as package:
        for name, data in files.items():
            package.writestr(_entry(name), data)
        entry = _entry(wacz.name)
        entry.file_size = wacz.stat().st_size
        with wacz.open("rb") as reading, package.open(entry, "w") as writing:
            while piece := reading.read(1024 * 1024):
                writing.write(piece)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    entry.external_attr = 0o644 << 16
    return entry
