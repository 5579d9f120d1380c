"""Finds every sentence of the pages. `python -m services.reader.phrase_sources` brings the catalogues up to date.

New and changed sentences stand there without a translation then, and what is no longer said goes.
"""

import sys
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from services.reader.tongues import DEFAULT, PHRASES, TAGS

__all__ = ["said", "updated"]

_READER = Path(str(files("services.reader")))
_SHARED = Path(str(files("shared")))
_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}
_KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "say", "message", "BadAddressError", "NoSuchPageError"), None),
    "ngettext": (1, 2),
    "plural": (1, 2),
}
"""What marks a sentence, in templates and in Python."""
_HEADER = r"""# The sentences of the pages. Written by services.reader.phrase_sources; translations by hand.
msgid ""
msgstr ""
"Language: {tag}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plurals}\n"

"""
"""Without the times of the last change, which would differ in every branch."""


def said() -> Catalog:
    """Return every sentence that the pages and what they show of the shared parts may say."""
    catalogue = Catalog(fuzzy=False)
    for folder in (_READER, _SHARED):
        found = extract_from_dir(
            folder, _METHODS, _OPTIONS, keywords=_KEYWORDS, directory_filter=_is_of_pages
        )
        for name, _line, text, _comments, context in found:
            # No line numbers: a catalogue changes when a sentence does, and not when one moves.
            catalogue.add(text, locations=[(f"{folder.name}/{name}", 0)], context=context)
    return catalogue


def _is_of_pages(folder: str) -> bool:
    return Path(folder).name != "replay"  # it speaks to programs


def updated(tag: str) -> bytes:
    """Return the catalogue of a language with today's sentences, as it should stand in its file."""
    with (PHRASES / f"{tag}.po").open("rb") as source:
        catalogue = read_po(source, locale=tag.replace("-", "_"))
    catalogue.update(said(), no_fuzzy_matching=True)
    text = BytesIO()
    write_po(text, catalogue, width=110, sort_output=True, ignore_obsolete=True, omit_header=True)
    return _HEADER.format(tag=tag, plurals=catalogue.plural_forms).encode() + text.getvalue()


def main() -> None:
    """Write the catalogues anew."""
    for tag in TAGS:
        if tag != DEFAULT:
            text = updated(tag)
            (PHRASES / f"{tag}.po").write_bytes(text)
            sys.stdout.write(f"{tag}: {len(text)} bytes\n")


if __name__ == "__main__":
    main()
