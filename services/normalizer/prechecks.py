"""Whether a page is so plain that the guards would change nothing, counted on its bytes.

The guards measure attributes and depth exactly, on text. Most pages are far from every limit, and bytes
are searched faster than text. What is not plain by these rough counts goes through the guards.
"""

import re

# A tag, a comment, or a raw text element with its text (WHATWG HTML §13.2.5). Half of what begins by `<` is an
# end, so ends are ruled out first; then come names that begin with no letter of a raw element, since most tags are
# such. A tag goes to the first `>` outside quotes. In most, each quote stands behind an equals sign behind a name;
# where one stands anywhere else, only the exact grammar knows which quotes hold values.
_PARTS = {
    b"s": rb" \t\n\r\f",  # a vertical tab is white space to `\s`, but part of a name or a value to a browser
    b"quoted": rb""""[^"]*+"|'[^']*+'""",
}
_TIDY = (
    rb"""[^>"'=]*+(?:(?<=[^%(s)b/"'<])=[%(s)b]*+(?:%(quoted)b|[^%(s)b>"']*+(?![^%(s)b>]))[^>"'=]*+)*+(?=>)"""
    % _PARTS
)
_EXACT = (
    rb"""[^%(s)b/>]*+(?:[%(s)b/]++|[^%(s)b/>][^%(s)b/>=]*+"""
    rb"""(?:[%(s)b]*+=[%(s)b]*+(?:%(quoted)b|[^%(s)b>"'][^%(s)b>]*+)?)?+)*+""" % _PARTS
)
_INSIDE = rb"(?:%b|%b)" % (_TIDY, _EXACT)
_RAW_NAMES = (b"script", b"style", b"textarea", b"title", b"iframe", b"xmp", b"noembed", b"noframes")
_RAW = b"|".join(rb"(?i:%b)(?=[\s/>])[^>]*+(?>[^<]+|<(?!/(?i:%b)))*+" % (name, name) for name in _RAW_NAMES)
_ROUGH_TAG = re.compile(
    rb"<(?!/)(?:[a-hj-mo-ru-wyzA-HJ-MO-RU-WYZ]"
    + _INSIDE
    + rb"|(?=[!instxINSTX])(?:!--(?:-?>|(?>[^-]+|-(?!-!?>))*+)|"
    + _RAW
    + rb"|[a-zA-Z]"
    + _INSIDE
    + rb"))"
)
_NO_TAG = re.compile(rb"<(?:!--|(?i:" + b"|".join(_RAW_NAMES) + rb")[\s/>])")
_ATTRIBUTE = re.compile(rb"""[ \t\n\r\f/]++[^\s/>="'<]++(?:="[^"]*+"|='[^']*+'|=[^\s"'=<>`]++)?+""")
_WELL_FORMED = re.compile(rb"<[a-zA-Z][a-zA-Z0-9-]*+(?:" + _ATTRIBUTE.pattern + rb")*+[\s/]*+")
_ALONE = re.compile(
    rb"<(?:!--|(?i:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)(?:[\s/>]|\Z))"
)
_MAX_BYTES = 6_000_000
_MAX_TAGS = 30_000
_LEAST_TAGS = 8
_MAX_TAG_BYTES = 16_000
"""A tag of so many bytes has at most 8,000 attributes."""

_MAX_ATTRIBUTES = 1_000
_MAX_OPEN = 1_000


def is_plain(markup: bytes) -> bool:
    """Tell whether UTF-8 mark-up has some tags, none of them long, and nearly as many ends as starts."""
    if len(markup) > _MAX_BYTES or markup.count(b"<") > 2 * _MAX_TAGS:
        return False
    tags = _ROUGH_TAG.findall(markup)
    if not _LEAST_TAGS <= len(tags) <= _MAX_TAGS:
        return False
    if max(map(len, tags)) > _MAX_TAG_BYTES and any(map(_is_long, tags)):
        return False
    if len(tags) <= _MAX_OPEN:
        return True
    left_open = len(tags) - markup.count(b"</")
    return left_open <= _MAX_OPEN or left_open - sum(map(_stands_alone, tags)) <= _MAX_OPEN


def _stands_alone(tag: bytes) -> bool:
    """Tell whether a tag is a comment, or of an element that never has an end."""
    return _ALONE.match(tag) is not None


def _is_long(tag: bytes) -> bool:
    """Tell whether a tag has room for more attributes than the parser reads in time; long scripts are none."""
    if len(tag) <= _MAX_TAG_BYTES or _NO_TAG.match(tag):
        return False
    # Data of scripts stands in long values. Only where each quote closes is it sure which of them are values.
    return not _WELL_FORMED.fullmatch(tag) or len(_ATTRIBUTE.findall(tag)) > _MAX_ATTRIBUTES
