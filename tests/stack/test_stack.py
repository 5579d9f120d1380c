"""The container stack, really brought up: healthy, hardened, at work, stopped under load and started again."""

import json
import urllib.request
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.stack.composed import Composed, composed
from tests.stack.engine import Engine, NoEngineError, running_engine
from tests.stack.images import APP, make_images, make_watching_images, version_of_package
from tests.support.slow_outlet import SlowOutlet, running_outlet

pytestmark = pytest.mark.timeout(1200)

WORKERS = ("crawler", "fetcher", "normalizer", "beat")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    try:
        with running_engine() as engine:
            yield engine
    except NoEngineError as error:
        pytest.skip(f"no containers can be run here: {error}")


@pytest.fixture(scope="module")
def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    make_images(engine, tmp_path_factory.mktemp("images"))
    # A private network must be opened by name for the outlet, as an operator would for one in the house.
    settings = {"PRESSMARK_PRIVATE_NETWORKS": "172.16.0.0/12,192.168.0.0/16", "PRESSMARK_FETCHERS": "2"}
    with composed(engine, tmp_path_factory.mktemp("stack"), settings=settings) as stack:
        stack.compose("up", "--detach")
        stack.wait_until(lambda: not stack.unready(), seconds=240)
        yield stack


@pytest.fixture(scope="module")
def outlet(stack: Composed) -> Iterator[SlowOutlet]:
    described = json.loads(stack.engine.run("docker", "network", "inspect", f"{stack.project}_world"))
    gateway = described[0]["IPAM"]["Config"][0]["Gateway"]
    assert ip_network(described[0]["IPAM"]["Config"][0]["Subnet"]).is_private
    with running_outlet(hosts=3, pages=60, seconds=0.3, address=gateway) as outlet:
        yield outlet


def test_our_image_is_named_after_the_version_of_the_package() -> None:
    assert f"pressmark:{version_of_package()}" == APP


def test_every_service_is_healthy_and_hardened(stack: Composed) -> None:
    containers = stack.containers()

    assert stack.unready() == {}
    for name, one in containers.items():
        host = one["HostConfig"]
        assert one["Config"]["User"] not in {"", "0", "root"} or one["Config"]["Image"] == APP, name
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["Memory"] > 0, name
        assert not host["Privileged"], name
    passwords = Path(stack.file.parent / "deploy" / "secrets" / "database_password").read_text(
        encoding="utf-8"
    )
    assert passwords not in json.dumps(containers)


def test_only_the_fetcher_reaches_outlets_and_only_what_backs_up_the_place_of_backups(
    stack: Composed,
) -> None:
    for name, one in stack.containers().items():
        networks = {
            network.removeprefix(f"{stack.project}_") for network in one["NetworkSettings"]["Networks"]
        }
        assert ("world" in networks) == (name == "fetcher"), name
        assert ("backups" in networks) == (name in {"admin", "upkeep"}), name
        assert networks <= {"parts", "world", "shown", "backups"}


def test_a_stop_under_load_and_a_start_lose_nothing(stack: Composed, outlet: SlowOutlet) -> None:
    stack.pressmark("source", "add", "/tmp/given", given=outlet.source_text())
    stack.wait_until(lambda: len(outlet.visits()) > 20, seconds=120)
    stack.compose("stop", seconds=120)
    stopped = {name: one["State"]["ExitCode"] for name, one in stack.containers().items()}
    seen = len(outlet.visits())
    stack.compose("start")
    stack.wait_until(lambda: not stack.unready(), seconds=240)
    stack.wait_until(lambda: stack.status()["articles"] == len(outlet.pages), seconds=240)

    assert 20 < seen < len(outlet.pages)
    assert all(stopped[name] in {0, 143} for name in WORKERS), stopped
    status = stack.status()
    assert status["conserved"]
    assert status["targets"]["failed"] == status["targets"]["leased"] == 0
    assert set(outlet.pages) == {
        page for page, visits in outlet.visits().items() if "/news/" in page and visits
    }
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.reader_port}/", timeout=30) as page:
        assert "Depot" in page.read().decode()


def test_what_is_stored_verifies_inside(stack: Composed, outlet: SlowOutlet) -> None:
    assert outlet.pages
    # A program that finds anything wrong ends with 1, which `pressmark` of the stack takes as failed.
    assert stack.pressmark("verify", "--json").strip()


@pytest.mark.long
def test_prometheus_of_the_stack_reaches_every_service_and_every_part(
    stack: Composed, tmp_path: Path
) -> None:
    make_watching_images(stack.engine, tmp_path)
    watching = ("prometheus", "alertmanager", "broker-exporter", "ledger-exporter", "flower")
    stack.compose("up", "--detach", *watching)
    stack.wait_until(lambda: not stack.unready(), seconds=120)

    stack.wait_until(lambda: all(one["health"] == "up" for one in scraped(stack)), seconds=120)

    labels = [one["labels"] for one in scraped(stack)]
    assert {one["service"] for one in labels if one["job"] == "pressmark"} > set(WORKERS) - {"beat"}
    assert {one["part"] for one in labels if one["job"] == "parts"} == {"object-store", "broker", "ledger"}
    answering = asked(stack, "query?query=redis_up%3D%3D1%20or%20pg_up%3D%3D1")["result"]
    assert {one["metric"]["part"] for one in answering} == {"broker", "ledger"}
    assert asked(stack, "rules")["groups"] != []


def scraped(stack: Composed) -> list[dict[str, Any]]:
    targets: list[dict[str, Any]] = asked(stack, "targets")["activeTargets"]
    return targets


def asked(stack: Composed, what: str) -> dict[str, Any]:
    with urllib.request.urlopen(
        f"http://127.0.0.1:{stack.prometheus_port}/api/v1/{what}", timeout=30
    ) as answer:
        data: dict[str, Any] = json.load(answer)["data"]
    return data


def test_nothing_is_left_of_the_stack(engine: Engine, tmp_path: Path) -> None:
    with composed(engine, tmp_path, settings={}) as stack:
        stack.compose("up", "--detach", "broker")
        assert stack.containers()

    for kind in ("container", "volume", "network"):
        listed = engine.run("docker", kind, "ls", "--quiet", "--filter", f"name={stack.project}")
        assert listed.strip() == "", kind
