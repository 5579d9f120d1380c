"""A log in memory, and packs and copies of it as a stranger gets them."""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.proof import (
    Checkpoint,
    LogKey,
    TileTree,
    consistency_proof,
    grow,
    inclusion_proof,
    root_of,
    tile_path,
)


class Log:
    """A log in memory that grows in steps, as the store would hold it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.entries: list[bytes] = []

    def tree(self, size: int | None = None) -> TileTree:
        return TileTree(len(self.entries) if size is None else size, self.files.__getitem__)

    def append(self, entries: Sequence[bytes]) -> None:
        width = len(self.entries) % 256
        last = self.files[tile_path("entries", len(self.entries) // 256, width)] if width else b""
        files, _ = grow(self.tree(), entries, last)
        for path, data in files.items():
            assert self.files.get(path, data) == data, f"{path} was written over"
        self.files |= files
        self.entries += entries

    def checkpoint(self, key: LogKey, size: int | None = None) -> str:
        size = len(self.entries) if size is None else size
        root = root_of(self.tree().node, size)
        return key.sign(Checkpoint(origin=key.verifier.name, size=size, root=root))

    def write(self, folder: Path, key: LogKey) -> None:
        """Write a copy of the log into a folder, as the object store holds it."""
        for path, data in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        (folder / "checkpoint").write_text(self.checkpoint(key), encoding="utf-8")


def entry_of(record: bytes, number: int) -> bytes:
    """Return the row of a record, whose bytes need be no WARC here."""
    digest = hashlib.sha256(record).hexdigest()
    row = {
        "date": "2013-12-09T00:00:00Z",
        "digest": f"sha256:{digest}",
        "record": f"urn:uuid:{number:032x}",
        "type": "response",
        "url": f"https://outlet.example/{number}",
    }
    return json.dumps(row, sort_keys=True, separators=(",", ":")).encode()


def proof_of(log: Log, records: dict[int, bytes], *, since: Sequence[int] = ()) -> dict[str, Any]:
    """Return what `proof.json` of a pack says of these records, by their place in the log."""
    node, size, rows, offset = log.tree().node, len(log.entries), [], 0
    for index, record in records.items():
        path = inclusion_proof(node, index=index, size=size)
        rows.append(
            {
                "index": index,
                "entry": log.entries[index].decode(),
                "path": [one.hex() for one in path],
                "offset": offset,
                "length": len(record),
            }
        )
        offset += len(record)
    steps = [
        {"size": old, "path": [one.hex() for one in consistency_proof(node, old=old, new=size)]}
        for old in since
    ]
    return {"records": rows, "consistency": steps}


def package(files: dict[str, bytes]) -> bytes:
    """Return files as a zip package without compression."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def pack_of(proof: dict[str, Any], *, warc: bytes, checkpoint: str) -> bytes:
    """Return a proof pack."""
    return package(
        {
            "article.wacz": package({"archive/data.warc.gz": warc}),
            "checkpoint": checkpoint.encode(),
            "proof.json": json.dumps(proof).encode(),
        }
    )
