"""From an action to the fields of its form, and from a filled form to the action. None has its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.admin.operating import Action
from services.admin.pages.guard import Form

__all__ = ["FieldView", "asked", "faults", "fields_of", "filled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field as it is shown."""

    name: str
    label: str
    says: str
    widget: str
    """text | area | lines | choice | check"""
    choices: tuple[str, ...]
    value: str
    is_needed: bool
    fault: str


def fields_of(kind: type[Action], values: Form, errors: Mapping[str, str]) -> list[FieldView]:
    """Return the fields of an action, filled as far as values are known."""
    schema = kind.model_json_schema()
    return [
        FieldView(
            name=name,
            label=name.replace("_", " ").capitalize(),
            says=_says(one),
            widget=_widget(one, schema),
            choices=_choices(one, schema),
            value="\n".join(values.get(name, [])),
            is_needed=name in schema.get("required", ()),
            fault=errors.get(name, ""),
        )
        for name, one in schema["properties"].items()
    ]


def asked(kind: type[Action], form: Form) -> dict[str, Any]:
    """Return what was filled in, as the action reads it; what was left empty is left out."""
    schema, found = kind.model_json_schema(), dict[str, Any]()
    for name, one in schema["properties"].items():
        text = "\n".join(form.get(name, [])).strip()
        if not text:
            continue
        match _widget(one, schema):
            case "lines":
                found[name] = [line.strip() for line in text.splitlines() if line.strip()]
            case "check":
                found[name] = True
            case _:
                found[name] = text
    return found


def filled(arguments: Mapping[str, Any]) -> Form:
    """Return an order as its form would bring it: what `asked` reads as the same again."""
    found: Form = {}
    for name, value in arguments.items():
        match value:
            case None | False | "":
                continue
            case True:
                found[name] = ["yes"]
            case list():
                found[name] = ["\n".join(str(one) for one in value)] if value else []
            case _:
                found[name] = [str(value)]
    return found


def faults(error: ValidationError) -> dict[str, str]:
    """Return what is wrong with each field; under the empty name, what is wrong with all together."""
    found: dict[str, str] = {}
    for one in error.errors():
        name = str(one["loc"][0]) if one["loc"] else ""
        found.setdefault(name, one["msg"].removeprefix("Value error, "))
    return found


def _says(one: Mapping[str, Any]) -> str:
    return str(one.get("description", "")).replace("`", "")


def _widget(one: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if one.get("type") == "boolean":
        return "check"
    if one.get("type") == "array":
        return "lines"
    if one.get("format") in ("toml", "json"):
        return "area"
    return "choice" if _choices(one, schema) else "text"


def _choices(one: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, ...]:
    name = str(one.get("$ref", "")).rpartition("/")[2]
    return tuple(schema.get("$defs", {}).get(name, {}).get("enum", ()))
