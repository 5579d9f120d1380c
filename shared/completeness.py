"""Checks a stored WARC object against what the ledger knows of it.

An object cut exactly between two records is a valid object with fewer records: only a number from elsewhere can
tell. The fetcher knows both numbers when it has written an object, the ledger keeps its length.
"""

from shared.warc_validation import WarcInvalidError, validate_warc


def check_object(
    data: bytes | memoryview, *, expected_bytes: int | None = None, expected_records: int | None = None
) -> int:
    """Check a whole WARC object and return how many records it holds.

    Args:
        data: The object, or a memory map of it.
        expected_bytes: Its length by the ledger; None when nobody knows.
        expected_records: How many records were written; None when nobody knows.

    Raises:
        WarcInvalidError: It is damaged, or not the whole object that was stored.
    """
    if expected_bytes is not None and len(data) != expected_bytes:
        at = min(len(data), expected_bytes)
        raise WarcInvalidError(at, f"the object has {len(data)} bytes where {expected_bytes} were stored")
    count = validate_warc(data)
    if expected_records is not None and count != expected_records:
        reason = f"the object has {count} records where {expected_records} were stored"
        raise WarcInvalidError(len(data), reason)
    return count
