"""What the ledger calls reasons, states and figures, in words: its codes are stored, and readers never see one."""

import re
from typing import Final

from services.reader.wording import shown
from services.reader.words import Words
from shared.phrases import message

__all__ = ["reason_words", "standing_words"]

_REASONS: Final = {
    "bad_url": message("not a valid address"),
    "scheme": message("neither http nor https"),
    "port": message("a port that is not asked"),
    "private_address": message("a private address"),
    "dns": message("host name not found"),
    "connect": message("no connection"),
    "tls": message("no secure connection"),
    "certificate": message("invalid certificate"),
    "timeout_connect": message("connecting took too long"),
    "timeout_first_byte": message("the answer took too long to begin"),
    "timeout": message("the answer took too long"),
    "disconnect": message("connection lost"),
    "protocol": message("the answer was not HTTP"),
    "header_too_large": message("header too large"),
    "proxy": message("the proxy did not connect"),
    "host_unreachable": message("host unreachable"),
    "length": message("longer than is kept"),
    "time": message("it took too long"),
    "redirected_home": message("redirected to the front page"),
    "error_page": message("an error page"),
    "robots_disallowed": message("disallowed by robots.txt"),
    "robots_unreachable": message("robots.txt unreachable"),
    "not_found": message("not found"),
    "waiting": message("waiting"),
    "leased": message("being looked at"),
    "archived": message("archived"),
    "failed": message("failed"),
    "excluded": message("excluded"),
    # Why no list was looked at on a day.
    "not followed yet": message("not followed yet"),
    "removed by the operator": message("removed by the operator"),
    "it has no list": message("it has no list"),
    # What an alarm is proved with, and the figures of its test.
    "revisions": message("revisions"),
    "captures": message("captures"),
    "test": message("test"),
    "since": message("since"),
    "holders": message("articles with it"),
    "holders_removed": message("of these removed"),
    "others": message("articles without it"),
    "others_removed": message("of those removed"),
    "p_value": message("p-value"),
    "look": message("look"),
    "level_of_look": message("level of this look"),
    "correction": message("correction"),
    "last_mention": message("last article with it"),
    "last_published": message("its date"),
    "articles_since": message("articles since then"),
    "articles_before": message("articles until then"),
    "mentions_before": message("of these with it"),
    "articles_read": message("articles read"),
    "days": message("days"),
    "blind_days": message("blind days"),
}
_STATUS = re.compile(r"http_([0-9]{3})")
_NO_LOOK = re.compile(r"no look at any list \((.*)\)", re.DOTALL)


def reason_words(code: str, words: Words) -> str:
    """Return a reason, a state or the name of a figure in words; one that is not known as it is."""
    if code in _REASONS:
        return words.say(_REASONS[code])
    status = _STATUS.fullmatch(code)
    if status:
        return words.say("the host answered %(status)s", status=status[1])
    return shown(code).replace("_", " ")


def standing_words(standing: str, words: Words) -> str:
    """Return a state with its reason, as in `failed: dns`, or why a list was not looked at, in words."""
    unseen = _NO_LOOK.fullmatch(standing)
    if unseen:
        lists = words.all_of(standing_words(one, words) for one in unseen[1].split(", "))
        return words.say("no look at any list (%(lists)s)", lists=lists)
    state, mark, reason = standing.partition(": ")
    if not mark:
        return reason_words(state, words)
    told = {"state": reason_words(state, words), "reason": reason_words(reason, words)}
    return words.say("%(state)s: %(reason)s", **told)
