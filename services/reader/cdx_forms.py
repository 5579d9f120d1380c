"""Lines of the CDX server: the fields of a capture, and the forms in which they are had."""

import re
from collections.abc import Iterable, Iterator, Mapping

from services.reader.instants import digits_of
from shared.encoding import dump_json
from shared.ledger.captured_urls import Memento

__all__ = ["FIELDS", "FORMS", "OTHER_NAMES", "Fields", "fields_of", "named_fields"]

Fields = Mapping[str, str]

FIELDS = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length", "offset", "filename")
"""In the order of a line; the names are those of pywb."""
OTHER_NAMES = {"original": "url", "mimetype": "mime", "statuscode": "status"}
"""What the Internet Archive calls them."""
FORMS = {
    "cdxj": "text/x-cdxj; charset=utf-8",
    "json": "application/x-ndjson",
    "text": "text/plain; charset=utf-8",
}
"""What `output` may be, with its media type."""
_MIME_END = re.compile(r"[;\s]")
_NONE = "-"


def fields_of(memento: Memento) -> dict[str, str]:
    """Return the fields of a capture, as the index beside its WARC has them.

    A look at which the host said that nothing had changed has the place, type and status of what it confirmed,
    under its own time; see `shared.cdxj.replay_lines`.
    """
    confirms = memento.is_confirmation
    key, offset, length = memento.warc_key, memento.warc_offset, memento.warc_length
    status, content_type = memento.status, memento.content_type
    if confirms:
        key, offset, length = _original_place(memento)
        status, content_type = memento.original_status or status, memento.original_type
    mime = _MIME_END.split(content_type or "", maxsplit=1)[0].strip() or "unk"
    if memento.revisit_of is not None and not confirms:
        mime = "warc/revisit"
    return {
        "urlkey": memento.surt,
        "timestamp": digits_of(memento.fetched_at),
        "url": memento.url,
        "mime": mime,
        "status": str(status),
        "digest": memento.payload_digest or _NONE,
        "length": str(length),
        "offset": str(offset),
        "filename": key,
    }


def named_fields(lines: Iterable[Fields], form: str, names: tuple[str, ...]) -> Iterator[bytes]:
    """Yield lines in a form, of these fields."""
    for fields in lines:
        if form == "text":
            yield " ".join(_word(fields[name]) for name in names).encode("utf-8", "replace") + b"\n"
        elif form == "json":
            yield dump_json({name: fields[name] for name in names}) + b"\n"
        else:
            kept = {name: fields[name] for name in names if name not in ("urlkey", "timestamp")}
            yield f"{fields['urlkey']} {fields['timestamp']} ".encode() + dump_json(kept) + b"\n"


def _original_place(memento: Memento) -> tuple[str, int, int]:
    assert memento.original_key is not None
    return memento.original_key, memento.original_offset or 0, memento.original_length or 0


def _word(value: str) -> str:
    """Return a value that is one word: fields are told apart by spaces."""
    return re.sub(r"\s+", "%20", value) or _NONE
