"""Pages that are read one by one: from a file, from standard input, from an address, or from a list of files."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from services.normalizer.fields import Extraction, ExtractionError, ExtractionFailure, PageContext
from services.normalizer.guards import MAX_BODY_BYTES
from services.normalizer.records import error_record, extraction_record
from services.normalizer.sandbox import ExtractPage

__all__ = ["FetchPage", "FetchedPage", "extract_target", "extraction_lines", "read_body"]

_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """A page as a server sent it, with its content coding undone.

    Attributes:
        url: The address that answered, after redirects.
    """

    url: str
    body: bytes
    content_type: str | None = None


FetchPage = Callable[[str], FetchedPage]


def extract_target(
    target: str,
    *,
    context: PageContext,
    extract_page: ExtractPage,
    fetch_page: FetchPage,
    read_input: Callable[[], bytes],
) -> Extraction:
    """Extract one page.

    Args:
        target: A path (`.html` or `.html.gz`), an http(s) address, or `-` for standard input.
        context: What is known about the page; its `url` is filled in from an address.
        extract_page: What reads the page.
        fetch_page: Asks a server for a page.
        read_input: Reads standard input to its end.

    Raises:
        ExtractionError: the page cannot be read, or is no page.
    """
    if target.startswith(("http://", "https://")):
        page = fetch_page(target)
        known = replace(
            context, url=context.url or page.url, content_type=context.content_type or page.content_type
        )
        return extract_page(page.body, known)
    if target == "-":
        return extract_page(_unpacked(read_input()), context)
    return extract_page(read_body(Path(target)), context)


def extraction_lines(
    lines: Iterable[str | bytes], *, folder: Path, context: PageContext, extract_page: ExtractPage
) -> Iterator[dict[str, Any]]:
    """Yield one JSON object for each line of a manifest, in its order. One bad page stops nothing.

    Args:
        lines: JSON objects with `id`, `path`, `url` and maybe `content_type`; empty lines are skipped.
        folder: What relative paths start from.
        context: What is known about all of the pages.
        extract_page: What reads a page.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        identity: str | None = None
        try:
            entry = _entry(line, number)
            identity = _text(entry.get("id"))
            body, known = _page_of(entry, folder=folder, context=context)
            yield extraction_record(extract_page(body, known), identity)
        except ExtractionError as error:
            yield error_record(error, identity)


def read_body(path: Path) -> bytes:
    """Read a page from a file, unpacking gzip.

    Raises:
        ExtractionError: the file cannot be read, or its gzip is damaged.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BODY_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ExtractionError(ExtractionFailure.UNREADABLE, f"{path}: {error}") from error
    return _unpacked(data)


def _page_of(entry: dict[str, Any], *, folder: Path, context: PageContext) -> tuple[bytes, PageContext]:
    path = _text(entry.get("path"))
    if not path:
        raise ExtractionError(ExtractionFailure.UNREADABLE, "the line names no path")
    known = replace(
        context,
        url=_text(entry.get("url")) or context.url,
        content_type=_text(entry.get("content_type")) or context.content_type,
    )
    return read_body(folder / path), known


def _entry(line: str | bytes, number: int) -> dict[str, Any]:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ExtractionError(ExtractionFailure.UNREADABLE, f"line {number} is no JSON: {error}") from error
    if not isinstance(entry, dict):
        raise ExtractionError(ExtractionFailure.UNREADABLE, f"line {number} is no JSON object")
    return entry


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(_GZIP_MAGIC):
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        # One byte more than may be read: a bomb is cut here and refused by its size afterwards.
        return unpacker.decompress(data, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise ExtractionError(ExtractionFailure.UNREADABLE, f"damaged gzip: {error}") from error
