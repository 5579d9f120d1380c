"""Writing a source back as a file that people can edit."""

from typing import Any

import tomlkit
from tomlkit.items import Item, String

from shared.sources.model import SourceFile


def dump_source(source: SourceFile) -> str:
    """Return the TOML text of a source: what differs from the defaults, patterns in single quotes.

    Loading the text gives an equal source.
    """
    document = source.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for rule, dumped in zip(source.lists, document["lists"], strict=True):
        dumped["every"] = rule.model_dump(mode="json")["every"]
    return tomlkit.dumps(_readable(document))


def _readable(value: Any) -> Any:  # noqa: ANN401 (the value is any TOML value)
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(item) for item in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> Item | str:
    literal = "\\" in text and "'" not in text and text.isprintable()
    return _literal(text) if literal else text


def _literal(text: str) -> String:
    return tomlkit.string(text, literal=True)
