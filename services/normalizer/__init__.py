"""Reads archived pages: from the bytes of a capture to the fields of an article, each with where it came from.

As a library:

    from services.normalizer import PageContext, extract

    article = extract(body, PageContext(url="https://news.example/a", content_type="text/html"))

The names are looked up when they are first used: the parsers are not loaded by a program that wants none of them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.normalizer.extracting import extract
    from services.normalizer.fields import Extraction, PageContext

__all__ = ["Extraction", "PageContext", "extract"]


def __getattr__(name: str) -> Any:  # noqa: ANN401  (a class or a function)
    if name == "extract":
        from services.normalizer.extracting import extract  # noqa: PLC0415

        return extract
    if name in {"Extraction", "PageContext"}:
        from services.normalizer import fields  # noqa: PLC0415

        return getattr(fields, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
