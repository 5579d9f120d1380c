"""The model page and real strings of the test corpus, where it is at hand."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.normalizer.dates import DateValue, read_date
from services.normalizer.extracting import extract
from services.normalizer.fields import PageContext
from services.normalizer.published import url_date
from shared.sources import DateOrder

CORPUS = Path(os.environ.get("PRESSMARK_CORPUS") or Path(__file__).parents[4] / "shared" / "corpus")
SEED = CORPUS / "seed" / "origin-of-korean-revolution.gold.json"
DPRK = CORPUS / "gold" / "oracles" / "dprk"
KOREAN_TIME = "Asia/Pyongyang"

pytestmark = pytest.mark.skipif(not SEED.exists(), reason="the test corpus is not here (PRESSMARK_CORPUS)")


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_model_page_gives_exactly_its_gold() -> None:
    gold = json.loads(SEED.read_text(encoding="utf-8"))
    page = SEED.with_name(SEED.name.replace(".gold.json", ".html")).read_bytes()

    found = extract(page, PageContext(url=gold["url"]))

    assert {name: getattr(found, name) for name in ("title", "published", "published_precision")} == {
        name: gold[name] for name in ("title", "published", "published_precision")
    }
    assert (found.source, found.language, found.original_url) == (
        gold["source"],
        gold["language"],
        gold["original_url"],
    )
    assert list(found.body) == gold["body"]
    assert [
        {"title": card.title, "url": card.url, "excerpt": card.excerpt, "date": card.date}
        for card in found.related
    ] == gold["related"]


def test_the_date_strings_of_state_media_are_read_right() -> None:
    wrong = []
    for line in lines_of(DPRK / "date_strings.jsonl"):
        if line["text"].startswith("http"):
            continue
        reading = read_date(line["text"], order=DateOrder.DMY)
        found = reading.iso() if isinstance(reading, DateValue) else None
        if found != line["date"]:
            wrong.append((line["text"], found))

    assert wrong == []


def test_nearly_all_dates_of_many_languages_are_read_right() -> None:
    """A moment is right in its own zone or in UTC; a date of two readings is wrong here."""
    lines = lines_of(CORPUS / "gold" / "oracles" / "dates" / "absolute_dates.jsonl")
    wrong = []
    for line in lines:
        reading = read_date(line["text"])
        moments = [reading.moment, *_in_utc(reading)] if isinstance(reading, DateValue) else []
        if line["date"] not in {moment.date().isoformat() for moment in moments}:
            wrong.append(line["text"])

    assert len(wrong) <= 0.03 * len(lines), wrong


def _in_utc(value: DateValue) -> list[datetime]:
    return [value.moment.astimezone(UTC)] if value.moment.tzinfo else []


def test_the_dates_in_addresses_of_state_media_are_read_right() -> None:
    wrong = []
    for line in lines_of(DPRK / "date_strings.jsonl"):
        # An item number of vok.rep.kp carries the day before the one the site prints: no date can be read from it.
        if not line["text"].startswith("http") or "vok.rep.kp" in line["text"]:
            continue
        found = url_date(line["text"], KOREAN_TIME)
        day = found.reading.iso()[:10] if found and isinstance(found.reading, DateValue) else None
        if day != line["date"]:
            wrong.append((line["text"], day))

    assert wrong == []


def test_stored_pages_of_state_media_give_title_and_date() -> None:
    wrong = []
    for line in lines_of(DPRK / "stored_pages.jsonl"):
        gold = line["gold"]
        markup = "".join(f"<p>{text}</p>" for text in line["text"].split("\n") if text.strip())
        if gold["title"]:
            markup = markup.replace(f"<p>{gold['title']}</p>", f"<h1>{gold['title']}</h1>", 1)
        found = extract(
            f"<html><body><div>{markup}</div></body></html>".encode(), PageContext(url=line["url"])
        )
        if found.published != gold["date"] or (gold["title"] and found.title != gold["title"]):
            wrong.append((line["url"], found.title, found.published))
        if gold["source"].startswith("KCNA.") and found.source != gold["source"]:
            wrong.append((line["url"], found.source))

    assert wrong == []
