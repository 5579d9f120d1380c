"""The chart, rendered by Helm itself, judged by the schemas of Kubernetes, and held against the compose file."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from services.admin.settings import AdminApiSettings
from services.fetcher.settings import FetcherSettings
from services.observer.settings import ObserverSettings
from services.reader.replay.settings import ReplaySettings
from services.reader.settings import ReaderSettings
from shared.bus.configuration import QUEUES
from shared.observed_metrics import OBSERVED
from tests.support.helm import CHART, Helm

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
ALL_ON: dict[str, Any] = {
    "autoscaling": {"enabled": True},
    "podMonitor": {"enabled": True},
    "networkPolicy": {"enabled": True, "parts": ["10.20.0.0/16", "fd00:20::/32"]},
    "reader": {
        "publicUrl": "https://archive.example",
        "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "tls", "annotations": {"a/b": "c"}},
    },
    "replay": {"replicas": 2, "publicUrl": "https://replay.example", "ingress": {"enabled": True}},
    "settings": {"PRESSMARK_TIMESTAMP_URL": "https://times.example/"},
    "image": {"pullSecrets": ["mine"]},
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"key": "news", "operator": "Exists"}],
}
FOREIGN = {"ScaledObject": "keda.sh/v1alpha1", "PodMonitor": "monitoring.coreos.com/v1"}
both = pytest.mark.parametrize("values", [{}, ALL_ON], ids=["as it is", "all on"])


def of_kind(objects: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in objects if one["kind"] == kind}


def pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The pod of each Deployment and Job, by its part."""
    return {
        one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]: one["spec"]["template"][
            "spec"
        ]
        for one in objects
        if one["kind"] in {"Deployment", "Job"}
    }


@both
def test_helm_finds_nothing_to_say_against_the_chart(helm: Helm, values: dict[str, Any]) -> None:
    done = helm.ask("lint", "--strict", str(CHART), values=values)

    assert done.returncode == 0, done.stdout + done.stderr


@both
def test_kubernetes_accepts_every_object(helm: Helm, values: dict[str, Any]) -> None:
    objects = helm.rendered(values)

    assert len(objects) >= 15
    for one in objects:
        if one["kind"] in FOREIGN:
            assert one["apiVersion"] == FOREIGN[one["kind"]]
        else:
            kubernetes_validate.validate(one, "1.33", strict=True)


def test_the_schemas_find_a_fault_in_an_object(helm: Helm) -> None:
    broken = deepcopy(next(one for one in helm.rendered({}) if one["kind"] == "Deployment"))
    broken["spec"]["template"]["spec"]["container"] = []

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, "1.33", strict=True)


@both
def test_no_pod_has_rights_it_does_not_need(helm: Helm, values: dict[str, Any]) -> None:
    found = pods(helm.rendered(values))

    assert set(found) == {
        *("crawler", "fetcher", "normalizer", "beat", "upkeep", "reader", "replay", "admin", "observer"),
        *("migrate", "bucket-init"),
    }
    for part, pod in found.items():
        (container,) = pod["containers"]
        assert pod["automountServiceAccountToken"] is False, part
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}
        assert "hostPath" not in str(pod["volumes"])


def test_every_part_runs_what_it_runs_in_the_stack(helm: Helm) -> None:
    found = pods(helm.rendered({}))
    ours = {
        name
        for name, one in COMPOSE.items()
        if one["image"].startswith("${PRESSMARK_IMAGE") and "profiles" not in one
    }

    assert ours <= set(found)
    for part in ours:
        in_stack = [word.replace("${PRESSMARK_", "{").split("{")[0] for word in COMPOSE[part]["command"]]
        here = [
            word.rstrip("0123456789") if word.startswith("--concurrency=") else word
            for word in found[part]["containers"][0]["command"]
        ]
        assert here == in_stack, part


def test_the_image_is_that_of_the_version(helm: Helm) -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    image = COMPOSE["reader"]["image"].split(":-")[1].rstrip("}")

    assert image == f"pressmark:{chart['appVersion']}"
    assert {pod["containers"][0]["image"] for pod in pods(helm.rendered({})).values()} == {image}


