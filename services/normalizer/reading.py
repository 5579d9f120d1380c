"""Reads the captures of a batch out of its WARC and tells what each of them shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, ExtractionError, PageContext
from services.normalizer.sandbox import ExtractPage
from services.normalizer.sightings import Elsewhere, Miss, Sighting, Unchanged, Wordless, sighting_of
from shared.http_message import DecodeError
from shared.ledger.batches import StoredCapture
from shared.sources import SourceFile
from shared.urls import canonical_url, is_home
from shared.warc_reading import StoredExchange, read_records

__all__ = ["NoArticle", "Shown", "exchanges_of", "read_capture"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoArticle:
    """The capture says nothing about an article: `reason` is a word for counting."""

    reason: str


Shown = Sighting | Unchanged | Miss | Elsewhere | Wordless | NoArticle


def exchanges_of(warc: bytes) -> dict[str, StoredExchange]:
    """Return the exchanges of a WARC object by the id of their record."""
    return {
        record.record_id: StoredExchange(record)
        for record in read_records(warc)
        if record.type in {"response", "revisit"}
    }


def read_capture(
    capture: StoredCapture,
    exchanges: Mapping[str, StoredExchange],
    source: SourceFile,
    *,
    extract_page: ExtractPage = extract,
) -> tuple[Shown, Extraction | None]:
    """Tell what a capture shows, and give the fields when it shows an article.

    Args:
        capture: The capture.
        exchanges: What its batch holds, by record id.
        source: Whose rules apply.
        extract_page: What reads the page; a sandbox where pages may be hostile.
    """
    shown = _shown_by_answer(capture, source)
    if shown is not None:
        return shown, None
    try:
        article = extract_page(exchanges[capture.record_id].body(), page_context(capture, source))
    except ExtractionError as error:
        word = f"failed: {error.reason}" if error.reason.is_of_reader else str(error.reason)
        return NoArticle(reason=word), None
    except DecodeError as error:
        return NoArticle(reason=str(error.reason)), None
    if not article.body:
        return Wordless(miss=_miss(capture, "error_page"), title=article.title or ""), article
    return sighting_of(capture, article, source), article


def _shown_by_answer(capture: StoredCapture, source: SourceFile) -> Shown | None:
    """Tell what the kind of answer shows by itself; None when the page must be read."""
    if capture.revisit_of is not None or capture.status == 304:
        return _unchanged(capture)
    if capture.status in {404, 410}:
        return _miss(capture, "not_found")
    if capture.redirect_to is not None:
        return _redirected(capture, source)
    if capture.status != 200 or capture.truncated is not None:
        return NoArticle(reason="no_whole_answer")
    return None


def page_context(capture: StoredCapture, source: SourceFile) -> PageContext:
    """Return what is known about a page before it is read."""
    return PageContext(
        url=capture.url,
        content_type=capture.content_type,
        rules=source.article,
        source_name=_given_name(source),
        language=source.language,
        timezone=source.timezone,
        captured_at=capture.fetched_at,
    )


def _given_name(source: SourceFile) -> str | None:
    """Return the name an operator gave; single pages of an unknown site have only their host as one."""
    return None if source.name == urlsplit(source.home).hostname else source.name


def _redirected(capture: StoredCapture, source: SourceFile) -> Shown:
    """A redirect to the front page or to a list is how some sites say that a page is gone."""
    assert capture.redirect_to is not None
    lists = {canonical_url(rule.url) for rule in source.lists} | {canonical_url(source.home)}
    if capture.redirect_to in lists or is_home(capture.redirect_to):
        return _miss(capture, "redirected_home")
    return Elsewhere(miss=_miss(capture, "error_page"), to=capture.redirect_to)


def _unchanged(capture: StoredCapture) -> Unchanged:
    return Unchanged(
        url=capture.url,
        target_id=capture.target_id,
        capture_id=capture.capture_id,
        seen_at=capture.fetched_at,
    )


def _miss(capture: StoredCapture, missing_as: str) -> Miss:
    return Miss(
        url=capture.url,
        host=capture.host,
        target_id=capture.target_id,
        capture_id=capture.capture_id,
        seen_at=capture.fetched_at,
        missing_as=missing_as,
    )


def by_source(captures: tuple[StoredCapture, ...]) -> Iterator[tuple[str, list[StoredCapture]]]:
    """Yield the captures of each source, in the order they were made."""
    groups: dict[str, list[StoredCapture]] = {}
    for capture in captures:
        groups.setdefault(capture.source_id, []).append(capture)
    yield from groups.items()
