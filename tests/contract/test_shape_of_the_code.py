"""The hard limits on the shape of the code, checked over every module of the product."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
TOP_LEVEL = {
    "LICENSE",
    "README.md",
    "deploy",
    "docker-compose.yml",
    "pyproject.toml",
    "services",
    "shared",
    "tests",
}


def modules() -> list[Path]:
    return sorted(path for part in ("services", "shared") for path in (ROOT / part).rglob("*.py"))


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_and_its_functions_can_be_read_in_one_sitting(module: Path) -> None:
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions(module)}

    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_nine_in_ten_functions_are_under_thirty_lines() -> None:
    lengths = sorted(
        (node.end_lineno or 0) - node.lineno + 1 for module in modules() for node in functions(module)
    )

    assert lengths[len(lengths) * 9 // 10] < 30


def test_the_top_level_holds_what_it_should_and_nothing_else() -> None:
    shown = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}

    assert shown - {"dist", "build"} <= TOP_LEVEL
