"""What the README says is so."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from services.pressmark.program import app
from shared.sources import load_source

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = re.findall(r"```sh\n(.+?)\n```", README)[1]

    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_source_file_of_the_readme_is_accepted() -> None:
    text = re.search(r"```toml\n(.+?)```", README, re.DOTALL)

    assert text is not None
    assert load_source(text[1]).id == "harbour-en"


@pytest.mark.parametrize("name", sorted(set(re.findall(r"pressmark ([a-z]+)(?=[ `,])", README))))
def test_a_command_of_the_readme_exists(name: str) -> None:
    assert name in get_command(app).commands  # type: ignore[attr-defined]


def test_every_folder_of_the_readme_exists() -> None:
    for folder in re.findall(r"\| `([a-z_/]+)`", README):
        assert (ROOT / folder).is_dir(), folder
