"""What a host's robots.txt lets a crawler ask for (RFC 9309), and how slowly."""

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from protego import Protego

from shared.urls import BadUrlError, canonical_url

AGENT: Final = "Pressmark"
MAX_ROBOTS_BYTES: Final = 512 * 1024
"""How much of a file is read; RFC 9309 §2.5 asks for at least 500 KiB."""
MAX_LINE_CHARS: Final = 16_663
MAX_CRAWL_DELAY: Final = timedelta(seconds=120)
MAX_SITEMAPS: Final = 100

# The line names that Google's matcher and protego know, misspellings included, with or without a colon.
_RULE_LINE = re.compile(
    r"\s*(?P<name>user[ -]?agent|allow|dis?s?all?[ao]w|diasllow|site-?maps?|host)(?:\s*:|\s)(?P<value>.*)",
    re.IGNORECASE | re.DOTALL,
)
_DELAY_LINE = re.compile(r"\s*crawl[ -]delay(?:\s*:|\s).*", re.IGNORECASE | re.DOTALL)
_SITEMAP_LINE = re.compile(r"\s*site-?maps?\s*:?\s*(\S+)", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
# What `str.splitlines` would break a line at and RFC 9309 would not.
_OTHER_BREAKS = re.compile(r"[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_PRODUCT = re.compile(r"\*(?=\s|$)|[A-Za-z0-9_.-]+")
_UNRESERVED_ESCAPE = re.compile(r"%(2D|2E|3[0-9]|4[1-9A-F]|5[0-9A]|5F|6[1-9A-F]|7[0-9A]|7E)", re.IGNORECASE)


class RobotsState(StrEnum):
    """What is known of a host's wishes."""

    RULES = "rules"
    ALLOW_ALL = "allow_all"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsPolicy:
    """The wishes of one host."""

    state: RobotsState
    text: str = ""

    @classmethod
    def parse(cls, status: int | None, body: bytes) -> Self:
        """Return the policy that the answer to `/robots.txt` means (RFC 9309 §2.3.1).

        Args:
            status: of the last response after redirects; None when there was none.
            body: content-coding undone; its first 512 KiB are read.

        2xx: the rules. 4xx, and a redirect that was given up: everything is allowed. 5xx, no
        response, and 429, by which a host asks to be left alone for now: nothing is allowed until
        the file can be read.
        """
        if status is None or status >= 500 or status == 429 or status < 200:
            return cls(state=RobotsState.UNREACHABLE)
        if status >= 300:
            return cls(state=RobotsState.ALLOW_ALL)
        text = body[:MAX_ROBOTS_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
        return cls(state=RobotsState.RULES, text=text)

    @property
    def unreachable(self) -> bool:
        """Whether nothing may be asked until robots.txt is read again."""
        return self.state is RobotsState.UNREACHABLE

    def allows(self, url: str, agent: str = AGENT) -> bool:
        """Tell whether a crawler with this product token may ask for a URL.

        The group of the token alone counts, whatever its case, else that of `*`; the longest match
        wins, and allow wins a tie (RFC 9309 §2.2). `/robots.txt` itself may always be asked for.
        """
        if self.state is not RobotsState.RULES:
            return self.state is RobotsState.ALLOW_ALL
        return bool(_rules(self.text, agent).can_fetch(_kept_apart(url), agent))

    def crawl_delay(self, agent: str = AGENT) -> timedelta | None:
        """Return the `Crawl-delay` that a crawler is asked for, at most 120 seconds, or None.

        The field is no part of RFC 9309, but it is a wish that can be granted.
        """
        if self.state is not RobotsState.RULES or "crawl" not in self.text.lower():
            return None
        seconds = _rules(self.text, agent, with_delays=True).crawl_delay(agent)
        if seconds is None or math.isnan(seconds) or seconds <= 0:
            return None
        return timedelta(seconds=min(float(seconds), MAX_CRAWL_DELAY.total_seconds()))

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The sitemaps that the file names, in canonical form, at most 100."""
        found: dict[str, None] = {}
        for line in _LINE_END.split(self.text):
            match = _SITEMAP_LINE.match(line)
            try:
                if match and len(found) < MAX_SITEMAPS:
                    found.setdefault(canonical_url(match[1]))
            except BadUrlError:
                continue
        return tuple(found)


@lru_cache(maxsize=128)
def _rules(text: str, agent: str, *, with_delays: bool = False) -> Protego:
    """Parse a file for one crawler.

    Protego matches paths well but departs from RFC 9309 in what forms a group, so it gets the file
    cleaned: lines it does not know, which must end no group, are left out; product tokens are cut
    where they end; groups of other crawlers lose theirs, because protego matches beginnings of a name.
    """
    lines = []
    for raw in _LINE_END.split(text):
        line = _OTHER_BREAKS.sub(" ", raw[:MAX_LINE_CHARS]).partition("#")[0]
        match = _RULE_LINE.fullmatch(line)
        if match:
            lines.extend(_mended(match["name"].lower(), match["value"].strip(), agent))
        elif with_delays and _DELAY_LINE.fullmatch(line):
            lines.append(line)
    return Protego.parse("\n".join(lines))


def _mended(name: str, value: str, agent: str) -> list[str]:
    if name.startswith("user"):
        product = _PRODUCT.match(value)
        named = product[0].lower() if product else ""
        return [f"User-agent: {named if named in {'*', agent.lower()} else '-another-'}"]
    if name == "allow":
        return [f"Allow: {_kept_apart(value)}"]
    if name.startswith("di"):
        # Escapes of plain characters are matched both as written and as meant (RFC 9309 §2.2.2), so
        # that of two readings the host gets the stricter. Google's matcher reads them as written.
        meant = _UNRESERVED_ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), value)
        return [f"Disallow: {written}" for written in dict.fromkeys((_kept_apart(value), meant))]
    return []


def _kept_apart(text: str) -> str:
    """Double the escapes of plain characters, so that protego does not decode them."""
    return _UNRESERVED_ESCAPE.sub(lambda escape: f"%25{escape[1].upper()}", text)
