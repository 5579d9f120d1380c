"""Events in words, for feeds: plain text, without what could disturb the text around it."""

from collections.abc import Mapping
from typing import Any

from services.reader.wording import excerpt, shown
from shared.ledger.telling import Told

__all__ = ["entry_text", "entry_title"]

_LONGEST_CHANGE = 300
_MOST_CHANGES = 20
_TITLES = {
    "article_found": "{title}",
    "article_edited": "Edited: {title}",
    "article_removed": "Removed at source: {title}",
    "article_returned": "Returned: {title}",
}
_ALARMS = {
    "name_left": "“{name}” left {title}",
    "vanishing": "Articles of {source} with “{name}” vanish faster than the rest",
    "first_seen": "“{name}” stands in {source} for the first time: {title}",
    "fell_silent": "“{name}” fell silent in {source}",
}


def entry_title(event: Told) -> str:
    """Return the title of an entry, on one line."""
    words = {
        "title": excerpt(event.title or "", 200) or "an article without a title",
        "source": excerpt(event.source_name, 100),
        "name": excerpt(str(event.data.get("name", "")), 100),
    }
    pattern = _TITLES.get(event.kind) or _ALARMS.get(str(event.data.get("alarm_kind")), "{title}")
    return pattern.format(**words)


def entry_text(event: Told) -> str:
    """Return what happened and the record that proves it, a fact on each line."""
    lines = [f"Source: {shown(event.source_name)}", f"Seen: {event.at:%Y-%m-%d %H:%M:%S} UTC"]
    if event.url:
        lines.append(f"Address: {shown(event.url)}")
    if event.kind == "article_edited":
        lines += _edit_lines(event)
    if event.kind in ("article_removed", "article_returned"):
        lines += [
            f"{name}: {shown(str(event.data[name]))}"
            for name in ("state", "since", "was")
            if name in event.data
        ]
        lines += _return_lines(event)
    statistics = event.data.get("statistics")
    if isinstance(statistics, Mapping):
        lines += [f"{name}: {shown(str(value))}" for name, value in statistics.items()]
    if event.capture is not None:
        lines.append(_record_line(event.capture))
    return "\n".join(lines)


def _return_lines(event: Told) -> list[str]:
    """Say how an article came back, compared with how it last stood. Events of an older version do not know."""
    if "changed" not in event.data:
        return []
    if not event.data["changed"]:
        return ["Compared with how it last stood: the same words"]
    classes = event.data.get("classes")
    named = f" ({', '.join(map(str, classes))})" if isinstance(classes, list) and classes else ""
    return [f"Compared with how it last stood: changed{named}"]


def _edit_lines(event: Told) -> list[str]:
    classes = event.data.get("classes")
    lines = [f"Classes: {', '.join(map(str, classes))}"] if isinstance(classes, list) else []
    if "silent" in event.data:
        lines.append("Silent: the page did not say so" if event.data["silent"] else "Announced by the page")
    for change in event.changes[:_MOST_CHANGES]:
        for sign, side in (("−", "from"), ("+", "to")):
            text = change.get(side)
            if text:
                lines.append(f"{sign} {excerpt(str(text), _LONGEST_CHANGE)}")
    return lines


def _record_line(capture: Mapping[str, Any]) -> str:
    place = f"{capture['warc_key']} at byte {capture['warc_offset']}"
    return f"Record: {capture['record_id']} in {place}, {capture['payload_digest'] or 'without a payload'}"
