"""Reading pages in a process of its own that can be killed: no page takes longer or more memory than it may.

One process stays for all pages of a worker, so the common page pays for two pipes and a little JSON. It is
started again when a page had it killed, and a page that did gets its reason like any other refused page.
"""

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import IO, Protocol, Self

import msgspec
import orjson
import structlog

from services.normalizer.fields import Extraction, ExtractionError, ExtractionFailure, PageContext
from services.normalizer.guards import refuse_foreign
from services.normalizer.sandboxed import ANSWER, REQUEST
from shared.errors import TryAgainError

__all__ = ["ExtractPage", "ReadingLimits", "Sandbox"]

log = structlog.get_logger(__name__)

_START_SECONDS = 120.0
_MAX_ANSWER_BYTES = 128 * 1024 * 1024
_PIPE_BYTES = 1024 * 1024
_PIECE_BYTES = 1024 * 1024
_EXTRACTION = msgspec.json.Decoder(Extraction)
"""Takes an answer only when every field has its type, at a quarter of what another check of types costs."""
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")


class ExtractPage(Protocol):
    """What reads the fields out of a page."""

    def __call__(self, body: bytes, context: PageContext, /) -> Extraction:
        """Return the fields. Raises `ExtractionError` when there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """What one page may use.

    Attributes:
        cpu_seconds: Processor time. Not time of the clock: a page must not fail because its machine was busy.
        wall_seconds: Time of the clock, for a page that waits instead of working.
        memory_bytes: Address space over what the process has when it begins.
    """

    cpu_seconds: float = 1.9
    wall_seconds: float = 15.0
    memory_bytes: int = 256 * 1024 * 1024


_LIMITS = ReadingLimits()


class Sandbox:
    """Reads pages in one child process, which is started at the first page. Not for several threads at once."""

    def __init__(self, limits: ReadingLimits = _LIMITS) -> None:
        self._limits = limits
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def extract(self, body: bytes, context: PageContext) -> Extraction:
        """Extract the fields of a page within the limits.

        Raises:
            ExtractionError: nothing can be read, or the page would not be read within the limits
                (`parse_timeout`, `parse_memory`, `parse_crashed`).
            TryAgainError: the process that reads does not start.
        """
        refuse_foreign(body, context.content_type)
        child = self._running()
        try:
            kind, answer, ends = self._exchange(child, body, context)
            found = _EXTRACTION.decode(answer) if kind == b"F" else None
        except (OSError, EOFError, TimeoutError, msgspec.DecodeError) as error:
            raise self._failure(child, error) from None
        if ends:
            self.close()
        if found is not None:
            return replace(found, provenance=MappingProxyType(dict(found.provenance)))
        if kind == b"M":
            raise self._too_large()
        told = orjson.loads(answer)
        raise ExtractionError(ExtractionFailure(told["reason"]), told["detail"])

    def close(self) -> None:
        """End the process. The next page starts another."""
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        _end(child)

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._child is not None and self._owner == os.getpid():
            return self._child
        # Also after a fork: the child of another process is not ours to talk to.
        self._child, self._owner = _started(self._limits), os.getpid()
        return self._child

    def _exchange(
        self, child: "subprocess.Popen[bytes]", body: bytes, context: PageContext
    ) -> tuple[bytes, bytes, bool]:
        assert child.stdin is not None
        assert child.stdout is not None
        known = pickle.dumps(context)
        child.stdin.write(REQUEST.pack(len(known), len(body)) + known)
        child.stdin.write(body)
        child.stdin.flush()
        until = time.monotonic() + self._limits.wall_seconds
        kind, length, ends = ANSWER.unpack(_read(child.stdout, ANSWER.size, until))
        if length > _MAX_ANSWER_BYTES:
            raise EOFError("the answer is larger than any page's")
        return kind, _read(child.stdout, length, until), ends

    def _failure(self, child: "subprocess.Popen[bytes]", error: Exception) -> ExtractionError:
        self._child = None
        code = _end(child)
        log.warning("page_reading_killed", exit_code=code, error=type(error).__name__)
        if isinstance(error, TimeoutError) or code == -signal.SIGPROF:
            seconds = self._limits.cpu_seconds if code == -signal.SIGPROF else self._limits.wall_seconds
            return ExtractionError(
                ExtractionFailure.PARSE_TIMEOUT,
                f"reading it took more than {seconds:g} seconds and was ended",
            )
        return ExtractionError(ExtractionFailure.PARSE_CRASHED, f"the process that read it ended with {code}")

    def _too_large(self) -> ExtractionError:
        most = self._limits.memory_bytes // (1024 * 1024)
        return ExtractionError(ExtractionFailure.PARSE_MEMORY, f"reading it took more than {most} MiB")


def _started(limits: ReadingLimits) -> "subprocess.Popen[bytes]":
    # Without the settings of this process: who reads hostile pages needs no keys.
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    environment |= {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "services.normalizer.sandboxed"]
    child = subprocess.Popen(  # noqa: S603  (our own module, by the interpreter that runs us)
        [*command, str(limits.cpu_seconds), str(limits.memory_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    for pipe in (child.stdin, child.stdout):
        _widen(pipe)
    try:
        _read(child.stdout, ANSWER.size, time.monotonic() + _START_SECONDS)
    except (EOFError, TimeoutError):
        code = _end(child)
        raise TryAgainError(f"the process that reads pages did not start (it ended with {code})") from None
    return child


def _widen(pipe: IO[bytes]) -> None:
    """Let a whole page into the pipe at once, where the system allows it (Linux)."""
    try:
        import fcntl  # noqa: PLC0415  (not on every system)

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        return


def _read(pipe: IO[bytes], length: int, until: float) -> bytes:
    pieces: list[bytes] = []
    wanted = length
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while wanted:
        left = until - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError
        piece = os.read(pipe.fileno(), min(wanted, _PIECE_BYTES))
        if not piece:
            raise EOFError("the process ended")
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)


def _end(child: "subprocess.Popen[bytes]") -> int:
    """Kill a process unless it has ended, and return how it ended."""
    # A process that the kernel is ending has closed its pipes already; its own ending is the one to tell.
    try:
        child.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    return child.wait()
