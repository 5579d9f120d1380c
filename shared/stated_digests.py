"""Digests as any archive states them, held against bytes that come in pieces."""

import base64
import hashlib
import re

from shared.warc_streams import PayloadDigests

__all__ = ["StatedDigest"]

_ALGORITHMS = {
    name: name.replace("-", "") for name in ("md5", "sha1", "sha-1", "sha256", "sha-256", "sha384", "sha512")
}
_STATED = re.compile(r"([A-Za-z0-9-]{1,20}):([A-Za-z0-9+/_=-]{1,200})")


class StatedDigest:
    """One digest field of a record. Archives write hexadecimal, base32 or base64, over chunks or without them."""

    def __init__(self, stated: str, *, is_chunked: bool = False) -> None:
        matched = _STATED.fullmatch(stated)
        self._value = matched[2] if matched else ""
        name = _ALGORITHMS.get(matched[1].lower()) if matched else None
        self._digest = None if name is None else hashlib.new(name, usedforsecurity=False)
        self._name = name
        self._chunks = PayloadDigests(is_chunked=True) if is_chunked else None

    @property
    def is_known(self) -> bool:
        """Whether it can be checked."""
        return self._digest is not None

    def feed(self, piece: bytes | memoryview) -> None:
        """Take the next bytes."""
        if self._digest is not None:
            self._digest.update(piece)
        if self._chunks is not None:
            self._chunks.feed(piece)

    def matches(self) -> bool:
        """Return whether the bytes have the digest; True when nobody can tell."""
        if self._digest is None:
            return True
        computed = [self._digest.digest()]
        if self._chunks is not None and self._name == "sha1":
            computed.append(self._chunks.sha1())
        if self._chunks is not None and self._name == "sha256":
            computed.append(bytes.fromhex(self._chunks.sha256().partition(":")[2]))
        return any(_is_written(one, self._value) for one in computed)


def _is_written(digest: bytes, value: str) -> bool:
    wanted = value.rstrip("=")
    spelled = (base64.b64encode(digest), base64.urlsafe_b64encode(digest))
    return (
        wanted.lower() == digest.hex()
        or wanted.upper() == base64.b32encode(digest).decode().rstrip("=")
        or wanted in {text.decode().rstrip("=") for text in spelled}
    )
