"""What the fetcher is asked for, and the three ways a look can end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousCapture:
    """The latest stored capture of the same URL, which a `revisit` record may refer to."""

    record_id: str
    """`<urn:uuid:...>` of the record that holds the payload, angle brackets included."""
    url: str
    date: datetime
    payload_digest: str
    """`sha256:` and 64 lower-case hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchTarget:
    """One URL to look at, with what its host allows."""

    target_id: int
    url: str
    host: str
    """`scheme://host:port`: the queue this target waits in."""
    delay: timedelta = timedelta(0)
    """Least time between the starts of two requests to the host."""
    wait: timedelta = timedelta(0)
    """How long the host must still be left alone, from when the batch begins."""
    concurrency: int = 1
    """Most connections to the host at one time."""
    etag: str | None = None
    last_modified: str | None = None
    previous: PreviousCapture | None = None
    via: str | None = None
    """The address this one was found on (`via` of the metadata record)."""
    source: str = ""
    """The source it is of (`source` of the metadata record): what the ledger alone knows else."""
    kind: str = ""
    """What it is looked at for (`kind` of the metadata record)."""
    found_title: str | None = None
    """What the list that it was found on calls it (`foundTitle` of the metadata record)."""
    found_date: str | None = None
    """When that list says it was published (`foundDate` of the metadata record)."""
    hops: str | None = None
    """The path from the seed, one letter a hop (`hopsFromSeed` of the metadata record)."""
    proxy: str | None = None
    """What to ask through: `http://`, `https://` or `socks5h://` `host:port`, or the name of one that the settings
    hold with its credentials. None asks directly."""
    robots: str = "obey"
    """The robots policy of its source; anything but `obey` is told in the metadata record, with its reason."""


class FetchFailure(StrEnum):
    """Why a look brought no HTTP response. The values are stored: never rename one."""

    BAD_URL = "bad_url"
    SCHEME = "scheme"
    PORT = "port"
    PRIVATE_ADDRESS = "private_address"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    CERTIFICATE = "certificate"
    TIMEOUT_CONNECT = "timeout_connect"
    TIMEOUT_FIRST_BYTE = "timeout_first_byte"
    TIMEOUT = "timeout"
    DISCONNECT = "disconnect"
    PROTOCOL = "protocol"
    HEADER_TOO_LARGE = "header_too_large"
    PROXY = "proxy"
    HOST_UNREACHABLE = "host_unreachable"
    """The host was not asked, because looks at it just before it in the same batch got no connection."""


class Truncation(StrEnum):
    """Why a body is shorter than the server meant it (`WARC-Truncated`, WARC 1.1 §5.13)."""

    LENGTH = "length"
    TIME = "time"
    DISCONNECT = "disconnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds from the start of the look to the end of each phase; 0.0 where there was no such phase."""

    dns: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    first_byte: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """How the exchange was protected."""

    protocol: str
    """As `tls/1.3`; empty when it is not known."""
    cipher_suite: str
    """As libcurl names it; empty when it is not known."""
    fault: str = ""
    """What was wrong with the certificate, in printable ASCII; empty when nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An HTTP exchange as it was on the wire, whole or cut."""

    target: FetchTarget
    status: int
    raw_head: bytes
    """Status line and header fields with the empty line that ends them, byte for byte."""
    body: bytes | memoryview
    """What followed the head: transfer- and content-coding still on. A large body lies in a file."""
    request: bytes
    """The request as it was sent."""
    ip: str
    """The address that answered; empty behind a proxy, which alone knows it."""
    started_at: datetime
    timings: Timings
    truncated: Truncation | None = None
    interim_heads: int = 0
    """Heads with a status of 1xx that came before the final one and are not kept."""
    tls_verified: bool | None = None
    """Whether the certificate was good; None without TLS."""
    tls: TlsFacts | None = None
    """None without TLS."""
    retry_after: timedelta | None = None
    """When the host wants to be asked again, from its Retry-After: 1 s to 24 h. None where it said nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFetched:
    """A look that brought no HTTP response."""

    target: FetchTarget
    reason: FetchFailure
    detail: str
    """What the library or the gate said, in printable ASCII."""
    started_at: datetime
    timings: Timings = Timings()
    ip: str | None = None
    request: bytes = b""
    """The request, if it was sent."""
    partial: bytes = b""
    """The first bytes of a reply that was no HTTP response, for diagnosis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStarted:
    """A target the batch had no time or room for. It goes back to waiting; its host was not asked."""

    target: FetchTarget


FetchOutcome = Fetched | NotFetched | NotStarted

Tick = Callable[[], None]
HostsAsked = Callable[[Mapping[str, timedelta]], None]
"""Told the hosts of which a batch wants nothing more: how long ago the last request to each left."""
"""Called about once a second while a batch runs; what it raises ends the batch."""
