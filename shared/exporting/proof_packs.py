"""Writes proof packs: an article's records, their rows in the signed log, and the program that checks them."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.composed_files import ComposedFile, Literal
from shared.errors import TryAgainError
from shared.exporting.exports import Export, Exports, Selection, in_place_when_whole
from shared.ledger.evidence_index import WantedCapture
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
from shared.stored_zip import ZipEntry, stored_zip
from shared.wacz import WARC_NAME

__all__ = ["NotLoggedYetError", "Pack", "Packed", "ProofPacks"]

OLDER_CHECKPOINTS = 64
"""How many checkpoints before the last one a pack goes on from, besides the one that is asked for."""

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


class NotLoggedYetError(TryAgainError):
    """What is to be proved is under no checkpoint yet; the next run of the log takes it in."""


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
class Pack:
    """A proof pack that is composed and nowhere written."""

    file: ComposedFile
    sha256: str
    """Another one for other bytes."""
    size: int
    stamped_size: int | None
    proof_bytes: int
    records: int


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
            NotLoggedYetError: Some of its records are under no checkpoint yet.
            ProofError: The log is not what was signed, or `since` is no checkpoint of it.
        """
        newest = self.newest()
        selection = Selection(article_id=article_id)
        wanted = self.exports.wanted(selection)
        with in_place_when_whole(target) as path:
            copy = path.with_name(WARC_NAME)
            wacz = self.exports.compose_wacz(wanted, title=selection.title, software=software, copy=copy)
            pack = self.compose(wacz, newest, since=since)
            pack.file.write(path)
        return Packed(
            records=pack.records,
            size=pack.size,
            stamped_size=pack.stamped_size,
            proof_bytes=pack.proof_bytes,
            bytes=target.stat().st_size,
        )

    def newest(self) -> tuple[Checkpoint, str]:
        """Return the last checkpoint with its note.

        Raises:
            NotLoggedYetError: There is none yet.
            ProofError: It is not signed by our key.
        """
        newest = self.log.newest()
        if newest is None:
            raise NotLoggedYetError("nothing is logged yet; run 'pressmark log append'")
        return newest

    def compose(self, wacz: Export, newest: tuple[Checkpoint, str], *, since: str | None = None) -> Pack:
        """Return the pack of a WACZ file.

        Args:
            wacz: Holds the records.
            newest: The checkpoint that they are proved under, with its note.
            since: A signed checkpoint that somebody kept, from which the log is to be proved to go on.

        Raises:
            NotLoggedYetError: Some of its records are under no checkpoint yet.
            ProofError: The log is not what was signed, or `since` is no checkpoint of it.
        """
        checkpoint, note = newest
        objects = self._objects(wacz.wanted, checkpoint.size)
        tree = self.log.tree(checkpoint.size)
        stamp = self._stamp(objects, checkpoint.size)
        also = () if stamp is None else (stamp.size,)
        members = [(one.offset, one.length, f"sha256:{one.digest.hex()}") for one in wacz.found.members]
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
        # Stored and without the clock: the same proof gives the same bytes.
        entries = [ZipEntry(name=name, part=Literal(data)) for name, data in files.items()]
        known = hashlib.sha256(b"".join(hashlib.sha256(data).digest() for data in files.values()))
        known.update(wacz.sha256.encode())
        return Pack(
            file=stored_zip([*entries, ZipEntry(name="article.wacz", part=wacz.file)]),
            sha256=known.hexdigest(),
            size=checkpoint.size,
            stamped_size=None if stamp is None else stamp.size,
            proof_bytes=len(told),
            records=len(members),
        )

    def _stamp(self, objects: Sequence[LoggedObject], size: int) -> Stamp | None:
        """Return the earliest time stamp that covers all records; None where there is none."""
        end = max(one.end for one in objects)
        for stamped, name in self.log.stamps():
            note = self.log.note(f"checkpoints/{stamped}")
            if note is not None and end <= stamped <= size:
                return Stamp(size=stamped, note=note, answer=self.log.stamp(stamped, name))
        return None

    def _objects(self, wanted: Sequence[WantedCapture], size: int) -> list[LoggedObject]:
        places = self.book.objects_of([one.capture.capture_id for one in wanted])
        logged = [one for one in places.values() if one is not None and one.end <= size]
        if len(logged) < len(places):
            missing = len(places) - len(logged)
            raise NotLoggedYetError(
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
