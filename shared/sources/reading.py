"""Reading a source file: TOML first, then the model, and every mistake told with its line and its remedy."""

import difflib
import re
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.errors import PressmarkError
from shared.sources.lines import KeyPath, key_lines
from shared.sources.model import SourceFile

_TOML_PLACE = re.compile(r"(?:(?<!\s)\s+)?\(at (?:line (\d+), column (\d+)|end of document)\)$")
_LONGEST_SHOWN = 60
_PASSWORD = re.compile(r"://[^/@]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProblem:
    """One mistake in a source file."""

    line: int
    """From 1."""
    column: int | None = None
    """From 1, for mistakes of TOML itself."""
    key: str = ""
    """Such as `lists[0].every`; empty when the text is no TOML."""
    found: str = ""
    """What stands there, shortened; empty when nothing does."""
    right: str
    """What would be right."""

    def __str__(self) -> str:
        place = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        found = f" found {self.found};" if self.found else ""
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key}{found} {self.right}"


class SourceFileError(PressmarkError, ValueError):
    """A source file cannot be used. Its text has a line for every mistake."""

    def __init__(self, name: str, problems: tuple[SourceProblem, ...]) -> None:
        super().__init__("\n".join(f"{name}, {problem}" for problem in problems))
        self.name = name
        self.problems = problems

    @property
    def line(self) -> int:
        """The line of the first mistake, from 1."""
        return self.problems[0].line

    @property
    def key(self) -> str:
        """The key of the first mistake."""
        return self.problems[0].key


def load_source(text: str, *, name: str = "source file") -> SourceFile:
    """Return the source that a TOML text describes.

    Args:
        text: the whole file.
        name: what to call the file in an error.

    Raises:
        SourceFileError: the text is no TOML, or does not describe a source. It lists every mistake.
    """
    text = text.removeprefix("\ufeff")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SourceFileError(name, (_toml_problem(error, text),)) from None
    except RecursionError:
        raise SourceFileError(name, (SourceProblem(line=1, right="nest arrays less deeply"),)) from None
    try:
        return SourceFile.model_validate(document)
    except ValidationError as error:
        lines = key_lines(text)
        told = _without_echoes(error.errors(include_url=False))
        problems = [_model_problem(details, lines, document) for details in told]
        raise SourceFileError(name, tuple(sorted(problems, key=lambda problem: problem.line))) from None


def least_interval(text: str) -> timedelta | None:
    """Return how often the most frequent list of a source is asked; None for single pages, which have no list.

    Raises:
        SourceFileError: as `load_source`.
    """
    return min((rule.every for rule in load_source(text).lists), default=None)


def _toml_problem(error: tomllib.TOMLDecodeError, text: str) -> SourceProblem:
    message = str(error)
    place = _TOML_PLACE.search(message)
    line = int(place[1]) if place and place[1] else max(1, len(text.splitlines()))
    column = int(place[2]) if place and place[2] else None
    what = _TOML_PLACE.sub("", message)
    rows = text.replace("\r\n", "\n").split("\n")
    found = _shown(rows[line - 1].strip()) if line <= len(rows) and rows[line - 1].strip() else ""
    return SourceProblem(
        line=line,
        column=column,
        found=found,
        right=f'{what}; write key = "value", with text in quotes and patterns in single quotes',
    )


def _without_echoes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Drop pydantic's complaint that a list is too short when it is so only because an item was wrong."""
    places = [details["loc"] for details in errors]
    return [
        details
        for details in errors
        if details["type"] != "too_short"
        or not any(place[:1] == details["loc"] and len(place) > 1 for place in places)
    ]


def _model_problem(
    details: ErrorDetails, lines: dict[KeyPath, int], document: dict[str, Any]
) -> SourceProblem:
    path: KeyPath = tuple(details["loc"])
    missing = details["type"] == "missing"
    return SourceProblem(
        line=_line_of(path, lines),
        key=_dotted(path),
        found="" if missing or details["type"] == "too_short" else _found(path, document),
        right=_right(details, path),
    )


def _line_of(path: KeyPath, lines: dict[KeyPath, int]) -> int:
    """Return the line of a key, or of the nearest thing that would hold it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
        within = [line for known, line in lines.items() if known[:length] == path[:length]]
        if within:
            return min(within)
    return 1


def _dotted(path: KeyPath) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _found(path: KeyPath, document: dict[str, Any]) -> str:
    value: Any = document
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return "" if isinstance(value, dict) else _shown(_PASSWORD.sub("://...@", _toml_like(value)))


def _toml_like(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return ascii(value) if not value.isprintable() else f'"{value}"'
    if isinstance(value, list):
        return "[" + ", ".join(_toml_like(item) for item in value[:5]) + "]"
    return str(value)


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def _right(details: ErrorDetails, path: KeyPath) -> str:
    """Return what would be right, in the file's own terms rather than in pydantic's."""
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path)
    plain = {
        "missing": f"this key is needed; add {_dotted(path)}",
        "enum": f"write one of {context.get('expected', '')}".replace("'", '"'),
        "string_type": "write text in quotes",
        "string_too_short": "write some text, or leave the key out",
        "string_too_long": f"write at most {context.get('max_length')} characters",
        "string_pattern_mismatch": "write the name of one HTML attribute, such as onclick",
        "tuple_type": "write a list in square brackets, or double brackets around a table such as [[lists]]",
        "too_short": "add at least one [[lists]] with url and kind",
        "int_type": "write a whole number without quotes",
        "int_parsing": "write a whole number without quotes",
        "int_from_float": "write a whole number",
        "bool_type": "write true or false without quotes",
        "bool_parsing": "write true or false without quotes",
        "greater_than_equal": f"write a number from {context.get('ge')} on",
        "less_than_equal": f"write a number up to {context.get('le')}",
        "model_type": f"write a table, such as [{_dotted(path)}] on a line of its own",
        "value_error": str(context.get("error", "")),
    }
    return plain.get(kind) or details["msg"]


def _unknown_key(path: KeyPath) -> str:
    known = _keys_at(path[:-1])
    near = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"the keys here are {', '.join(known)}"
    return f"there is no such key; {hint}"


def _keys_at(path: KeyPath) -> list[str]:
    """Return the keys that the model knows at a path."""
    model: type[BaseModel] = SourceFile
    for part in path:
        if not isinstance(part, str):
            continue
        field = next(
            (field for name, field in model.model_fields.items() if part in {name, field.alias}), None
        )
        inner = _model_in(field.annotation) if field else None
        if inner is None:
            return []
        model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 (a type is any object)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((model for model in found if model is not None), None)
