"""What has arrived of one response, kept within the limits. Knows bytes, not sockets."""

import re
from dataclasses import dataclass

from services.fetcher.outcomes import FetchFailure, Truncation
from services.fetcher.settings import FetcherSettings
from shared.scratch import Scratch

MAX_INTERIM_HEADS = 20
"""A server may announce itself with 1xx heads (RFC 9110 §15.2); one that goes on for ever is cut off."""

NEVER_CUT_BYTES = 1024 * 1024
"""A body up to this size is kept even when the batch has brought far more than it should."""

BATCH_OVERRUN = 2
"""How many times `batch_bytes` the looks that run at the end of a batch may bring it to."""

LARGE_BODY_BYTES = 1024 * 1024
"""A body above this size goes to a file, however little the other looks hold."""

MAX_STRAY_BYTES = 4096

_STATUS_LINE = re.compile(rb"HTTP/1\.\d[ \t]+([2-9]\d\d)(?!\d)")


@dataclass(slots=True)
class HeldBytes:
    """Body bytes of all looks of a process."""

    in_memory: int = 0
    """What running looks hold now. What has gone to a file is not counted."""
    in_batch: int = 0
    """What the batch has brought so far, ended looks and running ones together."""


class Reply:
    """The head and the body of one response while they come in.

    `add_head_line` and `add_body` return whether the transfer may go on. After a False, `stopped` tells
    why: a FetchFailure when there is no response to keep, a Truncation when there is.
    """

    __slots__ = (
        "_body",
        "_fault",
        "_fields",
        "_head",
        "_head_bytes",
        "_held",
        "_limits",
        "body_bytes",
        "head_ended",
        "interim_heads",
        "stopped",
        "stray",
    )

    def __init__(self, limits: FetcherSettings, held: HeldBytes) -> None:
        self._limits = limits
        self._held = held
        self._head: list[bytes] = []
        self._head_bytes = 0
        self._fields = 0
        self._body = Scratch(most_in_memory=LARGE_BODY_BYTES)
        self._fault: OSError | None = None
        self.head_ended = False
        self.interim_heads = 0
        self.body_bytes = 0
        self.stopped: FetchFailure | Truncation | None = None
        self.stray = b""
        """The first bytes of a reply that has no head."""

    @property
    def raw_head(self) -> bytes:
        """The latest head, whole or not."""
        return b"".join(self._head)

    @property
    def body(self) -> bytes | memoryview:
        """The body so far; it stays readable after `release`.

        Raises:
            OSError: A body could not be written to its file. It must not pass for one that its host has cut.
        """
        if self._fault is not None:
            raise self._fault
        return self._body.content()

    @property
    def begun(self) -> bool:
        """Whether any byte has come."""
        return bool(self._head or self.stray)

    def final_status(self) -> int | None:
        """Return the status of a whole final head, or None: it must be 200 to 999 (RFC 9110 §15)."""
        found = _STATUS_LINE.match(self._head[0]) if self.head_ended and self._head else None
        return int(found[1]) if found else None

    def add_head_line(self, line: bytes) -> bool:
        """Take one line of a head, with its line end."""
        if self.head_ended:
            if not line.startswith(b"HTTP/"):
                return True
            self._begin_next_head()
        self._head.append(line)
        self._head_bytes += len(line)
        self._fields += 1
        if line in (b"\r\n", b"\n"):
            self.head_ended = True
        return self._head_within_limits()

    def _begin_next_head(self) -> None:
        self.interim_heads += 1
        self.head_ended = False
        self._head.clear()
        self._head_bytes = 0
        self._fields = 0

    def _head_within_limits(self) -> bool:
        if self.interim_heads > MAX_INTERIM_HEADS:
            self.stopped = FetchFailure.PROTOCOL
        # The status line and the empty line are no fields.
        elif (
            self._fields > self._limits.max_head_fields + 2 or self._head_bytes > self._limits.max_head_bytes
        ):
            self.stopped = FetchFailure.HEADER_TOO_LARGE
        return self.stopped is None

    def add_body(self, data: bytes) -> bool:
        """Take a piece of the body, or of it what fits."""
        if not self._head:
            return self._add_stray(data)
        room = self._limits.max_body_bytes - self.body_bytes
        too_much = self._held.in_batch > BATCH_OVERRUN * self._limits.batch_bytes
        if too_much and self.body_bytes > NEVER_CUT_BYTES:
            room = 0
        kept = data if len(data) <= room else data[:room]
        self.body_bytes += len(kept)
        self._held.in_batch += len(kept)
        self._keep(kept)
        if len(kept) < len(data) or self._fault is not None:
            self.stopped = Truncation.LENGTH
        return self.stopped is None

    def _add_stray(self, data: bytes) -> bool:
        self.stray = (self.stray + data)[:MAX_STRAY_BYTES]
        if len(self.stray) == MAX_STRAY_BYTES:
            self.stopped = FetchFailure.PROTOCOL
        return self.stopped is None

    def _keep(self, data: bytes) -> None:
        """Add to the body, which moves to a file when it is large or all running looks hold too much in memory."""
        before = self._body.in_memory
        try:
            self._body.add(data)
            if self._held.in_memory + self._body.in_memory - before > self._limits.max_held_bytes:
                self._body.move_to_file()
        except OSError as error:
            # Raised by `body`: libcurl would only print it.
            self._fault = error
        self._held.in_memory += self._body.in_memory - before

    def release(self) -> None:
        """Forget the body and give its bytes back to the common count."""
        self._held.in_memory -= self._body.in_memory
        self._body.close()
        self.body_bytes = 0
