"""Turns a plan into the units of a stack and the endpoints under which they answer."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.standalone.addresses import Endpoints
from services.standalone.child import ChildSpec
from services.standalone.data import DataDirectory, Secrets
from services.standalone.parts import postgres, seaweedfs, valkey
from services.standalone.plan import ServiceProcess, StackPlan
from services.standalone.ports import choose_ports
from services.standalone.readiness import Subject
from services.standalone.unit import Unit

__all__ = ["Assembly", "assemble"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The pieces of one stack, in the order of their start."""

    parts: tuple[Unit, ...]
    outside: tuple[Subject, ...]
    """The parts that run elsewhere, which only have to prove that they work."""
    services: tuple[Unit, ...]
    endpoints: Endpoints
    ports: Mapping[str, int]

    def remove_at_end(self) -> tuple[Path, ...]:
        """Return the files outside the data directory that must not outlive the stack."""
        return seaweedfs.sockets(self.ports) if any(unit.name == "seaweedfs" for unit in self.parts) else ()


def assemble(plan: StackPlan, data: DataDirectory, *, mark: str) -> Assembly:
    """Choose ports, read or make passwords, and lay out the units; nothing is started.

    Raises:
        OSError: a port that was asked for is taken.
        StartError: the program of a part is missing.
    """
    secrets = data.secrets()
    ports = _ports(plan, data)
    outside = plan.outside
    parts: list[Unit] = []
    elsewhere: dict[str, str] = {}
    if outside.s3_endpoint is None:
        parts.append(_seaweedfs(plan, data, ports=ports, secrets=secrets))
    else:
        elsewhere["seaweedfs"] = plan.probes.object_store
    if outside.broker_url is None:
        parts.append(_valkey(plan, data, port=ports["valkey"], secrets=secrets))
    else:
        elsewhere["valkey"] = plan.probes.broker
    if outside.database_url is None:
        parts.append(_postgres(plan, data, port=ports["postgres"], secrets=secrets, mark=mark))
    else:
        elsewhere["postgres"] = plan.probes.database
    return Assembly(
        parts=tuple(parts),
        outside=tuple(Subject(name=name, probe=probe, started_at=0) for name, probe in elsewhere.items()),
        services=tuple(_service(service, data, ports=ports) for service in plan.services),
        endpoints=_endpoints(
            plan, ports=ports, secrets=secrets, log_key=plan.log_key_file or data.log_key_file()
        ),
        ports=ports,
    )


def _ports(plan: StackPlan, data: DataDirectory) -> dict[str, int]:
    remembered = data.remembered_ports()
    showing = (metrics_port(service) for service in plan.services if service.metrics != "none")
    names = (
        "reader",
        "replay",
        "observer",
        "admin",
        *showing,
        *valkey.PORTS,
        *postgres.PORTS,
        *seaweedfs.PORTS,
    )
    chosen = choose_ports(names, configured=plan.ports, remembered=remembered)
    if chosen != remembered:
        data.remember_ports(chosen)
    return chosen


def _endpoints(plan: StackPlan, *, ports: Mapping[str, int], secrets: Secrets, log_key: Path) -> Endpoints:
    outside = plan.outside
    own_s3 = outside.s3_endpoint is None
    return Endpoints(
        broker_url=outside.broker_url
        or valkey.broker_url(port=ports["valkey"], password=secrets.broker_password),
        database_url=outside.database_url
        or postgres.database_url(port=ports["postgres"], password=secrets.database_password),
        s3_endpoint=outside.s3_endpoint or f"http://127.0.0.1:{ports['s3']}",
        s3_bucket=plan.s3_bucket,
        s3_access_key=secrets.s3_access_key if own_s3 else outside.s3_access_key,
        s3_secret_key=secrets.s3_secret_key if own_s3 else outside.s3_secret_key,
        s3_region=plan.s3_region,
        reader_url=f"http://127.0.0.1:{ports['reader']}",
        replay_url=f"http://127.0.0.1:{ports['replay']}",
        observer_url=f"http://127.0.0.1:{ports['observer']}",
        admin_url=f"http://127.0.0.1:{ports['admin']}",
        log_key_file=str(log_key),
        metrics=_shown_at(plan, ports),
        own_endpoints=",".join([*_configured_own(), *(f"127.0.0.1:{port}" for port in ports.values())]),
        private_networks=plan.env.get("PRESSMARK_PRIVATE_NETWORKS", ""),
    )


def _shown_at(plan: StackPlan, ports: Mapping[str, int]) -> dict[str, str]:
    """Return where each process shows its metrics."""
    names = {service.name: metrics_port(service) for service in plan.services if service.metrics != "none"}
    names |= {service.name: "observer" for service in plan.services if service.name == "observer"}
    return {service: f"127.0.0.1:{ports[name]}" for service, name in names.items()}


def _configured_own() -> list[str]:
    """Return what the operator closes besides; see `own_endpoints` of the fetcher's settings."""
    named = os.environ.get("PRESSMARK_FETCHER_OWN_ENDPOINTS", "").split(",")
    return [part.strip() for part in named if part.strip()]


def _seaweedfs(plan: StackPlan, data: DataDirectory, *, ports: Mapping[str, int], secrets: Secrets) -> Unit:
    def prepare() -> ChildSpec:
        directory = data.private_directory("seaweedfs")
        return seaweedfs.prepare_seaweedfs(directory, ports=ports, secrets=secrets)

    return Unit("seaweedfs", prepare, probe=plan.probes.object_store, log_file=data.log("seaweedfs"))


def _valkey(plan: StackPlan, data: DataDirectory, *, port: int, secrets: Secrets) -> Unit:
    def prepare() -> ChildSpec:
        directory = data.private_directory("valkey")
        return valkey.prepare_valkey(directory, port=port, password=secrets.broker_password)

    return Unit("valkey", prepare, probe=plan.probes.broker, log_file=data.log("valkey"))


def _postgres(plan: StackPlan, data: DataDirectory, *, port: int, secrets: Secrets, mark: str) -> Unit:
    place = postgres.PostgresPlace(data.path / "postgres", log=data.log("postgres"))

    def prepare() -> ChildSpec:
        return postgres.prepare_postgres(
            place, port=port, password=secrets.database_password, mark=mark, durable=plan.durable
        )

    return Unit("postgres", prepare, probe=plan.probes.database, log_file=data.log("postgres"))


def metrics_port(service: ServiceProcess) -> str:
    """Return the name of the port on which a service shows its metrics."""
    return f"metrics-{service.name}"


def _shown(service: ServiceProcess, data: DataDirectory, *, ports: Mapping[str, int]) -> dict[str, str]:
    """Return what a service must know to show its metrics, and make the place where its children count."""
    if service.metrics == "none":
        return {}
    shown = {"PRESSMARK_METRICS_PORT": str(ports[metrics_port(service)])}
    if service.metrics == "children":
        folder = data.private_directory("metrics") / service.name
        folder.mkdir(mode=0o700, exist_ok=True)
        shown["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    return shown


def _service(service: ServiceProcess, data: DataDirectory, *, ports: Mapping[str, int]) -> Unit:
    spec = ChildSpec(
        name=service.name,
        argv=service.argv,
        env={**service.env, **_shown(service, data, ports=ports)},
        stop_signal=service.stop_signal,
        grace_seconds=service.grace_seconds,
    )
    return Unit(service.name, lambda: spec, probe=service.ready, log_file=data.log(service.name))
