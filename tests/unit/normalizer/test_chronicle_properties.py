"""Any sequence of looks, delivered in any manner, leaves a history that holds together."""

from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from services.normalizer.app import record
from services.normalizer.chronicle import Chronicle
from services.normalizer.sightings import Miss, Sighting, Unchanged
from tests.support.records import HOST, SITE, RecordsInMemory, miss, sighting, source, text, unchanged

PATHS = ("/home/a", "/world/a", "/culture/b")
WORDINGS = (
    ("Bridge opens", text("bridge")),
    ("Bridge opens", text("bridge", ("forty people", "fifty people"))),
    ("Depot opens", text("depot")),
)
PICTURES = (
    None,
    [{"url": "http://herald.example/crowd.jpg", "caption": None, "alternative": None}],
    [{"url": "http://cdn.herald.example/crowd-300x200.webp?v=2", "caption": None, "alternative": None}],
    [{"url": "http://herald.example/depot.jpg", "caption": None, "alternative": None}],
)
GONE = {"GONE", "SOFT404", "REDIRECTED"}
MISSES, OVER_HOURS = 3, 48

Look = Sighting | Unchanged | Miss


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A look, and whether the host was in order then."""

    look: Look
    hours: float
    host_is_up: bool


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    hours = 0.0
    steps = []
    for _ in range(draw(st.integers(1, 14))):
        hours += draw(st.sampled_from((1, 20, 50)))
        path = draw(st.sampled_from(PATHS))
        kind = draw(st.sampled_from(("see", "see", "unchanged", "miss", "miss", "redirect")))
        steps.append(Step(look=draw(looks(path, kind, hours)), hours=hours, host_is_up=draw(st.booleans())))
    return steps


@st.composite
def looks(draw: st.DrawFn, path: str, kind: str, hours: float) -> Look:
    if kind == "see":
        title, body = draw(st.sampled_from(WORDINGS))
        return sighting(path, body, hours=hours, title=title, pictures=draw(st.sampled_from(PICTURES)))
    if kind == "unchanged":
        return unchanged(path, hours=hours)
    return miss(path, hours=hours, missing_as="not_found" if kind == "miss" else "redirected_home")


class Delivery:
    """Delivers looks as the normalizer does: what an earlier delivery has decided is not recorded again."""

    def __init__(self) -> None:
        self.records = RecordsInMemory()
        self._chronicle = Chronicle(self.records, source())
        self._decided: set[int] = set()

    def deliver(self, step: Step) -> str:
        if step.look.capture_id in self._decided:
            return "decided"
        self._decided.add(step.look.capture_id)
        return self.record(step)

    def record(self, step: Step) -> str:
        self.records.hosts_down = set() if step.host_is_up else {HOST}
        return record(self._chronicle, step.look)


@given(histories())
@settings(max_examples=200, deadline=None)
def test_looks_delivered_twice_leave_the_same_history(steps: list[Step]) -> None:
    once, twice = Delivery(), Delivery()

    for step in steps:
        once.deliver(step)
        twice.deliver(step)
        twice.deliver(step)
    for step in steps:
        twice.deliver(step)

    assert twice.records.told() == once.records.told()


@given(histories())
@settings(max_examples=200, deadline=None)
def test_the_newest_look_at_an_address_recorded_again_changes_nothing(steps: list[Step]) -> None:
    """Older ones cannot be: a capture is decided in the transaction that records it."""
    delivery = Delivery()
    newest: dict[str, Step] = {}
    for step in steps:
        delivery.record(step)
        newest[step.look.url] = step
    before = delivery.records.told()

    for step in newest.values():
        if not isinstance(step.look, Miss):
            delivery.record(step)

    assert delivery.records.told() == before


@given(histories())
@settings(max_examples=200, deadline=None)
def test_nothing_is_gone_without_enough_misses_for_long_enough_at_every_address(steps: list[Step]) -> None:
    delivery = Delivery()
    misses: Counter[str] = Counter()
    missing_since: dict[str, float] = {}

    for step in steps:
        outcome = delivery.deliver(step)
        url = step.look.url
        if outcome in {"missing", "missing_at_one_address"}:
            misses[url] += 1
            missing_since.setdefault(url, step.hours)
        elif not isinstance(step.look, Miss) and outcome != "no_article":
            misses[url] = 0
            missing_since.pop(url, None)

        for name, article in delivery.records.living().items():
            if article.state in GONE:
                urls = [known.url for known in delivery.records.urls(name)]
                assert min(misses[url] for url in urls) >= MISSES
                assert step.hours - max(missing_since[url] for url in urls) >= OVER_HOURS


@given(histories())
@settings(max_examples=200, deadline=None)
def test_while_a_host_is_out_of_order_no_miss_changes_any_article(steps: list[Step]) -> None:
    """From an outage no way leads to GONE: what is missing then is not even counted."""
    delivery = Delivery()
    for step in steps:
        before = repr((delivery.records.articles, delivery.records.known, delivery.records.events))
        outcome = delivery.deliver(step)
        if isinstance(step.look, Miss) and not step.host_is_up:
            assert outcome in {"outage", "no_article"}
            assert (
                repr((delivery.records.articles, delivery.records.known, delivery.records.events)) == before
            )


@given(histories())
@settings(max_examples=200, deadline=None)
def test_a_history_holds_together(steps: list[Step]) -> None:
    delivery = Delivery()
    for step in steps:
        delivery.deliver(step)
    records = delivery.records

    living = records.living()
    assert {known.article_id for known in records.known.values()} == set(living)
    assert {revision.article_id for revision, _ in records.revisions.values()} == set(living)
    assert {stored.merged_into for stored in records.articles.values()} <= {None, *living}
    for article_id, edit in records.edits:
        assert article_id in living
        assert {edit.from_revision, edit.to_revision} <= {
            r.revision_id for r in records.revisions_of(article_id)
        }
    told = Counter(edit.to_revision for _, edit in records.edits)
    assert all(count == 1 for count in told.values())
    for step in reversed(steps):
        if isinstance(step.look, Sighting):
            assert is_shown(records, step.look)
            break


def is_shown(records: RecordsInMemory, look: Sighting) -> bool:
    """Whether the last sighting of all is what its address is known to show."""
    known = records.known[look.url]
    return known.text_digest == look.text_digest and known.url.startswith(SITE)
