"""What a request says besides its URL."""

from services.fetcher.outcomes import FetchTarget
from services.fetcher.settings import FetcherSettings

MAX_VALIDATOR_CHARS = 1024


def request_fields(settings: FetcherSettings, target: FetchTarget) -> list[bytes]:
    """Return the header fields of a request; libcurl adds Host."""
    fields = [
        ("User-Agent", settings.user_agent),
        ("Accept", settings.accept),
        ("Accept-Encoding", "gzip, deflate"),
        ("Accept-Language", settings.accept_language),
        ("If-None-Match", _clean_validator(target.etag)),
        ("If-Modified-Since", _clean_validator(target.last_modified)),
    ]
    return [f"{name}: {value}".encode("latin-1") for name, value in fields if value]


def _clean_validator(value: str | None) -> str | None:
    """Return what a host once sent as ETag or Last-Modified, or None when it is not fit to be sent back."""
    if not value or len(value) > MAX_VALIDATOR_CHARS:
        return None
    fit = all(" " <= character <= "~" or "\xa0" <= character <= "\xff" for character in value)
    return value if fit else None
