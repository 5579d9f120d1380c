"""How a proxy is named: by its address, or by a name that stands for an address with credentials."""

import re

PROXY_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)

_ADDRESS = re.compile(
    r"(https?|socks5h)://(?P<who>[!-.0-?A-~]{1,200}@)?(\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253}):(?P<port>\d{1,5})/?",
    re.IGNORECASE | re.ASCII,
)


def is_proxy_address(text: str, *, with_credentials: bool) -> bool:
    """Tell whether a text is the address of a proxy that resolves names itself.

    With plain SOCKS 5 the fetcher would resolve the name, and nobody would see the address it connects to.

    Args:
        text: `http://`, `https://` or `socks5h://`, then `host:port`.
        with_credentials: whether `user:password@` may stand before the host.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found["port"]) < 65536:
        return False
    return with_credentials or found["who"] is None
