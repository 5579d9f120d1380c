"""Every regular expression of ours, how it is used, and texts that are hard for it."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import services
import shared

METHODS = frozenset({"match", "fullmatch", "search", "findall", "finditer", "sub", "subn", "split"})
_EVERYWHERE = list(" \n\ta1A0,.-:/'\"<>()=&#_|日한é年д")
_JOINED = [char for char in _EVERYWHERE if char in " \na1A,.-日/<:'\"="]
_UNITS = ["a ", "a, ", "1.", "1,", "a.a ", "<a ", 'a="b" ', "1-", "a-", "한 "]


@dataclass(frozen=True, slots=True)
class OwnPattern:
    """A pattern by its place, and the methods it is called by."""

    name: str
    pattern: "re.Pattern[Any]"
    methods: tuple[str, ...]

    def hard_texts(self, length: int) -> Iterator[Any]:
        """Yield texts of one thing repeated, with an end that nothing expects."""
        letters = sorted({*_EVERYWHERE, *_letters_of(self.pattern)})
        joined = [one + two for one, two in product(_JOINED, repeat=2) if one != two]
        for unit in (*letters, *joined, *_UNITS):
            text = unit * (length // len(unit)) + "\x01"
            yield text.encode() if isinstance(self.pattern.pattern, bytes) else text

    def run(self, method: str, text: Any) -> None:  # noqa: ANN401  (text or bytes)
        """Use the pattern as we do."""
        if method in {"sub", "subn"}:
            getattr(self.pattern, method)(text[:0], text)
        elif method == "finditer":
            for _ in self.pattern.finditer(text):
                """Every one is looked for."""
        else:
            getattr(self.pattern, method)(text)


def own_patterns() -> list[OwnPattern]:
    """Return every compiled pattern that a module holds under a name, once."""
    found: dict[tuple[Any, int], OwnPattern] = {}
    for module in _modules():
        uses = _uses(module.__file__ or "")
        for name, value in vars(module).items():
            for path, pattern in _patterns(name, value):
                methods = uses.get(name) or {"search"}
                place = f"{module.__name__}.{path}"
                known = found.get((pattern.pattern, pattern.flags))
                merged = tuple(sorted({*methods, *(known.methods if known else ())}))
                found[pattern.pattern, pattern.flags] = OwnPattern(
                    known.name if known else place, pattern, merged
                )
    return sorted(found.values(), key=lambda one: one.name)


def _modules() -> Iterator[Any]:
    for package in (services, shared):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # Importing a program starts it.
            if not found.name.endswith((".__main__", ".worker", ".server")):
                yield importlib.import_module(found.name)


def _uses(path: str) -> dict[str, set[str]]:
    """Return by which methods the names of a module are called; `search` for those that are only handed on."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    uses: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            for inner in ast.walk(node.value):
                if isinstance(inner, ast.Name):
                    uses.setdefault(inner.id, set()).add(node.attr)
    return uses


def _patterns(name: str, value: object) -> Iterator[tuple[str, "re.Pattern[Any]"]]:
    if isinstance(value, re.Pattern):
        yield name, value
    elif isinstance(value, (tuple, list)):
        for place, one in enumerate(value):
            yield from _patterns(f"{name}[{place}]", one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _patterns(f"{name}[{key}]", one)


def _letters_of(pattern: "re.Pattern[Any]") -> set[str]:
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    flags = pattern.flags if isinstance(pattern.pattern, str) else pattern.flags & ~re.LOCALE
    found: set[str] = set()
    _gather(parser.parse(text, flags), found)
    return found


def _gather(parsed: Any, found: set[str]) -> None:  # noqa: ANN401  (the library's own tree)
    for code, argument in parsed:
        if code is constants.LITERAL:
            found.add(chr(argument))
        elif code is constants.IN:
            for inner, value in argument:
                if inner is constants.LITERAL:
                    found.add(chr(value))
                elif inner is constants.RANGE:
                    found.add(chr(value[0]))
        else:
            for one in argument if isinstance(argument, (tuple, list)) else [argument]:
                for tree in one if isinstance(one, list) else [one]:
                    if isinstance(tree, parser.SubPattern):
                        _gather(tree, found)
