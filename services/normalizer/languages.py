"""The language of an article: what the source declares, then what the text is, then what the page claims."""

import re

from services.normalizer.fields import Candidate, Provenance
from services.normalizer.optional import optional_module
from services.normalizer.structured import Structured, first_text

_DETECTOR = optional_module("pycld2")
_SAY_NOTHING = frozenset({"und", "mul", "zxx", "mis"})
_SAMPLE_CHARS = 1_500
"""On all pages of the gold set so much tells the same language as twice as much."""
_MIN_RELIABLE_CHARS = 200
_SAME = {"iw": "he", "in": "id", "nb": "no", "nn": "no", "ji": "yi", "fil": "tl"}
_SCRIPTS = (
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_UNENCODABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def find_language(
    title: str | None, paragraphs: tuple[str, ...], structured: Structured, *, declared: str | None = None
) -> Provenance | None:
    """Find the language as an ISO 639-1 code.

    Args:
        title: The headline.
        paragraphs: The body.
        structured: For the language that the page claims; templates lie, so it is the last resort.
        declared: The language of the source's rule, which is believed.
    """
    claimed = _claimed(structured)
    if declared and primary_tag(declared) not in _SAY_NOTHING:
        return Provenance(value=primary_tag(declared), raw=declared, method="rule")
    sample = "\n".join((title or "", *paragraphs))[:_SAMPLE_CHARS]
    detected, reliable = _detect(sample)
    rejected = tuple(
        Candidate(raw=raw, method=method, reason="the text itself is in another language")
        for method, raw, tag in claimed
        if tag != detected
    )
    if detected and (reliable or not claimed):
        return Provenance(value=detected, raw=None, method="detected", rejected=rejected)
    if claimed:
        method, raw, tag = claimed[0]
        return Provenance(value=tag, raw=raw, method=method)
    return None


def primary_tag(language: str) -> str:
    """Return the primary subtag of a BCP 47 tag in lower case, with old codes replaced by today's."""
    tag = re.split(r"[-_]", language.strip().lower())[0]
    return _SAME.get(tag, tag)


def _claimed(structured: Structured) -> list[tuple[str, str, str]]:
    values = [("html.lang", structured.html_language)]
    values += [
        ("json_ld.inLanguage", first_text(article.get("inLanguage"))) for article in structured.articles[:1]
    ]
    values += [
        (f"meta.{key}", structured.meta.get(key)) for key in ("og:locale", "content-language", "language")
    ]
    return [
        (method, raw, primary_tag(raw))
        for method, raw in values
        if raw and re.fullmatch(r"[a-z]{2,3}", primary_tag(raw))
    ]


def _detect(sample: str) -> tuple[str | None, bool]:
    text = _UNENCODABLE.sub(" ", sample).strip()
    if not text:
        return None, False
    if _DETECTOR is None:
        return _script(text), False
    try:
        reliable, _, guesses = _DETECTOR.detect(text.encode("utf-8", "ignore"), bestEffort=True)
    except _DETECTOR.error:
        return _script(text), False
    code = str(guesses[0][1])
    if code == "un":
        return _script(text), False
    return primary_tag(code), bool(reliable) and len(text) >= _MIN_RELIABLE_CHARS


def _script(text: str) -> str | None:
    for language, letters in _SCRIPTS:
        if len(letters.findall(text)) * 10 > len(text):
            return language
    return None
