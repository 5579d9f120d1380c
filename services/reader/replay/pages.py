"""Stored HTML made fit for replay: what acts is taken out, what leads somewhere leads into the archive.

The policy of the answer keeps a page from doing anything (decision 57); this keeps it from asking for what the
policy would refuse, and makes its links and pictures work. It is one pass over the tokens of HTML (WHATWG HTML
§13.2.5), linear in the length of the page, over bytes read as Latin-1: the page keeps its encoding and all of its
text byte for byte.
"""

import html
import re
from collections.abc import Callable

from services.reader.replay.stylesheets import rewritten_css

__all__ = ["base_of_page", "rewritten_html"]

Rewrite = Callable[[str], str | None]

_VALUE = r"""\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?"""
_ATTRIBUTE = rf"""[^\s/>][^\s/>=]*+(?:{_VALUE})?"""
_ATTRIBUTES = rf"(?>[\s/]+|{_ATTRIBUTE})*+"
_RAW_TEXT = ("script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes")
_TOKEN = re.compile(
    r"(?P<comment><!--(?:-?>|(?>[^-]+|-(?!-!?>))*+(?:--!?>)?))"
    rf"|<(?P<end>/)?(?P<name>[a-z][^\s/>]*+)(?P<attributes>{_ATTRIBUTES})(?P<close>>?)"
    r"|<(?=[!?/])[^>]*+>?",
    re.IGNORECASE,
)
_EACH_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s/>][^\s/>=]*+)"""
    r"""(?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^\s>"'][^\s>]*+))?)?"""
)
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW_TEXT}
_DROPPED_WITH_TEXT = frozenset({"script", "iframe", "noembed", "noframes", "xmp"})
_DROPPED = frozenset(
    {
        "animate", "animatemotion", "animatetransform", "applet", "base", "bgsound", "discard", "embed",
        "fencedframe", "frame", "frameset", "iframe", "mpath", "noembed", "noframes", "noscript", "object",
        "param", "plaintext", "portal", "script", "set", "template", "xmp",
    }
)  # fmt: skip
"""Elements of which only what stands in them is kept. Of `noscript` that is what readers without scripts saw."""
_ADDRESSES = frozenset(
    {
        "background",
        "cite",
        "data",
        "href",
        "longdesc",
        "lowsrc",
        "dynsrc",
        "poster",
        "src",
        "xlink:href",
        "usemap",
    }
)
_LISTS_OF_ADDRESSES = frozenset({"srcset", "imagesrcset"})
_DROPPED_ATTRIBUTES = frozenset(
    {
        "action", "archive", "attributionsrc", "autofocus", "autoplay", "classid", "code", "codebase",
        "crossorigin", "download", "formaction", "formtarget", "http-equiv", "integrity", "is", "manifest",
        "nonce", "ping", "profile", "referrerpolicy", "srcdoc", "target",
    }
)  # fmt: skip
_KEPT_LINKS = frozenset({"stylesheet", "icon"})
_BASE = re.compile(rf"<base(?=[\s/])(?P<attributes>{_ATTRIBUTES})", re.IGNORECASE)
_CANDIDATE = re.compile(r"[\s,]*+(?P<address>\S++)(?P<size>[^,]*+)")


def base_of_page(page: str) -> str | None:
    """Return what the first `<base>` says relative addresses start from, or None."""
    for element in _BASE.finditer(page):
        value = _attributes(element["attributes"]).get("href")
        if value is not None:
            return html.unescape(value)
    return None


def rewritten_html(page: str, rewrite: Rewrite) -> str:
    """Return a page that acts no more.

    Args:
        page: Its bytes read as Latin-1.
        rewrite: Returns the replay address for an address of the page, ASCII, or None where there is to be none.
    """
    pieces: list[str] = []
    position = 0
    while (token := _TOKEN.search(page, position)) is not None:
        pieces.append(_text(page[position : token.start()]))
        position = token.end()
        name = (token["name"] or "").lower()
        if not name:
            pieces.append("" if token["comment"] else _declaration(token[0]))
            continue
        pieces.append(_tag(token, name, rewrite))
        if name in _RAW_END and not token["end"]:
            end = _RAW_END[name].search(page, position)
            stop = end.start() if end else len(page)
            pieces.append(_raw(page[position:stop], name, rewrite))
            position = stop
    pieces.append(_text(page[position:]))
    return "".join(pieces)


def _text(text: str) -> str:
    """Write what is no tag so that it becomes none when what stood between its parts is gone."""
    return text.replace("<", "&lt;")


def _declaration(text: str) -> str:
    """Keep a doctype, which decides how the page is laid out; nothing else of this kind shows."""
    return text if text[:9].lower() == "<!doctype" else ""


def _raw(text: str, name: str, rewrite: Rewrite) -> str:
    if name in _DROPPED_WITH_TEXT:
        return ""
    # In titles and text areas a letter may be written as an entity, in styles it may not.
    return rewritten_css(text, rewrite) if name == "style" else _text(text)


def _tag(token: re.Match[str], name: str, rewrite: Rewrite) -> str:
    if name in _DROPPED:
        return ""
    if token["end"]:
        return f"</{token['name']}>"
    given = _attributes(token["attributes"])
    if name == "link" and not _KEPT_LINKS & set(given.get("rel", "").lower().split()):
        return ""
    if name == "meta" and "http-equiv" in given and given["http-equiv"].strip().lower() != "content-type":
        return ""
    kept = [_attribute(name, key, value, rewrite) for key, value in given.items()]
    if name == "meta" and "http-equiv" in given:
        kept.append('http-equiv="content-type"')
    return f"<{' '.join([token['name'], *filter(None, kept)])}>"


def _attributes(text: str) -> dict[str, str]:
    """Return the attributes of a tag as they stand, the first of each name (WHATWG HTML §13.2.5.33)."""
    found: dict[str, str] = {}
    for one in _EACH_ATTRIBUTE.finditer(text):
        value = next((one[name] for name in ("double", "single", "bare") if one[name] is not None), "")
        found.setdefault(one["name"].lower(), value)
    return found


def _attribute(element: str, name: str, value: str, rewrite: Rewrite) -> str:
    if name.startswith("on") or name in _DROPPED_ATTRIBUTES:
        return ""
    if name == "style":
        value = _quoted(rewritten_css(html.unescape(value), rewrite))
    elif name in _LISTS_OF_ADDRESSES:
        value = _quoted(_candidates(html.unescape(value), rewrite))
    elif name in _ADDRESSES:
        address = html.unescape(value).strip()
        # A place on the same page stays one.
        new = address if address.startswith("#") else rewrite(address)
        if new is None:
            return 'src="data:,"' if element == "img" and name == "src" else ""
        value = _quoted(new)
    return f'{name}="{value.replace(chr(34), "&quot;")}"'


def _candidates(text: str, rewrite: Rewrite) -> str:
    """Return the list of a `srcset` with its addresses rewritten."""
    found, position = [], 0
    while (one := _CANDIDATE.match(text, position)) is not None:
        position = one.end()
        new = rewrite(one["address"].rstrip(","))
        if new is not None:
            found.append(f"{new}{one['size'].rstrip()}")
    return ", ".join(found)


def _quoted(value: str) -> str:
    """Escape a value; what is no byte, an entity's letter, is written as one again."""
    escaped = value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.encode("latin-1", "xmlcharrefreplace").decode("latin-1")
