"""What is stored of an article: in the document beside the evidence, and with its revision in the ledger."""

from dataclasses import fields, replace
from datetime import UTC, datetime

from services.normalizer.documents import article_document
from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, PageContext
from services.normalizer.rereading_report import changed_fields
from services.normalizer.sightings import fields_of, sighting_of
from shared.ledger.corrections import StoredRevision
from tests.support.full_page import FULL_CONTEXT, FULL_PAGE
from tests.support.records import source
from tests.unit.normalizer.test_reading import CAPTURE

SEEN = datetime(2026, 3, 9, tzinfo=UTC)
OTHERWISE_NAMED = {"blocks": "kinds"}


def test_the_document_beside_the_evidence_holds_every_field() -> None:
    document = article_document(CAPTURE, "warc/a.warc.gz", extract(FULL_PAGE, FULL_CONTEXT))

    names = {OTHERWISE_NAMED.get(one.name, one.name) for one in fields(Extraction)}
    assert {name for name in names if document.get(name) in (None, [], {}, 0)} == set()


def test_the_kinds_of_a_document_are_those_of_its_paragraphs() -> None:
    document = article_document(CAPTURE, "warc/a.warc.gz", extract(FULL_PAGE, FULL_CONTEXT))

    assert len(document["kinds"]) == len(document["body"])
    assert document["images"][0]["caption"] == "The bridge, drawn."


def test_the_ledger_keeps_what_a_reader_looks_for_and_none_of_the_long_lists() -> None:
    kept = fields_of(extract(FULL_PAGE, FULL_CONTEXT))

    assert (kept["section"], kept["tags"]) == ("Town", ["Bridges", "Rivers"])
    assert (kept["authors"], kept["description"]) == (["Jane Doe"], "A bridge is built.")
    assert kept["image"] == "https://paper.example/large.jpg"
    assert kept["words"] > 50
    assert not kept.keys() & {"body", "blocks", "images", "links", "kinds"}


def test_a_field_that_was_not_kept_before_is_no_change_of_the_article() -> None:
    now = sighting_of(CAPTURE, extract(FULL_PAGE, FULL_CONTEXT), source())
    earlier = {name: value for name, value in now.fields.items() if name not in {"section", "tags", "words"}}

    assert changed_fields(_stored(now.title, now.body, earlier), now) == {}


def test_another_section_is_a_change_of_the_article() -> None:
    article = extract(FULL_PAGE, FULL_CONTEXT)
    was = sighting_of(CAPTURE, article, source())
    now = sighting_of(CAPTURE, replace(article, section="World"), source())

    assert changed_fields(_stored(was.title, was.body, was.fields), now) == {"section": ("Town", "World")}


def test_a_page_without_any_of_it_has_the_same_keys() -> None:
    bare = fields_of(extract(b"<p>A few words of a page.</p>", PageContext()))

    assert bare.keys() == fields_of(extract(FULL_PAGE, FULL_CONTEXT)).keys()


def _stored(title: str, body: tuple[str, ...], kept: object) -> StoredRevision:
    return StoredRevision(
        revision_id=1, article_id="a", number=1, capture_id=1, url=CAPTURE.url, seen_at=SEEN, title=title,
        body=body, text_digest="", identity_digest="", fields=dict(kept),  # type: ignore[call-overload]
    )  # fmt: skip
