"""Hostile pages in the process that reads them: bounded time and memory, and one reason each."""

import os
import signal
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, ExtractionError, ExtractionFailure, PageContext
from services.normalizer.records import extraction_record
from services.normalizer.sandbox import ReadingLimits, Sandbox
from tests.support.full_page import FULL_CONTEXT, FULL_PAGE
from tests.support.hostile_pages import HEAVY_PAGES
from tests.unit.normalizer.model_page import PARAGRAPHS, URL, model_page

KNOWN = PageContext(url=URL)
# Three times the limit in use: a core that others share needs longer for the same work.
PATIENT = ReadingLimits(cpu_seconds=6.0, wall_seconds=120.0)


@pytest.fixture(scope="module")
def patient() -> Iterator[Sandbox]:
    with Sandbox(PATIENT) as sandbox:
        yield sandbox


@pytest.mark.parametrize("name", [name for name in HEAVY_PAGES if not name.endswith("_first")])
def test_a_heavy_page_keeps_its_text_within_the_limits(patient: Sandbox, name: str) -> None:
    assert PARAGRAPHS[1] in patient.extract(HEAVY_PAGES[name], KNOWN).body


@pytest.mark.parametrize("name", [name for name in HEAVY_PAGES if name.endswith("_first")])
def test_a_flood_before_the_text_may_cost_the_text_but_no_more(patient: Sandbox, name: str) -> None:
    assert patient.extract(HEAVY_PAGES[name], KNOWN).url == URL


def test_a_page_is_read_as_without_the_sandbox(patient: Sandbox) -> None:
    found = patient.extract(model_page(), KNOWN)

    assert extraction_record(found) == extraction_record(extract(model_page(), KNOWN))


def test_every_field_comes_out_of_the_process_as_it_is_read_inside(patient: Sandbox) -> None:
    inside = extract(FULL_PAGE, FULL_CONTEXT)

    outside = patient.extract(FULL_PAGE, FULL_CONTEXT)

    for one in fields(Extraction):
        found = getattr(outside, one.name)
        assert found, f"the page has nothing for {one.name}"
        assert (type(found), found) == (type(getattr(inside, one.name)), getattr(inside, one.name)), one.name
    assert outside == inside


def test_a_page_with_nothing_comes_out_of_the_process_as_it_is_read_inside(patient: Sandbox) -> None:
    bare = b"<p>A few words.</p>"

    assert patient.extract(bare, PageContext()) == extract(bare, PageContext())


def test_a_refusal_keeps_its_reason(patient: Sandbox) -> None:
    assert _reason(patient, b"no element at all") is ExtractionFailure.NOT_HTML


def test_a_page_that_takes_too_long_is_ended_and_the_next_one_is_read() -> None:
    with Sandbox(ReadingLimits(cpu_seconds=0.05, wall_seconds=120.0)) as sandbox:
        reason = _reason(sandbox, HEAVY_PAGES["paragraphs"])
        after = sandbox.extract(b"<h1>Short</h1><p>page", KNOWN)

    assert (reason, after.title) == (ExtractionFailure.PARSE_TIMEOUT, "Short")


def test_a_page_that_takes_too_much_memory_is_ended_and_the_next_one_is_read() -> None:
    with Sandbox(
        ReadingLimits(cpu_seconds=60.0, wall_seconds=120.0, memory_bytes=16 * 1024 * 1024)
    ) as sandbox:
        reason = _reason(sandbox, HEAVY_PAGES["paragraphs"])
        after = sandbox.extract(b"<h1>Short</h1><p>page", KNOWN)

    assert reason in {ExtractionFailure.PARSE_MEMORY, ExtractionFailure.PARSE_CRASHED}
    assert after.title == "Short"


def test_a_reader_that_waits_for_ever_is_ended() -> None:
    with Sandbox(ReadingLimits(wall_seconds=0.5)) as sandbox:
        os.kill(_child_of(sandbox), signal.SIGSTOP)

        assert _reason(sandbox, model_page()) is ExtractionFailure.PARSE_TIMEOUT


def test_a_reader_that_dies_costs_one_page() -> None:
    with Sandbox(PATIENT) as sandbox:
        os.kill(_child_of(sandbox), signal.SIGKILL)

        assert _reason(sandbox, model_page()) is ExtractionFailure.PARSE_CRASHED
        assert sandbox.extract(model_page(), KNOWN).body


def test_the_reader_gets_no_settings_and_ends_with_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSMARK_S3_SECRET_KEY", "a secret")
    sandbox = Sandbox(PATIENT)
    child = _child_of(sandbox)

    environment = Path(f"/proc/{child}/environ").read_bytes()
    sandbox.close()

    assert b"PRESSMARK" not in environment
    assert not Path(f"/proc/{child}").exists()


def _child_of(sandbox: Sandbox) -> int:
    sandbox.extract(b"<h1>Short</h1><p>page", KNOWN)
    assert sandbox._child is not None
    return sandbox._child.pid


def _reason(sandbox: Sandbox, body: bytes) -> ExtractionFailure:
    with pytest.raises(ExtractionError) as refusal:
        sandbox.extract(body, KNOWN)
    return refusal.value.reason
