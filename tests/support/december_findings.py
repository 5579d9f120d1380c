"""What an archive found of the December publisher, held against what the publisher did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.ledger import Database
from tests.support.december import NAME, OUTAGE_OF, TEMPLATE_OF, Story, source_id

_ARTICLES = "select article_id, state, revisions from articles where merged_into is null"
_URLS = "select url, article_id from article_urls"
_EDITS = "select article_id, classes, changes from edits where template_id is null"
_ALARMS = "select article_id from watch_alarms where kind = 'name_left'"
_EVENTS = "select kind, source_id, article_id, data from events order by event_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Counts of a run: what was to be found, what was, and what was told that never happened."""

    articles: int
    articles_found: int
    addresses: int
    edits: int
    edits_found: int
    edits_with_their_words: int
    pictures: int
    """Articles that show another picture than before, with the same words."""
    pictures_found: int
    """Those of them whose edit names the picture that went and the one that came."""
    false_edits: int
    alarms: int
    """Articles of which the watch said that the name left them."""
    false_alarms: int
    deletions: int
    deletions_found: int
    false_removals: int
    outages: tuple[str, ...]
    outages_ended: tuple[str, ...]
    template_changes: tuple[str, ...]
    edits_taken_back: int

    @property
    def is_right(self) -> bool:
        """Whether all was found and nothing else told."""
        return (
            self.articles_found == self.articles
            and self.edits_found == self.edits_with_their_words == self.edits
            and self.pictures_found == self.pictures
            and self.deletions_found == self.deletions
            and self.false_edits == self.false_removals == 0
            and (self.alarms, self.false_alarms) == (self.edits, 0)
            and self.outages == self.outages_ended == (source_id(OUTAGE_OF),)
            and self.template_changes == (source_id(TEMPLATE_OF),)
        )


def findings(database: Database, stories: Sequence[Story]) -> Findings:
    """Read the ledger and hold it against the truth."""
    with database.transaction() as ledger:
        articles, urls = ledger.rows(_ARTICLES), ledger.rows(_URLS)
        edits, events = ledger.rows(_EDITS), ledger.rows(_EVENTS)
        rung = [row["article_id"] for row in ledger.rows(_ALARMS)]
    article_of = {row["url"]: row["article_id"] for row in urls}
    edited = {article_of[one.addresses[0]] for one in stories if one.is_edited}
    swapped = {article_of[one.addresses[0]] for one in stories if one.is_swapped}
    deleted = {article_of[one.addresses[0]] for one in stories if one.is_deleted}
    moved = {row["article_id"] for row in articles if row["state"] != "LIVE"}
    gone = {row["article_id"] for row in articles if row["state"] == "GONE"}
    told = [row["article_id"] for row in edits]
    swaps = [row for row in edits if row["article_id"] in swapped and _is_the_swap(row)]
    right = [row for row in edits if row["article_id"] in edited and _is_the_cut(row["changes"])]

    def sources(kind: str) -> tuple[str, ...]:
        return tuple(row["source_id"] for row in events if row["kind"] == kind)

    return Findings(
        articles=len(stories),
        articles_found=len(articles),
        addresses=len(urls),
        edits=len(edited),
        edits_found=len(edited & set(told)),
        edits_with_their_words=len(right),
        pictures=len(swapped),
        pictures_found=len({row["article_id"] for row in swaps}),
        false_edits=len(told) - len(edited & set(told)) - len({row["article_id"] for row in swaps}),
        alarms=len(edited & set(rung)),
        false_alarms=len(rung) - len(edited & set(rung)),
        deletions=len(deleted),
        deletions_found=len(gone & deleted),
        false_removals=len(moved - deleted),
        outages=sources("host_outage"),
        outages_ended=sources("host_back"),
        template_changes=sources("template_changed"),
        edits_taken_back=len(sources("edit_taken_back")),
    )


def _is_the_cut(changes: Sequence[dict[str, str]]) -> bool:
    """Whether the name was cut and nothing else is told."""
    return len(changes) == 1 and NAME in changes[0]["from"] and not changes[0]["to"].strip(" ,")


def _is_the_swap(edit: Mapping[str, Any]) -> bool:
    """Whether one picture is told to have gone and one to have come, and no word."""
    sides = [
        (change["op"], "district" in change["from"], "podium" in change["to"]) for change in edit["changes"]
    ]
    return edit["classes"] == ["image"] and sides == [("picture", True, False), ("picture", False, True)]
