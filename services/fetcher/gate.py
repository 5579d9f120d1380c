"""Decides which addresses may be asked at all.

The URL is checked before a look begins, and the socket address when libcurl is about to open it, after
every spelling and every name has been resolved. Nothing lies between the second check and the connection,
so a name that changes its answer gains nothing. Python's own `is_global` is not used: in 3.11 it calls
NAT64, 6to4, multicast and others global.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from services.fetcher.outcomes import FetchFailure
from services.fetcher.own_endpoints import OwnEndpoints
from shared.urls import BadUrlError, canonical_url

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL_BYTES = 8192

OPEN_PORTS = frozenset({80, 443, *range(8000, 9000)})
"""Where outlets serve pages. Any other port needs an address in a network the operator has opened."""

_DENIED_V4 = (
    "0.0.0.0/8",  # "this network", RFC 791
    "10.0.0.0/8",  # private, RFC 1918
    "100.64.0.0/10",  # carrier-grade NAT, RFC 6598; holds 100.100.100.200, a metadata service
    "127.0.0.0/8",  # loopback, RFC 1122
    "168.63.129.16/32",  # metadata and health service of a large cloud, reachable from its machines only
    "169.254.0.0/16",  # link-local and metadata services, RFC 3927
    "172.16.0.0/12",  # private, RFC 1918
    "192.0.0.0/24",  # IETF protocol assignments, RFC 6890
    "192.0.2.0/24",  # documentation, RFC 5737
    "192.31.196.0/24",  # AS112, RFC 7535
    "192.52.193.0/24",  # AMT, RFC 7450
    "192.88.99.0/24",  # 6to4 relays, RFC 7526
    "192.168.0.0/16",  # private, RFC 1918
    "192.175.48.0/24",  # AS112, RFC 7534
    "198.18.0.0/15",  # benchmarking, RFC 2544
    "198.51.100.0/24",  # documentation, RFC 5737
    "203.0.113.0/24",  # documentation, RFC 5737
    "224.0.0.0/4",  # multicast, RFC 5771
    "240.0.0.0/4",  # reserved and broadcast, RFC 1112
)
# Global unicast is 2000::/3; all that lies outside it is refused by one rule, and these inside it by name.
_DENIED_V6 = (
    "2001::/23",  # protocol assignments with Teredo, ORCHID and benchmarking, RFC 2928
    "2001:db8::/32",  # documentation, RFC 3849
    "2002::/16",  # 6to4, RFC 3056: carries any IPv4 address
    "2620:4f:8000::/48",  # AS112, RFC 7534
    "3ffe::/16",  # the old 6bone, RFC 3701
    "3fff::/20",  # documentation, RFC 9637
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")

DENIED: tuple[IPNetwork, ...] = tuple(ipaddress.ip_network(text) for text in (*_DENIED_V4, *_DENIED_V6))

_URL_CHARACTERS = re.compile(r"[!#-;=?-\[\]_a-z~|{}^`]+", re.IGNORECASE | re.ASCII)
"""Printable ASCII without space, double quote, backslash, less-than and greater-than.

Without re.ASCII, ignoring case lets the dotless i, the long s and the Kelvin sign through.
"""

_SHARED_PORTS = frozenset({80, 443})

_LOCAL_NAME = re.compile(
    r"[^.:]+|(.+\.)?(localhost|local|localdomain|internal|intranet|lan|home\.arpa)", re.IGNORECASE | re.ASCII
)
"""Names that mean something inside a network only: RFC 6761, RFC 6762, RFC 8375, and single labels."""

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.IGNORECASE | re.ASCII)


class Gate:
    """The address policy of one process.

    Args:
        allowed: Networks that may be asked on any port although they are private
            (`PRESSMARK_PRIVATE_NETWORKS`).
        own: Where our own parts listen. They stay closed in opened networks too.
    """

    def __init__(self, allowed: Iterable[IPNetwork] = (), *, own: OwnEndpoints | None = None) -> None:
        self._allowed = tuple(allowed)
        self._own = own or OwnEndpoints()
        self._remembered = lru_cache(maxsize=65536)(self._refusal)

    def refusal(self, address: str, port: int) -> FetchFailure | None:
        """Say why a resolved socket address may not be connected to, or None.

        Args:
            address: What the resolver gave, an IPv4 or IPv6 literal.
            port: The port of the socket address.
        """
        refusal = self._remembered(address, port)
        if refusal is not None:
            return refusal
        # A large store or an edge network serves outlets at the public address of our endpoint too. On the
        # ports of the web only a private address can be nobody's but ours.
        if port in _SHARED_PORTS and not self._is_opened(address):
            return None
        return self.proxy_refusal(address, port)

    def proxy_refusal(self, address: str, port: int) -> FetchFailure | None:
        """Say why the address of a proxy may not be connected to, or None.

        The operator names a source's proxy, often in a private network. Only our own parts are refused.
        """
        return FetchFailure.PRIVATE_ADDRESS if self._own.includes(address, port) else None

    def refusal_behind_proxy(self, url: str) -> FetchFailure | None:
        """Say why a URL may not be asked through a proxy, or None.

        The proxy resolves the name, so an address can be judged only where the URL spells it out. What a
        name means there is for the proxy's operator to guard.
        """
        refusal = self.url_refusal(url)
        if refusal is not None:
            return refusal
        try:
            parts = urlsplit(canonical_url(url))
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except (BadUrlError, ValueError):
            return FetchFailure.BAD_URL
        if _LOCAL_NAME.fullmatch(host):
            return FetchFailure.PRIVATE_ADDRESS
        is_address = ":" in host or host.replace(".", "").isdigit()
        return self.refusal(host, port) if is_address else None

    def _is_opened(self, address: str) -> bool:
        ip = ipaddress.ip_address(address.partition("%")[0])
        return any(ip in network for network in self._allowed)

    def url_refusal(self, url: str) -> FetchFailure | None:
        """Say why a URL may not be asked, or None.

        A URL is canonical when it comes here: ASCII, percent-encoded, a host in its wire form. What two
        parsers could read differently (user information, backslashes, control characters, spaces) is
        refused, so that libcurl connects to the host that was checked.
        """
        if len(url) > MAX_URL_BYTES or not _URL_CHARACTERS.fullmatch(url):
            return FetchFailure.BAD_URL
        scheme, separator, rest = url.partition("://")
        if scheme.lower() not in ("http", "https"):
            return FetchFailure.SCHEME
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        if not separator or "@" in authority:
            return FetchFailure.BAD_URL
        return self._authority_refusal(url)

    def _authority_refusal(self, url: str) -> FetchFailure | None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return FetchFailure.BAD_URL
        is_host = _is_literal if parts.netloc.startswith("[") else _HOST_NAME.fullmatch
        if parts.netloc.endswith(":") or not is_host(host):
            return FetchFailure.BAD_URL
        if port is None or port in OPEN_PORTS or (self._allowed and port > 0):
            return None
        return FetchFailure.PORT

    def _refusal(self, address: str, port: int) -> FetchFailure | None:
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return FetchFailure.PRIVATE_ADDRESS
        if self._is_opened(address):
            return None
        if _is_denied(ip):
            return FetchFailure.PRIVATE_ADDRESS
        return None if port in OPEN_PORTS else FetchFailure.PORT


def _is_literal(host: str) -> bool:
    """Tell whether what stood in brackets is an IPv6 address without a zone (RFC 3986 §3.2.2)."""
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host


def _is_denied(ip: IPAddress) -> bool:
    if isinstance(ip, ipaddress.IPv6Address) and ip not in _GLOBAL_V6:
        return True
    return any(ip in network for network in DENIED)
