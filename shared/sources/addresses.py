"""Addresses in a source file that lie inside the operator's own network, told before anything is asked."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from shared.sources.model import SourceFile
from shared.urls import host_key

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_LOOPBACK: Final = (ip_address("127.0.0.1"), ip_address("::1"))
# What `is_global` calls public on some Python versions though nobody outside can be reached there,
# or though an IPv4 address hides inside: multicast, 6to4 relays, documentation, segment routing,
# NAT64, 6to4 and IPv4-compatible addresses.
_NEVER_PUBLIC: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)


def private_hosts(source: SourceFile, allowed: tuple[Network, ...]) -> list[str]:
    """Return the hosts of `home` and `lists` that are literal private addresses outside `allowed`.

    Odd notations (`2130706433`, `0x7f.1`, `[::ffff:127.0.0.1]`, full-width digits) count as what
    they mean; `localhost` and names below it count as loopback. Names are not looked up.
    """
    urls = (source.home, *(rule.url for rule in source.lists))
    hosts = dict.fromkeys(host_key(url).split("://", 1)[1].rpartition(":")[0] for url in urls)
    return [host for host in hosts if _is_refused(host, allowed)]


def is_private_url(url: str, allowed: tuple[Network, ...]) -> bool:
    """Whether the host of a URL is a literal private address outside `allowed`, read as above."""
    return _is_refused(host_key(url).split("://", 1)[1].rpartition(":")[0], allowed)


def _is_refused(host: str, allowed: tuple[Network, ...]) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return not any(_is_within(address, allowed) for address in _LOOPBACK)
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    meant = mapped or address
    return not _is_public(meant) and not _is_within(meant, allowed)


def _is_public(address: Address) -> bool:
    return address.is_global and not _is_within(address, _NEVER_PUBLIC)


def _is_within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
