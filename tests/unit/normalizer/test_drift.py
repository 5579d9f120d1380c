"""The sentinel: quick on a changed layout, silent on steady pages."""

import random
from types import MappingProxyType

import pytest

from services.normalizer.drift import FieldWatch, SourceWatch, failures_of
from services.normalizer.fields import Extraction, Provenance
from shared.sources import ArticleRules

RULES = ArticleRules(title="h1", body="div.text", end_mark="-0-")


def pages_until(watch: FieldWatch, rate: float, chance: random.Random, *, most: int) -> int | None:
    for number in range(1, most + 1):
        if watch.see(chance.random() < rate):
            return number
    return None


def taught(rate: float, chance: random.Random, *, pages: int) -> FieldWatch:
    watch = FieldWatch()
    for _ in range(pages):
        watch.see(chance.random() < rate)
    return watch


def false_alarms(rates: tuple[float, ...], *, seeds: int, pages: int) -> int:
    """Alarms on steady fields: `seeds` fields of each rate, each over so many pages."""
    alarms = 0
    for rate in rates:
        for seed in range(seeds):
            chance, watch = random.Random(f"{rate}/{seed}"), FieldWatch()
            alarms += sum(watch.see(chance.random() < rate) and watch.drifted for _ in range(pages))
    return alarms


STEADY = (0.0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.9)


def test_steady_fields_give_no_alarm() -> None:
    assert false_alarms(STEADY, seeds=10, pages=2_000) == 0


@pytest.mark.long
def test_steady_fields_give_next_to_no_alarm_over_many_seeds() -> None:
    # 9 rates x 300 seeds x 4,000 pages.
    assert false_alarms(STEADY, seeds=300, pages=4_000) <= 10


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.05, 0.1, 0.15])
@pytest.mark.parametrize("learnt", [60, 200, 3_000])
def test_a_field_that_is_gone_gives_an_alarm_within_20_pages(rate: float, learnt: int) -> None:
    for seed in range(40):
        chance = random.Random(seed)
        watch = taught(rate, chance, pages=learnt)
        if not watch.is_watched:
            continue  # its first pages were too few, and too bad, to know its past by
        assert not watch.drifted
        assert pages_until(watch, 1.0, chance, most=20) is not None, (rate, learnt, seed)


def test_a_field_that_comes_back_recovers_and_can_drift_again() -> None:
    chance = random.Random(1)
    watch = taught(0.02, chance, pages=300)

    for _ in range(3):
        assert pages_until(watch, 1.0, chance, most=20) is not None
        assert watch.drifted
        assert pages_until(watch, 0.02, chance, most=40) is not None
        assert not watch.drifted


def test_a_source_that_never_had_a_field_is_not_called_broken_for_it() -> None:
    watch = taught(1.0, random.Random(1), pages=500)

    assert not watch.is_watched
    assert not watch.drifted


def article(*, method: str = "rule", text: str = "The bridge is open. " * 30, title: str = "A") -> Extraction:
    return Extraction(
        url="http://harbour.example/1",
        title=title or None,
        published="2026-03-09",
        published_precision="day",
        modified=None,
        authors=(),
        language="en",
        source=None,
        canonical_url=None,
        original_url=None,
        body=("Tarnholt, March 9 (MUA) -- It opened.", f"{text}-0-"),
        related=(),
        provenance=MappingProxyType(
            {name: Provenance(value="", raw=None, method=method) for name in ("title", "body")}
        ),
    )


def drifts_after(changed: Extraction | None) -> tuple[int | None, list[str]]:
    watch = SourceWatch()
    for _ in range(80):
        assert not watch.see(article(), RULES, version="1")
    for number in range(1, 21):
        if watch.see(changed, RULES, version="1"):
            return number, watch.drifted
    return None, []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (None, "body"),
        (article(title=""), "title"),
        (article(method="heading"), "body rule"),
        (article(method="trafilatura"), "body fallback"),
        (article(text="Short. "), "length"),
        (article(text="Much too long, with the text of other articles. " * 200), "length"),
    ],
)
def test_what_a_new_layout_does_is_told_within_20_articles(changed: Extraction | None, field: str) -> None:
    number, drifted = drifts_after(changed)

    assert number is not None
    assert field in drifted


def test_a_watch_is_kept_as_it_is() -> None:
    watch = SourceWatch()
    for _ in range(60):
        watch.see(article(), RULES, version="1")

    again = SourceWatch.of_json(watch.as_json())

    assert again == watch


def test_a_date_far_from_the_dateline_is_a_failure() -> None:
    assert not failures_of(article(), RULES)["dateline date"]
    far = article()
    object.__setattr__(far, "published", "2026-07-01")
    assert failures_of(far, RULES)["dateline date"]