def test_a_worker_is_stopped_no_sooner_than_in_the_stack(helm: Helm) -> None:
    found = pods(helm.rendered({}))

    for part in QUEUES:
        assert found[part]["terminationGracePeriodSeconds"] >= int(
            COMPOSE[part]["stop_grace_period"].rstrip("s")
        )


def test_every_queue_grows_by_the_age_of_its_oldest_message(helm: Helm) -> None:
    objects = helm.rendered(ALL_ON)
    deployments, scaled = of_kind(objects, "Deployment"), of_kind(objects, "ScaledObject")
    declared = {metric.name for metric in OBSERVED}

    assert {name.removeprefix("archive-") for name in scaled} == set(QUEUES)
    for name, one in scaled.items():
        (trigger,) = one["spec"]["triggers"]
        metric, _, rest = trigger["metadata"]["query"].removeprefix("max(").partition("{")
        assert metric in declared
        assert rest == f'queue="{name.removeprefix("archive-")}"}})'
        assert one["spec"]["scaleTargetRef"]["name"] == name
        assert "replicas" not in deployments[name]["spec"], "two would pull at one rope"
    assert of_kind(helm.rendered({}), "ScaledObject") == {}


def test_what_there_is_one_of_is_never_two(helm: Helm) -> None:
    for part in ("beat", "upkeep"):
        spec = of_kind(helm.rendered(ALL_ON), "Deployment")[f"archive-{part}"]["spec"]
        assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_only_fetchers_reach_the_outside(helm: Helm) -> None:
    policies = of_kind(helm.rendered(ALL_ON), "NetworkPolicy")
    outside = [
        name
        for name, one in policies.items()
        if any(
            block["ipBlock"]["cidr"] in {"0.0.0.0/0", "::/0"}
            for rule in one["spec"]["egress"]
            for block in rule.get("to", ())
        )
    ]

    assert outside == ["archive-fetcher"]
    assert policies["archive-fetcher"]["spec"]["podSelector"]["matchLabels"][
        "app.kubernetes.io/component"
    ] == ("fetcher")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"autoscale": {"enabled": True}}, "autoscale"),
        ({"workers": {"fetcher": {"memory": "lots"}}}, "memory"),
        ({"image": {"tag": "latest"}}, "tag"),
        ({"settings": {"LOG_LEVEL": "info"}}, "LOG_LEVEL"),
        ({"networkPolicy": {"parts": []}}, "parts"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(
    helm: Helm, values: dict[str, Any], words: str
) -> None:
    done = helm.ask("template", "archive", str(CHART), values=values)

    assert done.returncode != 0
    assert words in done.stderr


def test_stored_pages_stand_on_an_origin_of_their_own(helm: Helm) -> None:
    ingresses = of_kind(helm.rendered(ALL_ON), "Ingress")
    hosts = {name: one["spec"]["rules"][0]["host"] for name, one in ingresses.items()}

    assert len(set(hosts.values())) == len(hosts) == 2
    settings = of_kind(helm.rendered(ALL_ON), "ConfigMap")["archive-settings"]["data"]
    assert settings["PRESSMARK_READER_REPLAY_URL"] == "https://replay.example"
    assert settings["PRESSMARK_REPLAY_READER_URL"] == "https://archive.example"


def test_no_password_stands_in_the_chart(helm: Helm) -> None:
    objects = helm.rendered(ALL_ON)

    assert of_kind(objects, "Secret") == {}
    for pod in pods(objects).values():
        assert {"name": "secrets", "secret": {"secretName": "pressmark", "defaultMode": 0o440}} in pod[
            "volumes"
        ]


@both
def test_the_settings_are_ones_that_the_services_accept(
    helm: Helm, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in of_kind(helm.rendered(values), "ConfigMap")["archive-settings"]["data"].items():
        monkeypatch.setenv(name, value)

    for kind in (ReaderSettings, ReplaySettings, AdminApiSettings, FetcherSettings, ObserverSettings):
        kind()
