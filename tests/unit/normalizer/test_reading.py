from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.normalizer.fields import Extraction, ExtractionError, ExtractionFailure, PageContext
from services.normalizer.reading import NoArticle, read_capture
from shared.ledger.batches import StoredCapture
from shared.ledger.frontier import TargetKind
from tests.support.records import source

CAPTURE = StoredCapture(
    capture_id=1, target_id=1, source_id="harbour", kind=TargetKind.ARTICLE, host="http://harbour.example:80",
    url="http://harbour.example/a", via=None, hops=0, fetched_at=datetime(2026, 3, 9, tzinfo=UTC), status=200,
    reason=None, redirect_to=None, content_type="text/html", record_id="<urn:uuid:1>", warc_offset=0,
    warc_length=1, revisit_of=None, truncated=None, attempts=0, archived_at=None, found_title=None,
    found_date=None, article_tries=0, article_outcome=None,
)  # fmt: skip


class Stored:
    def body(self) -> bytes:
        return b"<p>page"


@pytest.mark.parametrize("failure", list(ExtractionFailure))
def test_a_page_that_could_not_be_read_is_decided_with_its_one_reason(failure: ExtractionFailure) -> None:
    def give_up(_body: bytes, _context: PageContext) -> Extraction:
        raise ExtractionError(failure, "a test")

    shown, article = read_capture(
        CAPTURE,
        {CAPTURE.record_id: Stored()},  # type: ignore[dict-item]
        source(),
        extract_page=give_up,
    )

    ended = {"parse_timeout", "parse_memory", "parse_crashed"}
    word = f"failed: {failure}" if failure in ended else str(failure)
    assert (shown, article) == (NoArticle(reason=word), None)


def test_a_page_that_is_not_there_is_never_read() -> None:
    def never(_body: bytes, _context: PageContext) -> Extraction:
        raise AssertionError("it was read")

    read_capture(replace(CAPTURE, status=404), {}, source(), extract_page=never)
