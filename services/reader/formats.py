"""The formats of lists, in one place: a list that is made from now on has all of them, and so has its page."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from services.reader.feed_forms import Feed, as_atom, as_json_feed, as_rss
from services.reader.listings import Listing
from services.reader.reference_forms import bibtex_entries, csl_items, ris_records
from services.reader.references import Reference
from services.reader.table_forms import csv_lines, json_lines, parquet_file
from services.reader.words import ENGLISH
from shared.ledger.cursor import Cursor

__all__ = ["CITATIONS", "FEEDS", "FORMATS", "JSON", "Citation", "FeedFormat", "FileFormat", "Format", "Place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A form in which something can be had."""

    suffix: str
    """At the end of the address, such as .csv."""
    name: str
    """As a page calls it."""
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a list is asked for."""

    base: str
    """The address of these pages, without a slash at its end."""
    before: Cursor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat(Format):
    """A form of a whole list, to be kept as a file."""

    write: Callable[[Listing[Any], Place], Iterator[bytes] | SpooledTemporaryFile[bytes]]
    """Yields the file as the list is read, or returns it where it can only be made whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation(Format):
    """A form of references, of a list or of one article."""

    cite: Callable[[Iterable[Reference], str], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFormat(Format):
    """A form of the newest items, to be asked for again and again."""

    tell: Callable[[Feed], bytes]


JSON = Format(suffix=".json", name="JSON", media_type="application/json")
CITATIONS = (
    Citation(
        suffix=".bib", name="BibTeX", media_type="application/x-bibtex; charset=utf-8", cite=bibtex_entries
    ),
    Citation(
        suffix=".ris",
        name="RIS",
        media_type="application/x-research-info-systems; charset=utf-8",
        cite=ris_records,
    ),
    Citation(
        suffix=".csl.json",
        name="CSL-JSON",
        media_type="application/vnd.citationstyles.csl+json",
        cite=csl_items,
    ),
)
FEEDS = (
    FeedFormat(suffix=".atom", name="Atom", media_type="application/atom+xml; charset=utf-8", tell=as_atom),
    FeedFormat(suffix=".rss", name="RSS", media_type="application/rss+xml; charset=utf-8", tell=as_rss),
    FeedFormat(suffix=".feed.json", name="JSON Feed", media_type="application/feed+json", tell=as_json_feed),
)


def _rows(listing: Listing[Any], place: Place) -> Iterator[dict[str, Any]]:
    return (listing.shape.row(item) for item in listing.every(place.before))


def _cited(citation: Citation) -> FileFormat:
    def write(listing: Listing[Any], place: Place) -> Iterator[bytes]:
        return citation.cite(
            (listing.shape.cite(item, ENGLISH) for item in listing.every(place.before)), place.base
        )

    return FileFormat(suffix=citation.suffix, name=citation.name, media_type=citation.media_type, write=write)


FORMATS: tuple[FileFormat, ...] = (
    FileFormat(
        suffix=".csv",
        name="CSV",
        media_type="text/csv; charset=utf-8; header=present",
        write=lambda listing, place: csv_lines(listing.shape.columns, _rows(listing, place)),
    ),
    FileFormat(
        suffix=".jsonl",
        name="JSON Lines",
        media_type="application/jsonl; charset=utf-8",
        write=lambda listing, place: json_lines(map(listing.shape.json, listing.every(place.before))),
    ),
    FileFormat(
        suffix=".parquet",
        name="Parquet",
        media_type="application/vnd.apache.parquet",
        write=lambda listing, place: parquet_file(listing.shape.columns, _rows(listing, place)),
    ),
    *map(_cited, CITATIONS),
)
"""Of every list."""
