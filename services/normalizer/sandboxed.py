"""The process that pages are read in, fed over a pipe: `python -m services.normalizer.sandboxed`.

It may use so much processor time and memory for one page and no more: neither limit needs the consent of the code
that is running, so they hold inside the parsers' C code too. What it answers is JSON, because a process that
reads hostile pages is not to be trusted with anything that its reader would run.
"""

import gc
import os
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, BinaryIO

import orjson

from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, ExtractionError, ExtractionFailure, PageContext
from services.normalizer.optional import optional_module
from shared.encoding import dump_json

__all__ = ["ANSWER", "REQUEST", "warm_up"]

REQUEST = struct.Struct("<II")
"""Bytes of the pickled context, bytes of the page."""
ANSWER = struct.Struct("<cI?")
"""What it is, its bytes, and whether the process ends now because a page has left it too large."""

_PAGE_BYTES = resource.getpagesize()
_WARM_PAGE = b"<html><body><article><h1>Warm</h1>" + b"<p>Words of a page that nobody wrote.</p>" * 9
_SHARE_KEPT = 4
"""Ends when it has kept a quarter of the memory a page may use: the next page must have its whole share."""


def serve(requests: BinaryIO, answers: BinaryIO, *, cpu_seconds: float, memory_bytes: int) -> None:
    """Answer requests until there are none, each within its limits."""
    warm_up()
    size = _open_size()
    base = _virtual_bytes(size)
    _limit(resource.RLIMIT_CORE, 0)
    if base:
        _limit(resource.RLIMIT_AS, base + memory_bytes)
    answers.write(ANSWER.pack(b"R", 0, False))
    answers.flush()
    while True:
        head = requests.read(REQUEST.size)
        if len(head) < REQUEST.size:
            return
        known, length = REQUEST.unpack(head)
        context = pickle.loads(requests.read(known))  # noqa: S301  (written by the process that started this one)
        body = requests.read(length)
        # The kernel ends the process by SIGPROF, which nothing here handles, whatever code is running then.
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        kind, answer = _answer(body, context)
        signal.setitimer(signal.ITIMER_PROF, 0)
        del body
        ends = kind == b"M" or _virtual_bytes(size) > base + memory_bytes // _SHARE_KEPT
        answers.write(ANSWER.pack(kind, len(answer), ends))
        answers.write(answer)
        answers.flush()
        if ends:
            return


def _answer(body: bytes, context: PageContext) -> tuple[bytes, bytes]:
    try:
        return b"F", as_json(extract(body, context))
    except ExtractionError as error:
        return b"E", dump_json({"reason": str(error.reason), "detail": error.detail})
    except MemoryError:
        return b"M", b""
    except Exception as error:  # noqa: BLE001  (one page's fault must not lose the pages beside it)
        detail = f"reading it failed: {type(error).__name__}: {str(error)[:300]}"
        return b"E", dump_json({"reason": str(ExtractionFailure.UNREADABLE), "detail": detail})


def as_json(found: Extraction) -> bytes:
    """Return an extraction as JSON, field by field as the dataclass has them."""
    plain = replace(found, provenance=dict(found.provenance))
    try:
        return orjson.dumps(plain, default=_plain)
    except TypeError:  # half a surrogate pair
        return dump_json(asdict(plain))


def _plain(value: object) -> Any:  # noqa: ANN401  (whatever JSON knows)
    return dict(value) if isinstance(value, Mapping) else str(value)


def warm_up() -> None:
    """Load what pages may need, so that no page pays for it in time or memory.

    What is loaded by then stays for ever, so the collector is told not to look at it again.
    """
    for name in ("trafilatura", "htmldate"):
        optional_module(name)
    extract(_WARM_PAGE, PageContext(url="https://paper.example/a"))
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _open_size() -> int | None:
    """Open what tells the size of this process: opening costs most of a look. None on other systems."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return None


def _virtual_bytes(size: int | None) -> int:
    """Return the size of the address space, which RLIMIT_AS is about; 0 where the system does not say."""
    try:
        return int(os.pread(size, 64, 0).split(maxsplit=1)[0]) * _PAGE_BYTES if size is not None else 0
    except (OSError, ValueError, IndexError):
        return 0


def _limit(kind: int, most: int) -> None:
    try:
        resource.setrlimit(kind, (most, most))
    except (OSError, ValueError):
        return  # A system without this limit, or with a lower one.


def _main() -> None:
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # A library that prints would speak in the middle of an answer.
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(requests, answers, cpu_seconds=float(sys.argv[1]), memory_bytes=int(sys.argv[2]))


if __name__ == "__main__":
    _main()
