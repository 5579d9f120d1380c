"""What the reading of pages gives is counted so that a rate sees the first failure, too."""

from prometheus_client import REGISTRY

from services.normalizer.counting import counted
from services.normalizer.extracting import extract
from services.normalizer.fields import PageContext

PAGE = (
    b"<html><head><title>A bridge was opened</title></head><body><p>Nothing else is here.</p></body></html>"
)


def count(field: str, present: str) -> float | None:
    return REGISTRY.get_sample_value("pressmark_extracted_fields_total", {"field": field, "present": present})


def test_the_first_page_gives_birth_to_the_series_of_what_was_given_and_of_what_was_not() -> None:
    before = {present: count("modified", present) or 0.0 for present in ("true", "false")}

    counted(extract)(PAGE, PageContext(url="https://example.org/news/1"))

    assert count("modified", "true") == before["true"]
    assert count("modified", "false") == before["false"] + 1
