"""What must hold of every extraction, whatever the page was."""

import html
import json
import re

from selectolax.lexbor import LexborHTMLParser

from services.normalizer.addresses import host_of
from services.normalizer.charsets import decode
from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, ExtractionError, PageContext
from services.normalizer.guards import safe_markup
from services.normalizer.records import extraction_record
from services.normalizer.text import letters_of
from shared.encoding import dump_json

_NO_CONTEXT = PageContext()
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}")


def checked_extraction(body: bytes, context: PageContext = _NO_CONTEXT) -> Extraction | None:
    """Extract a page and hold the result against what must be true of it; None when the page was refused.

    Raises:
        AssertionError: the result cannot be written, a second reading differs, or it says what the page does not.
    """
    try:
        found = extract(body, context)
    except ExtractionError:
        return None
    record = dump_json(extraction_record(found))
    json.dumps(extraction_record(found), ensure_ascii=False).encode("utf-8")
    assert dump_json(extraction_record(extract(body, context))) == record, (
        "a second reading gave another result"
    )
    # trafilatura reads the page by another parser, which mends broken mark-up in other ways.
    own = found.provenance["body"].method != "trafilatura"
    strange = foreign_lines(found, body, context) if own else []
    assert not strange, f"lines that do not stand in the page: {strange[:5]}"
    return found


def foreign_lines(found: Extraction, body: bytes, context: PageContext = _NO_CONTEXT) -> list[str]:
    """Return the paragraphs, or the title, whose letters do not stand in the page in this order.

    Elements that are left out may stand between two letters of a paragraph; that is all that may.
    """
    lines = {letters: line for line in (*found.body, found.title or "") if (letters := letters_of(line))}
    if not lines:
        return []
    texts = _texts_of_page(body, context)
    return sorted(
        line for letters, line in lines.items() if not any(_runs_through(text, letters) for text in texts)
    )


def _runs_through(text: str, letters: str) -> bool:
    if letters in text:
        return True
    place = -1
    for letter in letters:
        place = text.find(letter, place + 1)
        if place < 0:
            return False
    return True


def _texts_of_page(body: bytes, context: PageContext) -> list[str]:
    """Return the letters of a page's text, of its attributes and of its scripts, with escapes undone."""
    decoded = decode(body, context.content_type, domain=host_of(context.url))
    tree = LexborHTMLParser(safe_markup(decoded.text))
    text = tree.root.text(separator="") if tree.root else ""
    values = [str(value) for node in tree.css("meta") for value in node.attributes.values() if value]
    pieces = [text, *values, *(_unescaped(node.text()) for node in tree.css("script"))]
    pieces += [re.sub(r"<[^<>]*>", "", piece) for piece in pieces]
    pieces += [html.unescape(piece) for piece in pieces]
    return [letters_of(piece) for piece in pieces]


def _unescaped(script: str) -> str:
    return (
        _ESCAPE.sub(lambda match: match[0].encode().decode("unicode_escape"), script)
        .replace("\\n", " ")
        .replace("\\", "")
    )
