"""Reading lists of addresses that somebody else made: plain lists and CSV."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import PressmarkError
from shared.urls import BadUrlError, canonical_url

__all__ = ["ImportFileError", "ImportedList", "ImportedUrl", "read_urls"]

_URL_NAMES = ("url", "link", "loc", "address", "uri", "href", "original_url")
_TITLE_NAMES = ("title", "headline", "name")
_DATE_NAMES = ("date", "published", "pubdate", "published_at", "publication_date", "lastmod")
_DELIMITERS = ",;\t|"
_MAX_FIELD_CHARS = 1_000_000


class ImportFileError(PressmarkError):
    """A file cannot be imported. The text says what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedUrl:
    """An address as a list names it."""

    url: str
    """In canonical form."""
    title: str | None = None
    date: str | None = None
    """As it is written there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedList:
    """A list of addresses, each once, and the lines that hold none."""

    urls: tuple[ImportedUrl, ...]
    repeated: int
    bad_lines: tuple[tuple[int, str], ...]
    """Line and reason of each address that could not be asked for."""


def read_urls(data: bytes) -> ImportedList:
    """Read a list with one address a line, or a CSV with a column of addresses.

    A CSV is known by its head: a column named url, link, loc, address, uri or href, whatever its case. Its
    title and date are taken where there are columns for them. Empty lines and those that begin with `#`
    are passed over; of one address that comes twice the first counts.

    Raises:
        ImportFileError: the file is no text, or holds no address at all.
    """
    text = _text(data)
    found: dict[str, ImportedUrl] = {}
    bad: list[tuple[int, str]] = []
    rows = 0
    for line, row in _rows(text):
        rows += 1
        try:
            url = canonical_url(row.url)
        except BadUrlError as error:
            bad.append((line, error.reason))
            continue
        found.setdefault(url, ImportedUrl(url=url, title=row.title, date=row.date))
    if not found:
        raise ImportFileError(
            "there is no address in this file; give one URL a line, or a CSV with a column named url"
        )
    return ImportedList(
        urls=tuple(found.values()), repeated=rows - len(bad) - len(found), bad_lines=tuple(bad)
    )


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    text = data.decode("utf-8-sig", "replace")
    if "\x00" in text:
        raise ImportFileError("this file is no text; give a list of URLs or a CSV")
    return text


def _rows(text: str) -> Iterator[tuple[int, ImportedUrl]]:
    """Yield each line that should hold an address, with its number, as written."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=head.count)
    names = [name.strip().strip("\"'").lower() for name in head.split(delimiter)]
    place = _place(names, _URL_NAMES)
    if "://" in head or place is None:
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield number, ImportedUrl(url=line.strip())
        return
    title, date = _place(names, _TITLE_NAMES), _place(names, _DATE_NAMES)
    csv.field_size_limit(_MAX_FIELD_CHARS)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        for row in reader:
            value = _cell(row, place)
            if value and value.lower() != names[place]:
                yield (
                    reader.line_num,
                    ImportedUrl(url=value, title=_cell(row, title), date=_cell(row, date)),
                )
    except csv.Error as error:
        raise ImportFileError(f"line {reader.line_num} is no CSV: {error}") from None


def _place(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _cell(row: list[str], place: int | None) -> str | None:
    if place is None or place >= len(row):
        return None
    return row[place].strip() or None
