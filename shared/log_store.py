"""The log as it stands in the object store: tiles, bundles and signed checkpoints below `log/`."""

import re
from collections.abc import Iterator

from shared.evidence import EvidenceMissingError, EvidenceStore
from shared.proof import (
    Checkpoint,
    ProofError,
    TileTree,
    VerifierKey,
    open_checkpoint,
    read_bundle,
    tile_path,
)
from shared.proof.tiles import WIDTH

__all__ = ["LogStore"]

PREFIX = "log/"
_SIGNED = re.compile(r"log/checkpoints/(0|[1-9][0-9]{0,18})")
_STAMP = re.compile(r"log/timestamps/([1-9][0-9]{0,18})/([a-z0-9.-]+)\.tsr")


class LogStore:
    """Reads and writes the files of one log. But for `checkpoint`, what a signature covers never changes."""

    def __init__(self, evidence: EvidenceStore, key: VerifierKey) -> None:
        self._evidence = evidence
        self.key = key

    def read(self, path: str) -> bytes:
        """Return a file of the log by its path below `log/`.

        Raises:
            ProofError: There is none.
            TryAgainError: The store did not answer.
        """
        try:
            return self._evidence.get(PREFIX + path)
        except EvidenceMissingError:
            raise ProofError(
                f"{path} is missing from the log in the store; restore log/ from a copy"
            ) from None

    def put(self, path: str, data: bytes) -> None:
        """Store a file of the log and read it back."""
        self._evidence.put(PREFIX + path, data, content_type="application/octet-stream")

    def put_checkpoint(self, note: str, path: str) -> None:
        """Store a signed checkpoint under a path and read it back."""
        self._evidence.put(PREFIX + path, note.encode(), content_type="text/plain; charset=utf-8")

    def tree(self, size: int) -> TileTree:
        """Return the tree of the first `size` records."""
        return TileTree(size, self.read)

    def signed_sizes(self) -> list[int]:
        """Return the sizes of all checkpoints that are kept, the smallest first."""
        keys = self._evidence.keys(f"{PREFIX}checkpoints/")
        return sorted(int(match[1]) for key in keys if (match := _SIGNED.fullmatch(key)))

    def stamps(self) -> list[tuple[int, str]]:
        """Return the time stamps that are kept, the smallest checkpoint first: its size, and by whom."""
        keys = self._evidence.keys(f"{PREFIX}timestamps/")
        return sorted((int(match[1]), match[2]) for key in keys if (match := _STAMP.fullmatch(key)))

    def stamp(self, size: int, authority: str) -> bytes:
        """Return a time stamp response (RFC 3161 §2.4.2), DER.

        Raises:
            ProofError: There is none.
            TryAgainError: The store did not answer.
        """
        return self.read(f"timestamps/{size}/{authority}.tsr")

    def put_stamp(self, answer: bytes, *, size: int, authority: str) -> None:
        """Store a time stamp response of a checkpoint and read it back."""
        self.put(f"timestamps/{size}/{authority}.tsr", answer)

    def note(self, path: str = "checkpoint") -> str | None:
        """Return a signed checkpoint as it stands in the store, None when there is none."""
        try:
            return self._evidence.get(PREFIX + path).decode("utf-8", "replace")
        except EvidenceMissingError:
            return None

    def newest(self) -> tuple[Checkpoint, str] | None:
        """Return the largest checkpoint in the store, opened, with its note; None when there is none.

        A writer that is killed while it publishes leaves the last one only among those that are kept.

        Raises:
            ProofError: It is not signed by our key, or not the one its name says.
        """
        sizes = self.signed_sizes()
        kept = self.note(f"checkpoints/{sizes[-1]}") if sizes else None
        found = [(open_checkpoint(note, self.key), note) for note in (self.note(), kept) if note is not None]
        if kept is not None and found[-1][0].size != sizes[-1]:
            raise ProofError(f"the checkpoint kept as checkpoints/{sizes[-1]} is one of another size")
        if len({one.root for one, _ in found if one.size == max(each.size for each, _ in found)}) > 1:
            raise ProofError(f"two different logs of {found[0][0].size} records were signed")
        return max(found, key=lambda one: one[0].size, default=None)

    def entries(self, begin: int, end: int, *, size: int) -> Iterator[tuple[int, bytes]]:
        """Yield position and row of the records from `begin` on and before `end`, of a log of `size` records.

        Raises:
            ProofError: A bundle is missing, damaged, or of another length.
        """
        for index in range(begin // WIDTH, -(-end // WIDTH)):
            width = min(WIDTH, size - index * WIDTH)
            path = tile_path("entries", index, width)
            rows = read_bundle(self.read(path))
            if len(rows) != width:
                raise ProofError(f"{path} holds {len(rows)} rows where {width} should be")
            for place, row in enumerate(rows, start=index * WIDTH):
                if begin <= place < end:
                    yield place, row

    def last_bundle(self, size: int) -> bytes:
        """Return the partial bundle at the end of a log of `size` records, empty when the last one is full."""
        width = size % WIDTH
        return self.read(tile_path("entries", size // WIDTH, width)) if width else b""

    def prune(self, path: str) -> int:
        """Remove the partial forms of a tile or bundle that is full now; return how many there were."""
        keys = list(self._evidence.keys(f"{PREFIX}{path}.p/"))
        for key in keys:
            self._evidence.delete(key)
        return len(keys)
