"""Watches and their alarms in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.reader.reasons import reason_words
from services.reader.wording import language_name, shown
from services.reader.words import Words
from shared.ledger.watches import Alarm, Watch
from shared.phrases import message

__all__ = ["AlarmView", "WatchView", "alarm_view", "alarm_words", "watch_view"]

_KINDS = {
    "name_left": message("It left an article that had it"),
    "vanishing": message("Articles that hold it are removed more often than the rest"),
    "first_seen": message("It stands in this source for the first time"),
    "fell_silent": message("It fell silent: none of the last articles holds it"),
}
_IDS_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """What a watch noticed, with what proves it."""

    name: str
    watch_address: str
    words: str
    source_id: str
    source_address: str
    article_address: str | None
    at: str
    datetime: str
    proof: tuple[tuple[str, str], ...]
    articles: tuple[tuple[str, str], ...]
    """Address and id of the articles that the alarm is about."""
    edits: tuple[tuple[str, str], ...]
    """Address and id of the edits that took the name away."""
    figures: tuple[tuple[str, str], ...]
    """The test: its numbers, its p-value and the level it had to reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """A name or phrase that is looked for."""

    watch_id: str
    name: str
    address: str
    spellings: tuple[str, ...]
    where: str
    articles: str
    alarms: str
    since: str
    is_ready: bool
    is_kept_up: bool
    feed: str


def watch_view(watch: Watch, counts: Mapping[str, int], *, words: Words) -> WatchView:
    """Return a watch as pages show it."""
    where = [*map(shown, watch.source_ids), *map(language_name, watch.languages)]
    return WatchView(
        watch_id=watch.watch_id,
        name=shown(watch.name),
        address=f"/watches/{watch.watch_id}",
        spellings=tuple(shown(one) for one in watch.spellings if one != watch.name),
        where=words.all_of(where) or words.say("all sources"),
        articles=words.articles(counts["articles"]),
        alarms=words.plural("%(n)s alarm", "%(n)s alarms", counts["alarms"]),
        since=words.moment(watch.added_at),
        is_ready=watch.filled_at is not None,
        is_kept_up=watch.removed_at is None,
        feed=f"/feeds/alarms.atom?watch={watch.watch_id}",
    )


def alarm_view(alarm: Alarm, words: Words) -> AlarmView:
    """Return an alarm as pages show it."""
    proof = {name: ids for name, ids in alarm.proof.items() if isinstance(ids, list) and ids}
    articles = [str(one) for one in proof.pop("articles", ())]
    edits = [str(one) for one in proof.pop("edits", ())] if alarm.article_id else []
    return AlarmView(
        name=shown(alarm.name),
        watch_address=f"/watches/{alarm.watch_id}",
        words=alarm_words(alarm, words),
        source_id=alarm.source_id,
        source_address=f"/source/{alarm.source_id}",
        article_address=None if alarm.article_id is None else f"/article/{alarm.article_id}",
        at=words.moment(alarm.at, alarm.source_id),
        datetime=alarm.at.isoformat(),
        proof=tuple((reason_words(name, words), _ids(found, words)) for name, found in sorted(proof.items())),
        articles=tuple((f"/article/{one}", one) for one in articles[:_IDS_SHOWN]),
        edits=tuple((f"/article/{alarm.article_id}/edit/{one}", one) for one in edits[:_IDS_SHOWN]),
        figures=tuple(
            (reason_words(name, words), shown(str(value))) for name, value in (alarm.statistics or {}).items()
        ),
    )


def alarm_words(alarm: Alarm, words: Words) -> str:
    """Return what was noticed, as a sentence."""
    return words.say(_KINDS.get(alarm.kind, shown(alarm.kind).replace("_", " ")))


def _ids(found: list[Any], words: Words) -> str:
    return words.and_more((shown(str(one)) for one in found[:_IDS_SHOWN]), len(found) - _IDS_SHOWN)
