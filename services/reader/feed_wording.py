"""Events in words, for feeds: plain text, without what could disturb the text around it."""

from collections.abc import Mapping
from typing import Any

from services.reader.wording import excerpt, shown
from services.reader.words import Words
from shared.ledger.telling import Told
from shared.phrases import message

__all__ = ["entry_text", "entry_title"]

_LONGEST_CHANGE = 300
_MOST_CHANGES = 20
_TITLES = {
    "article_edited": message("Edited: %(title)s"),
    "article_removed": message("Removed at source: %(title)s"),
    "article_returned": message("Returned: %(title)s"),
}
_FACTS = {"state": message("state"), "since": message("since"), "was": message("was")}
_ALARMS = {
    "name_left": message("“%(name)s” left %(title)s"),
    "vanishing": message("Articles of %(source)s with “%(name)s” vanish faster than the rest"),
    "first_seen": message("“%(name)s” stands in %(source)s for the first time: %(title)s"),
    "fell_silent": message("“%(name)s” fell silent in %(source)s"),
}


def entry_title(event: Told, words: Words) -> str:
    """Return the title of an entry, on one line."""
    named = {
        "title": excerpt(event.title or "", 200) or words.say("an article without a title"),
        "source": excerpt(event.source_name, 100),
        "name": excerpt(str(event.data.get("name", "")), 100),
    }
    text = _TITLES.get(event.kind) or _ALARMS.get(str(event.data.get("alarm_kind")))
    return words.say(text, **named) if text else named["title"]


def entry_text(event: Told, words: Words) -> str:
    """Return what happened and the record that proves it, a fact on each line."""
    lines = [
        words.say("Source: %(source)s", source=shown(event.source_name)),
        words.say("Seen: %(moment)s", moment=f"{event.at:%Y-%m-%d %H:%M:%S} UTC"),
    ]
    if event.url:
        lines.append(words.say("Address: %(url)s", url=shown(event.url)))
    if event.kind == "article_edited":
        lines += _edit_lines(event, words)
    if event.kind in ("article_removed", "article_returned"):
        lines += [
            f"{words.say(name)}: {shown(str(event.data[code]))}"
            for code, name in _FACTS.items()
            if code in event.data
        ]
        lines += _return_lines(event, words)
    statistics = event.data.get("statistics")
    if isinstance(statistics, Mapping):
        lines += [f"{name}: {shown(str(value))}" for name, value in statistics.items()]
    if event.capture is not None:
        lines.append(_record_line(event.capture, words))
    return "\n".join(lines)


def _return_lines(event: Told, words: Words) -> list[str]:
    """Say how an article came back, compared with how it last stood. Events of an older version do not know."""
    if "changed" not in event.data:
        return []
    if not event.data["changed"]:
        return [words.say("Compared with how it last stood: the same words")]
    classes = event.data.get("classes")
    if not isinstance(classes, list) or not classes:
        return [words.say("Compared with how it last stood: changed")]
    named = words.all_of(map(str, classes))
    return [words.say("Compared with how it last stood: changed (%(classes)s)", classes=named)]


def _edit_lines(event: Told, words: Words) -> list[str]:
    classes = event.data.get("classes")
    lines = []
    if isinstance(classes, list):
        lines.append(words.say("Classes: %(classes)s", classes=words.all_of(map(str, classes))))
    if "silent" in event.data:
        silent, told = words.say("Silent: the page did not say so"), words.say("Announced by the page")
        lines.append(silent if event.data["silent"] else told)
    for change in event.changes[:_MOST_CHANGES]:
        for sign, side in (("−", "from"), ("+", "to")):
            text = change.get(side)
            if text:
                lines.append(f"{sign} {excerpt(str(text), _LONGEST_CHANGE)}")
    return lines


def _record_line(capture: Mapping[str, Any], words: Words) -> str:
    return words.say(
        "Record: %(record)s in %(object)s at byte %(offset)s, %(digest)s",
        record=capture["record_id"],
        object=capture["warc_key"],
        offset=capture["warc_offset"],
        digest=capture["payload_digest"] or words.say("without a payload"),
    )
