"""The rules of deploy/prometheus made quick, so that a test can wait for them. Nothing is written twice.

The committed files are read, and in every rule
- each duration (`for`, `keep_firing_for`, a range such as `[6h]`, an `offset`) becomes a twentieth of itself, but
  no more than 2 seconds for the first two and 30 seconds for the others;
- each whole number of three digits or more in an expression, which is an age in seconds or a day's worth of
  articles, becomes a twentieth of itself.
Ratios, counts below a hundred, names, labels and the shape of every expression stay as they are.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from tests.support.prometheus import RULES

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PART = 20
_LONGEST_FOR = 2
_LONGEST_RANGE = 30


def write_shortened_rules(folder: Path) -> Path:
    """Write the shortened form of every committed rule file into a new directory, and return it."""
    folder.mkdir()
    for path in sorted(RULES.glob("*.yml")):
        shortened = shortened_rules(yaml.safe_load(path.read_text(encoding="utf-8")))
        (folder / path.name).write_text(yaml.safe_dump(shortened, sort_keys=False), encoding="utf-8")
    return folder


def shortened_rules(file: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a rule file with every rule shortened."""
    groups = [{**group, "rules": [_rule(rule) for rule in group["rules"]]} for group in file["groups"]]
    return {**file, "groups": groups}


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    waits = {name: _shorter(rule[name], _LONGEST_FOR) for name in ("for", "keep_firing_for") if name in rule}
    return {**rule, **waits, "expr": shortened_expression(rule["expr"])}


def shortened_expression(expr: str) -> str:
    """Return an expression with shorter ranges, offsets and ages."""
    expr = re.sub(r"\[(\w+)\]", lambda found: f"[{_shorter(found[1], _LONGEST_RANGE)}]", expr)
    expr = re.sub(r"offset (\w+)", lambda found: f"offset {_shorter(found[1], _LONGEST_RANGE)}", expr)
    return re.sub(r"(?<=[ (])\d{3,}\b", lambda found: str(int(found[0]) // _PART), expr)


def _shorter(duration: str, longest: int) -> str:
    seconds = int(duration[:-1]) * _SECONDS[duration[-1]]
    return f"{min(-(-seconds // _PART), longest)}s"
