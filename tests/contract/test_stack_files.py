"""The files of the stack agree: every variable is explained, every image pinned, every service scraped."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.admin.settings import BackupSettings
from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("${PRESSMARK_IMAGE")}
each_service = pytest.mark.parametrize("name", sorted(SERVICES))


def test_the_example_of_settings_holds_every_variable_of_the_stack_with_its_default() -> None:
    used = dict(re.findall(r"(?<!\$)\$\{(\w+)(?::-([^}]*))?\}", COMPOSE))
    example = (ROOT / "deploy" / "env.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))

    assert shown == used


@each_service
def test_an_image_has_a_version(name: str) -> None:
    image = SERVICES[name]["image"]

    assert re.search(r":v?\d+\.\d+[\w.-]*\}?$", image), image


@each_service
def test_a_service_gives_up_every_right_it_can(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert name in OURS or service["user"].split(":")[0] != "0"


@each_service
def test_a_port_is_open_to_this_machine_alone(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:"), port


def test_only_the_fetcher_is_in_the_network_that_leads_out() -> None:
    assert [name for name, service in SERVICES.items() if "world" in service["networks"]] == ["fetcher"]
    assert yaml.safe_load(COMPOSE)["networks"]["parts"] == {"internal": True}


def test_passwords_are_files_that_one_command_makes() -> None:
    made = set(re.findall(r"^ *keep (\w+) ", (ROOT / "deploy" / "make-secrets").read_text(), re.MULTILINE))

    assert made == set(yaml.safe_load(COMPOSE)["secrets"])
    for name in made:
        if name.startswith("pressmark_"):
            assert name.removeprefix("pressmark_") in {
                *ServiceSettings.model_fields,
                *BackupSettings.model_fields,
            }


def test_prometheus_scrapes_every_service_that_shows_metrics() -> None:
    groups = json.loads((ROOT / "deploy" / "stack" / "targets" / "stack.json").read_text(encoding="utf-8"))

    assert {group["labels"]["service"] for group in groups} <= OURS
    assert {group["labels"]["service"] for group in groups} >= {"crawler", "fetcher", "normalizer", "reader"}
    for group in groups:
        assert group["targets"] == [f"{group['labels']['service']}:9464"]


def test_the_image_is_built_of_what_the_lock_says_for_running() -> None:
    lock = (ROOT / "deploy" / "requirements-run.lock").read_text(encoding="utf-8")
    whole = (ROOT / "deploy" / "requirements.lock").read_text(encoding="utf-8")
    named = set(re.findall(r"^([\w.-]+==[^ ;\\]+)", lock, re.MULTILINE))

    assert named <= set(re.findall(r"^([\w.-]+==[^ ;\\]+)", whole, re.MULTILINE))
    assert not any(name.startswith(("pytest", "mypy", "ruff")) for name in named)
