"""The host of a URL in one notation, so that a name or an address cannot hide behind another spelling."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

import idna

from shared.errors import PressmarkError

MAX_HOST_CHARS: Final = 253
MAX_LABEL_CHARS: Final = 63
MAX_PORT: Final = 65535

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_IPV4_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")


class BadUrlError(PressmarkError, ValueError):
    """A URL that is never asked for.

    Args:
        reason: a short constant such as `scheme` or `credentials`, fit for counting.
        url: the URL as it was found; only its first 200 characters are kept.
    """

    def __init__(self, reason: str, url: str = "") -> None:
        shown = ascii(url[:200])
        super().__init__(
            f"{shown} is not a URL that can be archived ({reason}); write a plain http(s) address"
        )
        self.reason = reason
        self.url = url[:200]


def canonical_host(host: str) -> str:
    """Return a host in its one notation: lower case, punycode, dotted IPv4, bracketed short IPv6.

    The forms of an IPv4 address that resolvers accept (`127.1`, `0x7f000001`, `2130706433`) become
    the dotted one (WHATWG URL §3.5), so that a check of the address sees what would be connected to.

    Raises:
        BadUrlError: the host is empty, malformed, or no name that DNS can hold.
    """
    if host.startswith("["):
        return _canonical_ipv6(host)
    name = host.lower() if host.isascii() else _ascii_name(host)
    name = name.removesuffix(".")
    labels = name.split(".")
    if _IPV4_NUMBER.fullmatch(labels[-1]):
        return _canonical_ipv4(labels)
    if len(name) > MAX_HOST_CHARS or not all(_is_label(label) for label in labels):
        raise BadUrlError("host", host)
    return name


def canonical_port(port: str, *, scheme: str) -> str:
    """Return a port in decimal without leading zeros, or the empty string for the scheme's own.

    Raises:
        BadUrlError: the port is no number from 1 to 65535.
    """
    if not port:
        return ""
    if not (port.isascii() and port.isdigit()) or len(port) > 8 or not 1 <= int(port) <= MAX_PORT:
        raise BadUrlError("port", port)
    number = int(port)
    return "" if number == default_port(scheme) else str(number)


def default_port(scheme: str) -> int:
    """Return the port that a scheme means when none is written."""
    return 443 if scheme == "https" else 80


def _ascii_name(host: str) -> str:
    """Return a name with characters outside ASCII in punycode (UTS #46, then IDNA 2008)."""
    try:
        mapped = idna.uts46_remap(host, std3_rules=False, transitional=False)
        return ".".join(
            label if label.isascii() else idna.alabel(label).decode("ascii") for label in mapped.split(".")
        ).lower()
    except (idna.IDNAError, UnicodeError, IndexError):
        raise BadUrlError("host", host) from None


def _is_label(label: str) -> bool:
    if len(label) > MAX_LABEL_CHARS or not _LABEL.fullmatch(label):
        return False
    if not label.startswith("xn--"):
        return True
    try:
        return bool(idna.ulabel(label))
    except (idna.IDNAError, UnicodeError, IndexError):
        return False


def _canonical_ipv4(labels: list[str]) -> str:
    host = ".".join(labels)
    if len(labels) > 4:
        raise BadUrlError("host", host)
    numbers = [_ipv4_number(label, host) for label in labels]
    last_limit = 256 ** (5 - len(numbers))
    if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= last_limit:
        raise BadUrlError("host", host)
    address = numbers[-1]
    for place, number in enumerate(numbers[:-1]):
        address += number << (8 * (3 - place))
    return str(IPv4Address(address))


def _ipv4_number(label: str, host: str) -> int:
    if len(label) > 40 or not _IPV4_NUMBER.fullmatch(label):
        raise BadUrlError("host", host)
    try:
        if label.startswith("0x"):
            return int(label[2:] or "0", 16)
        return int(label, 8) if len(label) > 1 and label.startswith("0") else int(label)
    except ValueError:
        raise BadUrlError("host", host) from None


def _canonical_ipv6(host: str) -> str:
    text = host[1:-1]
    if not host.endswith("]") or "%" in text:
        raise BadUrlError("host", host)
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise BadUrlError("host", host) from None
    mapped = address.ipv4_mapped
    if mapped is not None:
        # Written by hand because Python 3.13 began to print these with a dotted tail.
        number = int(mapped)
        return f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]"
    return f"[{address.compressed}]"
