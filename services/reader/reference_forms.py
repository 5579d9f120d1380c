"""References as BibTeX, RIS and CSL-JSON, for Zotero, EndNote and the like."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC

from services.reader.references import Reference
from services.reader.wording import excerpt, language_tag
from shared.encoding import dump_json
from shared.ledger.records import Json

__all__ = ["bibtex_entries", "csl_items", "ris_records"]

_ARCHIVE = "Pressmark"
_LONGEST_TEXT = 5_000
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:[T ].*)?", re.DOTALL)
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", '"': r"\textquotedbl{}",
        "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "_": r"\_",
    }
)  # fmt: skip
"""TeX's own signs. Braces are spelled out: BibTeX counts them even after a backslash."""
_TEX_URL = str.maketrans({"\\": "%5C", "{": "%7B", "}": "%7D", '"': "%22"})


def bibtex_entries(references: Iterable[Reference], base: str) -> Iterator[bytes]:
    """Yield references as BibTeX entries in UTF-8.

    `url` is the original; `archived` and `archived-date` say where and when it was kept.
    """
    for one in references:
        fields = {"title": f"{{{one.title.translate(_TEX)}}}", "author": f"{{{one.source.translate(_TEX)}}}"}
        fields |= dict(zip(("year", "month", "day"), _date_parts(one.issued), strict=False))
        seen = one.seen_at.astimezone(UTC)
        page = f"{base}{one.path}".translate(_TEX_URL)
        fields |= {
            "url": one.original.translate(_TEX_URL) if one.original else page,
            "urldate": f"{seen:%Y-%m-%d}",
            "archived": page,
            "archived-date": f"{seen:%Y-%m-%dT%H:%M:%SZ}",
            "language": language_tag(one.language),
            "note": (one.what or "").translate(_TEX),
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
        yield f"@misc{{{_key(one)},\n{lines}}}\n\n".encode("utf-8", "replace")


def ris_records(references: Iterable[Reference], base: str) -> Iterator[bytes]:
    """Yield references as RIS records, a field to a line: what is foreign holds no line break, so no field."""
    for one in references:
        parts = _date_parts(one.issued)
        seen = one.seen_at.astimezone(UTC)
        page = f"{base}{one.path}"
        fields = [
            ("TY", "NEWS" if one.kind in ("article", "removal") else "ELEC"),
            ("ID", _key(one)),
            ("TI", one.title),
            ("AU", one.source),
            ("PB", one.source),
            ("PY", parts[0] if parts else ""),
            ("DA", "/".join((*parts, "", "", "")[:3]) + "/" if parts else ""),
            ("LA", language_tag(one.language)),
            ("UR", one.original or page),
            ("L2", page),
            ("DB", _ARCHIVE),
            ("Y2", f"{seen:%Y/%m/%d}/"),
            ("N1", f"Archived {seen:%Y-%m-%dT%H:%M:%SZ}" + (f". {one.what}" if one.what else "")),
            ("AB", excerpt(one.text, _LONGEST_TEXT)),
        ]
        lines = "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in fields if value)
        yield f"{lines}ER  - \r\n\r\n".encode("utf-8", "replace")


def csl_items(references: Iterable[Reference], base: str) -> Iterator[bytes]:
    """Yield references as one array of CSL-JSON 1.0.2 items."""
    yield b"["
    for number, one in enumerate(references):
        yield (b",\n" if number else b"") + dump_json(_csl(one, base))
    yield b"]\n"


def _csl(one: Reference, base: str) -> Json:
    seen = one.seen_at.astimezone(UTC)
    page = f"{base}{one.path}"
    parts = [int(part) for part in _date_parts(one.issued)]
    item = {
        "id": _key(one),
        "type": "article-newspaper" if one.kind in ("article", "removal") else "webpage",
        "title": one.title,
        "author": [{"literal": one.source}] if one.source else None,
        "publisher": one.source,
        "issued": {"date-parts": [parts]} if parts else None,
        "accessed": {"date-parts": [[seen.year, seen.month, seen.day]]},
        "language": language_tag(one.language),
        "URL": one.original or page,
        "archive": _ARCHIVE,
        "archive_location": page,
        "abstract": excerpt(one.text, _LONGEST_TEXT),
        "note": one.what,
        "custom": {"archived": page, "archived-date": f"{seen:%Y-%m-%dT%H:%M:%SZ}"},
    }
    return {name: value for name, value in item.items() if value}


def _date_parts(issued: str | None) -> tuple[str, ...]:
    """Return year, month and day of a date of ISO 8601, as far as it is known."""
    found = _DATE.fullmatch(issued or "")
    return tuple(part for part in found.groups() if part) if found else ()


def _key(one: Reference) -> str:
    """Return what names the reference in a bibliography: letters, digits and signs that BibTeX bears."""
    return "pressmark:" + re.sub(r"[^A-Za-z0-9.:-]+", "-", f"{one.kind}-{one.key}")
