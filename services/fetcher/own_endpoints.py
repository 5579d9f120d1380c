"""The addresses of Pressmark's own parts, which the fetcher must never ask.

An operator who opens a private network for an outlet would open the broker, the ledger, the evidence store
and the pages in it too, and a redirect could lead there. They stay closed whatever is opened.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

RESOLVE_AGAIN_SECONDS = 60.0
"""How long an answer of the resolver about our own names holds."""

_DEFAULT_PORTS = {
    "redis": 6379,
    "rediss": 6379,
    "postgresql": 5432,
    "postgres": 5432,
    "http": 80,
    "https": 443,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A host and a port where a part of ours listens."""

    host: str
    port: int


Resolve = Callable[[str], frozenset[str]]
Clock = Callable[[], float]


def endpoints_in(url: str) -> list[Endpoint]:
    """Return the endpoints that a URL of a service names; PostgreSQL's may name several, with commas.

    `host:port` without a scheme is read too. What names no port that can be known gives nothing.
    """
    scheme, separator, _ = url.partition("://")
    netloc = urlsplit(url if separator else f"//{url}").netloc.rpartition("@")[2]
    default = _DEFAULT_PORTS.get(scheme.lower()) if separator else None
    found = []
    for part in netloc.split(","):
        host, colon, digits = part.rpartition(":")
        if not colon or part.endswith("]"):
            host, digits = part, ""
        port = int(digits) if digits.isascii() and digits.isdigit() else default
        if host and port:
            found.append(Endpoint(host=host.strip("[]"), port=port))
    return found


def resolved(host: str) -> frozenset[str]:
    """Return the addresses of a host; none when it has no answer now."""
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    return frozenset(str(answer[4][0]).partition("%")[0] for answer in answers)


class OwnEndpoints:
    """Tells whether a socket address belongs to a part of ours.

    A name is resolved again after a minute, and only when an address with its port is asked about.

    Args:
        endpoints: Where our parts listen.
        resolve: Gives the addresses of a host.
        clock: Seconds of a monotonic clock.
    """

    def __init__(
        self,
        endpoints: Iterable[Endpoint] = (),
        *,
        resolve: Resolve = resolved,
        clock: Clock = time.monotonic,
    ) -> None:
        self._hosts: dict[int, set[str]] = {}
        for endpoint in endpoints:
            self._hosts.setdefault(endpoint.port, set()).add(endpoint.host)
        self._resolve = resolve
        self._clock = clock
        self._answers: dict[str, tuple[float, frozenset[str]]] = {}

    def includes(self, address: str, port: int) -> bool:
        """Tell whether a part of ours may answer at an address.

        All of loopback counts as ours on a port of ours: a part may listen on every address of this machine.
        A name without an answer could be anything, so its port is closed.
        """
        hosts = self._hosts.get(port)
        if not hosts:
            return False
        if ipaddress.ip_address(address.partition("%")[0]).is_loopback:
            return True
        return any(not answers or address in answers for answers in map(self._addresses, hosts))

    def _addresses(self, host: str) -> frozenset[str]:
        known = self._answers.get(host)
        if known is not None and self._clock() < known[0]:
            return known[1]
        answers = self._resolve(host) or (known[1] if known else frozenset())
        self._answers[host] = (self._clock() + RESOLVE_AGAIN_SECONDS, answers)
        return answers
