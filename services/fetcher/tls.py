"""What libcurl says about the protection of its connections, kept for as long as they may be used again."""

import re

MAX_REMEMBERED = 8192
"""Connections whose protection is known. A process keeps fewer open; the oldest are forgotten first."""

# `SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519MLKEM768 / RSASSA-PSS`
_SAID = re.compile(rb"SSL connection using (?:TLS|SSL)v?([0-9.]{1,5}) / ([A-Za-z0-9_:.-]{1,80})")


class TlsConnections:
    """Protocol and cipher suite by connection.

    libcurl tells them once, when the handshake is over, and a look on a kept connection hears nothing.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[str, str]] = {}

    def learn(self, connection: int, said: tuple[str, str]) -> None:
        """Remember a connection."""
        self._known.pop(connection, None)
        self._known[connection] = said
        if len(self._known) > MAX_REMEMBERED:
            del self._known[next(iter(self._known))]

    def of(self, connection: int) -> tuple[str, str]:
        """Return protocol (`tls/1.3`) and cipher suite; both empty when they are not known."""
        return self._known.get(connection, ("", ""))


def told_by(line: bytes) -> tuple[str, str] | None:
    """Read protocol and cipher suite from a line of libcurl's, or None when it is about something else."""
    found = _SAID.match(line)
    return (f"tls/{found[1].decode()}", found[2].decode()) if found else None
