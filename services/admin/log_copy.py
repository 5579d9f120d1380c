"""Copies of the log for whoever wants to check the whole of it."""

from pathlib import Path

from shared.errors import TryAgainError
from shared.log_store import LogStore
from shared.proof import check_proof, tile_path
from shared.proof.tiles import HEIGHT, WIDTH

__all__ = ["copy_log"]


def copy_log(log: LogStore, folder: Path) -> int:
    """Write bundles, tiles, checkpoints and the verifier into a folder; return how many records the log holds.

    Raises:
        TryAgainError: Nothing is logged yet.
        ProofError: A file of the log is missing.
    """
    newest = log.newest()
    if newest is None:
        raise TryAgainError("nothing is logged yet; run 'pressmark log append'")
    checkpoint, note = newest
    levels: list[int | str] = ["entries"]
    levels += range(max(1, -(-checkpoint.size.bit_length() // HEIGHT)))
    for level in levels:
        count = checkpoint.size >> (0 if level == "entries" else HEIGHT * int(level))
        for index in range(-(-count // WIDTH)):
            path = tile_path(level, index, min(WIDTH, count - index * WIDTH))
            _write(folder / path, log.read(path))
    for size in log.signed_sizes():
        if size <= checkpoint.size:
            _write(folder / "checkpoints" / str(size), log.read(f"checkpoints/{size}"))
    _write(folder / "log.vkey", f"{log.key}\n".encode())
    _write(folder / "check_proof.py", Path(check_proof.__file__).read_bytes())
    _write(folder / "checkpoint", note.encode())
    return checkpoint.size


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
