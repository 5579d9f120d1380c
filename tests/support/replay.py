"""Serves the history of an outlet look by look: section lists, opaque addresses, aliases, rewrites.

The mark-up is that of the real site: lists with `[YYYY.M.D.]` dates, article pages with one `p` a line,
leaders' names in `<nobr><span class="fSpecCs">` with no space around them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from services.standalone.outlet.loopback import Request, Response
from services.standalone.outlet.truth import changed_words
from tests.support.site_server import SiteServer

LIST_LENGTH: Final = 30
"""Entries on a list page: the real lists showed 20 at the first look, and at most 30 were new at once."""

HTML: Final = (("Content-Type", "text/html; charset=utf-8"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One version of one address: what stood there from `first_seen` on, and when it was last seen."""

    first_seen: dt.date
    last_seen: dt.date
    path: str
    section: str
    headline: str
    date: dt.date
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A body that became another one under the same address.

    Attributes:
        path: The address at which the history holds both bodies.
        also_at: Its aliases on that day, which change with it.
        day: The look at which the new body is seen first.
        removed: Runs of words that went, in order.
        added: Runs of words that came, in order.
        undone_on: The look at which the former body stands there again, if it does.
    """

    path: str
    also_at: tuple[str, ...]
    day: dt.date
    removed: tuple[str, ...]
    added: tuple[str, ...]
    undone_on: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayTruth:
    """What a perfect archive would know after the last look; all addresses are paths.

    Attributes:
        bodies: For each path the bodies in order, each with the first look at which it is served.
        headlines: For each path its headline at the last look.
        dates: For each path the date that its list and its page show.
        aliases: Groups of two or more paths that have the same body (white space folded) at the last look.
        rewrites: One for each address that the history itself shows with two bodies.
    """

    bodies: Mapping[str, tuple[tuple[dt.date, str], ...]]
    headlines: Mapping[str, str]
    dates: Mapping[str, dt.date]
    aliases: tuple[tuple[str, ...], ...]
    rewrites: tuple[Rewrite, ...]

    @property
    def articles(self) -> int:
        """How many articles there are: addresses with the same body at the last look are one."""
        return len({folded(versions[-1][1]) for versions in self.bodies.values()})


def folded(text: str) -> str:
    """Return the text with every run of white space as one space."""
    return " ".join(text.split())


def path_of(url: str) -> str:
    """Return the path of an address, its key in `ReplayTruth`."""
    return urlsplit(url).path


def replay(versions: Sequence[Seen], looks: Sequence[dt.date]) -> list[dict[str, Seen]]:
    """Return for each look what stands at each address.

    A body lasts until another version of its address is seen, and comes back when that version was not
    seen any more. When a body changes at one address it changes at every address that had the same one.
    """
    own: dict[str, list[Seen]] = {}
    for version in sorted(versions, key=lambda version: version.first_seen):
        own.setdefault(version.path, []).append(version)
    same_body: dict[str, list[str]] = {}
    for path, history in own.items():
        same_body.setdefault(folded(history[0].body), []).append(path)
    states: list[dict[str, Seen]] = []
    for look in looks:
        state = {path: history[0] for path, history in own.items() if history[0].first_seen <= look}
        for history in own.values():
            now = _standing(history, look)
            if now is not history[0]:
                _follow(state, same_body[folded(history[0].body)], now=now)
        states.append(state)
    return states


def _standing(history: Sequence[Seen], look: dt.date) -> Seen:
    """The newest version whose days include the look; the first one when none does."""
    return next((v for v in reversed(history) if v.first_seen <= look <= v.last_seen), history[0])


def _follow(state: dict[str, Seen], paths: Sequence[str], *, now: Seen) -> None:
    for path in paths:
        if path in state:
            state[path] = replace(state[path], body=now.body, headline=now.headline)


def truth_of(versions: Sequence[Seen], looks: Sequence[dt.date]) -> ReplayTruth:
    """Return what replaying `versions` at `looks` shows."""
    states = replay(versions, looks)
    bodies: dict[str, list[tuple[dt.date, str]]] = {}
    for look, state in zip(looks, states, strict=True):
        for path, page in state.items():
            history = bodies.setdefault(path, [])
            if not history or history[-1][1] != page.body:
                history.append((look, page.body))
    groups: dict[str, list[str]] = {}
    for path, page in states[-1].items():
        groups.setdefault(folded(page.body), []).append(path)
    own_paths = Counter(version.path for version in versions)
    return ReplayTruth(
        bodies={path: tuple(history) for path, history in bodies.items()},
        headlines={path: page.headline for path, page in states[-1].items()},
        dates={path: page.date for path, page in states[-1].items()},
        aliases=tuple(tuple(group) for group in groups.values() if len(group) > 1),
        rewrites=tuple(_rewrite(path, bodies) for path, count in own_paths.items() if count > 1),
    )


def _rewrite(path: str, bodies: Mapping[str, list[tuple[dt.date, str]]]) -> Rewrite:
    history = bodies[path]
    (_, before), (day, after) = history[:2]
    removed, added = changed_words(before, after, by_character=False)
    return Rewrite(
        path=path,
        also_at=tuple(
            other for other, theirs in bodies.items() if other != path and (day, after) in theirs[1:]
        ),
        day=day,
        removed=removed,
        added=added,
        undone_on=history[2][0] if len(history) > 2 else None,
    )


class ReplayPublisher:
    """An outlet whose pages are those of its history at the look that was set last.

    It starts at the first look. Article pages stay reachable after they leave the lists.
    """

    def __init__(
        self, versions: Iterable[Seen], *, source_id: str, name: str, leaders: Sequence[str]
    ) -> None:
        self._versions = tuple(versions)
        self.looks = tuple(sorted({version.first_seen for version in self._versions}))
        self.truth = truth_of(self._versions, self.looks)
        self.source_id = source_id
        self.name = name
        self._leaders = re.compile("|".join(map(re.escape, leaders)))
        self._states = dict(zip(self.looks, replay(self._versions, self.looks), strict=True))
        self._sections = tuple(dict.fromkeys(version.section for version in self._versions))
        self._look = self.looks[0]

    @property
    def look(self) -> dt.date:
        return self._look

    def set_look(self, look: dt.date) -> None:
        """Serve what was seen at `look`, which is one of `looks`."""
        if look not in self._states:
            raise ValueError(f"{look} is no day of a look; take one of `looks`")
        self._look = look

    def serve(self, *, port: int = 0) -> SiteServer:
        """Serve on loopback; the caller closes what is returned."""
        return SiteServer(self.respond, port=port)

    def list_path(self, section: str) -> str:
        """The address of a section's list, which tells nothing about the section."""
        digest = hashlib.sha256(f"{self.source_id} {section}".encode()).hexdigest()[:32]
        return f"/en/category/articles/q/{digest}.kcmsf"

    def listed(self, section: str) -> list[Seen]:
        """The newest entries of a section at the look, newest first."""
        present = [page for page in self._states[self._look].values() if page.section == section]
        present.sort(key=lambda page: (page.date, page.first_seen), reverse=True)
        return present[:LIST_LENGTH]

    def respond(self, request: Request) -> Response:
        """Answer as the site did at the look; 404 with a short page for what it does not have."""
        path = urlsplit(request.target).path
        if path in {"/", "/en/"}:
            return self._page(self.name, self._home())
        for section in self._sections:
            if path == self.list_path(section):
                return self._page(section, self._list(section))
        page = self._states[self._look].get(path)
        if page is not None:
            return self._page(page.headline, self._article(page))
        return Response(
            status=404, headers=HTML, body=b"<!doctype html><title>Not found</title><p>Not found.</p>"
        )

    def source_text(self, base_url: str) -> str:
        """Return the source file (TOML) with which this site, served at `base_url`, is archived."""
        return f"""id = "{self.source_id}"
name = "{self.name}"
language = "en"
home = "{base_url}/en/"
timezone = "Asia/Pyongyang"

[[lists]]
url = "{base_url}/en/"
kind = "listing"
every = "1h"

[links]
accept = ['/en/(article|media/photo)/q/[0-9a-f]+\\.kcmsf$']
follow = ['/en/category/articles/q/[0-9a-f]+\\.kcmsf$']

[article]
title = ".article-main-title"
date = ".publish-time"
body = ".content-wrapper"
date_order = "ymd"
date_format = "[%Y.%m.%d.]"
end_mark = "-0-"

[politeness]
delay = "0s"
concurrency = 4
"""

    def _page(self, title: str, content: str) -> Response:
        menu = "".join(
            f'<li><a href="{self.list_path(section)}">{html.escape(section)}</a></li>'
            for section in self._sections
        )
        text = (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f"<title>{html.escape(title)}</title></head>\n"
            f'<body><header><p class="today">{_dotted(self._look)}</p><nav><ul>{menu}</ul></nav></header>\n'
            f"<main>{content}</main>\n<footer><p>Copyright. All rights reserved.</p></footer></body></html>\n"
        )
        return Response(status=200, headers=HTML, body=text.encode())

    def _home(self) -> str:
        newest = "".join(self._entry(page) for section in self._sections for page in self.listed(section)[:1])
        return f'<ul class="article-link">{newest}</ul>'

    def _list(self, section: str) -> str:
        entries = "".join(map(self._entry, self.listed(section)))
        return f'<h2>{html.escape(section)}</h2><ul class="article-link">{entries}</ul>'

    def _entry(self, page: Seen) -> str:
        when = f'<span class="publish-time"><nobr>[{_dotted(page.date)}]</nobr></span>'
        return f'<li><a href="{page.path}">{html.escape(page.headline)}</a> {when}</li>\n'

    def _article(self, page: Seen) -> str:
        paragraphs = "".join(
            f"<p>{self._marked(line)}</p>\n" for line in page.body.split("\n") if line.strip()
        )
        return (
            f'<article><h1 class="article-main-title">{html.escape(page.headline)}</h1>\n'
            f'<p class="publish-time">[{_dotted(page.date)}]</p>\n'
            f'<div class="content-wrapper">{paragraphs}</div></article>'
        )

    def _marked(self, line: str) -> str:
        """Put the leaders' names between tags, without a space the line does not have."""
        marked = r'<nobr><span class="fSpecCs">\g<0></span></nobr>'
        return self._leaders.sub(marked, html.escape(line, quote=False))


def _dotted(day: dt.date) -> str:
    return f"{day.year}.{day.month}.{day.day}."
