"""Where an address of a stored page leads: to what was there at that time."""

from datetime import datetime
from urllib.parse import quote

from services.reader.instants import digits_of
from shared.urls import BadUrlError, canonical_url

__all__ = ["Rewriting"]

_ADDRESS_SAFE = "!#$%&()*+,/:;=?@[]~'"


class Rewriting:
    """Turns addresses of one page into replay addresses of the same time."""

    def __init__(self, base: str, at: datetime) -> None:
        self._base = base
        self._at = at

    def based_on(self, base: str | None) -> "Rewriting":
        """Return the same for a page that says where its relative addresses start from."""
        if base is None:
            return self
        try:
            return Rewriting(canonical_url(_read(base), self._base), self._at)
        except BadUrlError:
            return self

    def __call__(self, address: str) -> str | None:
        """Return the replay address for an address; None for what is no page: a script, a mailbox, a mistake.

        Args:
            address: As it stands in the page, bytes read as Latin-1.
        """
        if address[:11].lower() == "data:image/":
            return address
        try:
            return self.address_of(canonical_url(_read(address), self._base))
        except BadUrlError:
            return None

    def address_of(self, url: str) -> str:
        """Return the replay address of a URL, a path."""
        return f"/{digits_of(self._at)}/{quote(url, safe=_ADDRESS_SAFE)}"


def _read(address: str) -> str:
    """Return an address as text. Bytes that are no UTF-8 stay bytes, escaped."""
    try:
        raw = address.encode("latin-1")
    except UnicodeEncodeError:
        return address
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return quote(raw, safe=_ADDRESS_SAFE + " ")
