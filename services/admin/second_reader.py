"""A reader that is not ours looks at an object too: FastWARC, in C++, which shares no code with what wrote it."""

import importlib
import importlib.util
from pathlib import Path
from typing import Any

__all__ = ["disagreement"]

fastwarc: Any = importlib.import_module("fastwarc.warc") if importlib.util.find_spec("fastwarc") else None


def disagreement(path: Path, *, records: int) -> str | None:
    """Return how FastWARC sees a sound object otherwise than we do; None when it does not, or is not installed.

    Args:
        path: The object.
        records: How many records we found in it.
    """
    if fastwarc is None:
        return None
    with path.open("rb") as file:
        try:
            # It passes over a record whose block digest is missing or wrong.
            seen = sum(1 for _ in fastwarc.ArchiveIterator(file, parse_http=False, verify_digests=True))
        except OSError as error:
            return f"FastWARC cannot read it: {error}"
    return None if seen == records else f"FastWARC accepts {seen} records where we accept {records}"
