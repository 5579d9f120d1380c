"""JSON in one way everywhere: UTF-8, keys in the order given, no surprises with non-text keys."""

from typing import Any

import orjson

__all__ = ["dump_json", "load_json"]


def dump_json(value: object) -> bytes:
    """Return a value as JSON in UTF-8; times as ISO 8601 with their zone.

    Lone surrogates, which a hostile page may carry, become U+FFFD rather than an error.
    """
    try:
        return orjson.dumps(value, default=_plain)
    except TypeError:
        return orjson.dumps(_without_surrogates(value), default=_plain)


def load_json(text: bytes | str) -> Any:  # noqa: ANN401  (JSON has no narrower type)
    """Parse JSON.

    Raises:
        ValueError: the text is not JSON.
    """
    return orjson.loads(text)


def _plain(value: object) -> object:
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {str(_without_surrogates(key)): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_without_surrogates(item) for item in value]
    return value
