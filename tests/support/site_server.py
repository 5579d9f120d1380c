"""A loopback site that can be told to fail or to be slow on chosen paths."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from services.standalone.outlet.loopback import LoopbackSite, Request, Response, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What happens to the targets in which `pattern` is found: a wait, then perhaps an error status."""

    pattern: str
    status: int | None = None
    wait_seconds: float = 0.0


class SiteServer:
    """Serves `respond` on 127.0.0.1 until closed; later troubles are looked at before earlier ones."""

    def __init__(
        self, respond: Callable[[Request], Response], *, port: int = 0, address: str = "127.0.0.1"
    ) -> None:
        self._respond = respond
        self._troubles: tuple[Trouble, ...] = ()
        self._lock = threading.Lock()
        self._site = LoopbackSite(self._answer, port=port, address=address)

    @property
    def url(self) -> str:
        """Base address without a slash at its end."""
        return self._site.url

    @property
    def port(self) -> int:
        return self._site.port

    @property
    def visits(self) -> tuple[Visit, ...]:
        """The request log: `at` (monotonic seconds), method, target, status, connection."""
        return self._site.visits

    def forget_visits(self) -> None:
        self._site.forget_visits()

    def fail(self, pattern: str, status: int = 503) -> None:
        """Answer targets in which the regex `pattern` is found with `status`, until `heal`."""
        self._add(Trouble(pattern=pattern, status=status))

    def slow(self, pattern: str, seconds: float) -> None:
        """Let targets in which the regex `pattern` is found wait so long, until `heal`."""
        self._add(Trouble(pattern=pattern, wait_seconds=seconds))

    def heal(self) -> None:
        """End every trouble."""
        with self._lock:
            self._troubles = ()

    def close(self) -> None:
        self._site.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _add(self, trouble: Trouble) -> None:
        with self._lock:
            self._troubles = (trouble, *self._troubles)

    def _answer(self, request: Request) -> Response:
        with self._lock:
            troubles = [trouble for trouble in self._troubles if re.search(trouble.pattern, request.target)]
        time.sleep(max((trouble.wait_seconds for trouble in troubles), default=0.0))
        status = next((trouble.status for trouble in troubles if trouble.status is not None), None)
        if status is not None:
            return Response(status=status, headers=(("Content-Type", "text/plain"),), body=b"trouble\n")
        return self._respond(request)
