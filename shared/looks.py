"""What one look at a URL means: whether it brought what was asked for, why not, and where it leads.

The fetcher decides so when it records a look, and a rebuild decides so again from the stored record. Both must
come to the same, so both ask here.
"""

from typing import Final
from urllib.parse import urljoin

from shared.http_message import ResponseHead
from shared.ledger.frontier import TargetKind
from shared.urls import BadUrlError, canonical_url

__all__ = ["is_good_look", "redirect_of", "short_field", "trouble_of"]

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_LONGEST_FIELD: Final = 1000


def is_good_look(
    kind: TargetKind, status: int | None, *, truncated: str | None = None, is_revisit: bool = False
) -> bool:
    """Tell whether a target has its answer.

    A host without a robots.txt has answered well: everything is allowed there (RFC 9309 §2.3.1.3). So has one that
    says that the page is not there which never was.
    """
    if status is None or truncated is not None or _is_unasked(status, is_revisit=is_revisit):
        return False
    may_be_missing = kind in (TargetKind.ROBOTS, TargetKind.PROBE) and status != 429
    return status < (500 if may_be_missing else 400)


def trouble_of(
    status: int | None, *, failure: str | None = None, truncated: str | None = None, is_revisit: bool = False
) -> str | None:
    """Return why a look brought no whole and good answer, None when it did."""
    if failure is not None:
        return failure
    if truncated is not None:
        return f"truncated_{truncated}"
    if status is None:
        return None
    if _is_unasked(status, is_revisit=is_revisit):
        return "unexpected_status"
    return f"http_{status}" if status >= 400 else None


def redirect_of(url: str, head: ResponseHead | None) -> str | None:
    """Return where a redirect leads, in canonical form; None where it leads nowhere that can be asked."""
    if head is None or head.status not in _REDIRECTS:
        return None
    location = head.first("location")
    if not location:
        return None
    try:
        return canonical_url(urljoin(url, location))
    except (BadUrlError, ValueError):
        return None


def short_field(value: str | None) -> str | None:
    """Return a header's value as the ledger keeps it."""
    return None if value is None else value.replace("\x00", "")[:_LONGEST_FIELD]


def _is_unasked(status: int, *, is_revisit: bool) -> bool:
    """Tell whether a host answers what was not asked: a part of the page, or that an unknown one is unchanged."""
    return status == 206 or (status == 304 and not is_revisit)
