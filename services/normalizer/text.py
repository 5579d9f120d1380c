"""Small rules about text that every field shares."""

import html
import re

_BORDER = "\x00"
# Hangul, Han, Kana and Thai stand without spaces: a border between them is none.
_WIDE = re.compile(r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_GLUED = re.compile(
    r"(?<=[A-Za-z\u00c0-\u052f.,;:!?)])\x00+(?=[A-Za-z\u00c0-\u052f(])|(?<=[A-Za-z\u00c0-\u052f])\x00+(?=\d)"
)
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NO_LETTERS = re.compile(r"[\W_]+")
_ASCII_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
_ELEMENT = re.compile(r"<[a-zA-Z/!][^<>]*>")


def block_text(text: str) -> str:
    """Fold white space; put a space where a `nobr` border glued two Latin, Greek or Cyrillic words together.

    KCNA sets leaders' names as `Comrade<nobr><span>Kim Jong Un</span></nobr>said`, without the spaces.
    """
    if _BORDER in text:
        text = _GLUED.sub(" ", text).replace(_BORDER, "")
    return _one_line(text)


def plain(value: str) -> str:
    """Return one line of plain text of a meta or JSON-LD value: no mark-up, entities decoded, spaces folded."""
    if "<" in value:
        value = _ELEMENT.sub(" ", value)
    if "&" in value:
        value = html.unescape(value)
    return _one_line(value)


def _one_line(text: str) -> str:
    text = text.strip()
    # No white space but the plain space is printable, so nine texts in ten are folded as they stand.
    if "  " not in text and text.isprintable():
        return text
    text = " ".join(text.split())
    # What is taken out may have stood between two spaces, or at an end.
    return text if text.isprintable() else " ".join(_UNSEEN.sub("", text).split())


def lines_of(value: str) -> list[str]:
    """Return the paragraphs of a JSON-LD text, whether it marks them by tags or by line ends."""
    if "<" in value:
        value = _ELEMENT.sub("\n", value)
    return [line for line in (plain(part) for part in html.unescape(value).split("\n")) if line]


def letters_of(text: str) -> str:
    """Return letters and digits only, without case, for comparing two texts."""
    # Bytes lose characters several times faster than text does, and most of what goes is ASCII in any script.
    seen = text.encode("utf-8", "surrogatepass").translate(None, _ASCII_NO_LETTERS)
    letters = seen.decode("utf-8", "surrogatepass")
    if not letters.isascii() and not letters.isalnum():
        letters = _NO_LETTERS.sub("", letters)
    return letters.lower() if letters.isascii() else letters.casefold()


def has_wide_letters(text: str) -> bool:
    """Tell whether a text holds letters of a script written without spaces."""
    return not text.isascii() and bool(_WIDE.search(text))


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


def cut(text: str, length: int = 500) -> str:
    """Return the start of a text, for records that must stay small."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
