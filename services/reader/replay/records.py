"""Records as they are stored, for tools that read WARC: pywb, cdx_toolkit, and whoever checks a digest."""

import re

from fastapi import Request, Response

from services.reader.errors import BadAddressError, NoSuchPageError
from shared.evidence import EvidenceKeyError, EvidenceStore, check_key
from shared.ledger.captured_urls import CapturedUrls
from shared.ledger.evidence_index import EvidenceIndex
from shared.warc_reading import MAX_RECORD_BYTES

__all__ = ["RecordFiles"]

_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{1,15})", re.ASCII)


class RecordFiles:
    """Hands out one record at a time, by the place that the CDX server names."""

    def __init__(self, captures: CapturedUrls, evidence: EvidenceStore, index: EvidenceIndex) -> None:
        self._captures = captures
        self._evidence = evidence
        self._index = index

    def record(self, request: Request, key: str) -> Response:
        """Return the bytes of a record (RFC 9110 §14.2): a range that begins where a capture's record does.

        Whole objects are not given out: one may hold a gigabyte, and `pressmark export warc` makes smaller ones.
        """
        asked = _RANGE.fullmatch(request.headers.get("range", ""))
        if asked is None:
            raise BadAddressError(
                "Ask for one record with a Range, at the offset and length that /cdx names."
            )
        offset, length = int(asked[1]), int(asked[2]) - int(asked[1]) + 1
        if length < 1 or length > MAX_RECORD_BYTES or not _is_key(key):
            raise BadAddressError("This is no range of a stored object.")
        if not self._captures.is_record(key, offset=offset, length=length):
            raise NoSuchPageError("No record of a capture begins there.")
        place = self._index.place_of(key)
        data = self._evidence.get_range(place.key, offset=place.offset + offset, length=length)
        headers = {
            "content-type": "application/octet-stream",
            "content-disposition": "attachment",
            "content-range": f"bytes {offset}-{offset + length - 1}/*",
            "accept-ranges": "bytes",
            "cache-control": "public, max-age=31536000, immutable",
        }
        return Response(data, status_code=206, headers=headers)


def _is_key(key: str) -> bool:
    try:
        check_key(key)
    except EvidenceKeyError:
        return False
    return True
