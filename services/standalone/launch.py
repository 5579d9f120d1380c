"""Starts a supervisor as a process of its own: for good (`up --detach`) or for a while (the demo, tests)."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from services.standalone.addresses import Endpoints
from services.standalone.data import DataDirectory
from services.standalone.endpoints import forget_running_stack
from services.standalone.errors import StackRunningError, StartError
from services.standalone.interpreter import import_path, module_argv
from services.standalone.logfiles import last_lines, open_log
from services.standalone.parts.services import MIGRATE, default_services
from services.standalone.plan import ServiceProcess, StackPlan
from services.standalone.report import Report
from services.standalone.run_state import RunState, live_state
from services.standalone.settings import StandaloneSettings
from shared.settings import load

__all__ = ["RunningStack", "become_supervisor", "default_plan", "detach", "running_stack"]

_STOP_SECONDS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStack:
    """A stack that works."""

    data: Path
    endpoints: Endpoints
    pid: int
    """The supervisor's process id."""

    def state(self) -> RunState:
        """Return how its processes are now.

        Raises:
            NotRunningError: it has stopped.
        """
        return live_state(self.data)


def default_plan(data: Path, settings: StandaloneSettings) -> StackPlan:
    """Return the whole archive: all parts that do not run elsewhere, and all services.

    Raises:
        SettingsError: an S3 server is named without its keys.
    """
    return StackPlan(
        data=data,
        services=default_services(),
        migrate=MIGRATE,
        outside=settings.outside(),
        ports=settings.ports(),
        s3_bucket=settings.s3_bucket,
        s3_region=settings.s3_region,
        log_key_file=settings.log_key_file,
        ready_seconds=settings.ready_seconds,
        env={"PRESSMARK_PRIVATE_NETWORKS": settings.private_networks} if settings.private_networks else {},
    )


def become_supervisor(plan: StackPlan) -> NoReturn:
    """Replace this program by the supervisor, which needs a third of the memory of our command line."""
    reading, writing = os.pipe()
    os.write(writing, plan.model_dump_json().encode() + b"\n")  # fits into a pipe's 64 KiB
    os.close(writing)
    os.dup2(reading, 0)
    argv = module_argv("services.standalone", "--foreground")
    os.execve(argv[0], argv, {**os.environ, **import_path()})  # noqa: S606  (our own module, no shell)


def detach(plan: StackPlan, *, tell: Callable[[str], None]) -> RunningStack:
    """Start a stack that goes on when this process ends, and return when it works.

    Raises:
        StackRunningError: the data directory is in use.
        StartError: it did not start; nothing is left running.
    """
    supervisor = _launch(plan.model_copy(update={"lifeline": False}))
    try:
        return _wait_ready(supervisor, plan, tell=tell)
    finally:
        _close_pipes(supervisor)


@contextmanager
def running_stack(
    data: Path,
    *,
    services: Sequence[ServiceProcess] | None = None,
    env: Mapping[str, str] | None = None,
    plan: StackPlan | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[RunningStack]:
    """Run a stack for as long as the context lasts; it ends with this process, however that ends.

    Args:
        data: the data directory.
        services: instead of all services.
        env: added to the environment of every service.
        plan: instead of the default plan, whose parts may run elsewhere when `PRESSMARK_*` says so.
        tell: receives short lines of progress.

    Raises:
        StackRunningError: the data directory is in use.
        StartError: it did not start; nothing is left running.
        SettingsError: a setting is wrong.
    """
    if plan is None:
        forget_running_stack()
    wanted = (plan or default_plan(data, load(StandaloneSettings))).model_copy(
        update={"data": data, "lifeline": True}
        | ({} if services is None else {"services": tuple(services)})
        | ({} if env is None else {"env": dict(env)})
    )
    supervisor = _launch(wanted)
    try:
        yield _wait_ready(supervisor, wanted, tell=tell)
    finally:
        _close_pipes(supervisor)
        try:
            supervisor.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            supervisor.kill()  # its keeper ends the rest
            supervisor.wait()


def _launch(plan: StackPlan) -> "subprocess.Popen[bytes]":
    data = DataDirectory(plan.data)
    data.create()
    with open_log(data.log("supervisor")) as log:
        supervisor = subprocess.Popen(  # noqa: S603  (our own module, no shell)
            module_argv("services.standalone"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **import_path()},
            cwd="/",
            start_new_session=True,
        )
    assert supervisor.stdin is not None
    plan = plan.model_copy(update={"data": data.path})
    with suppress(BrokenPipeError):
        supervisor.stdin.write(plan.model_dump_json().encode() + b"\n")
        supervisor.stdin.flush()
    return supervisor


def _wait_ready(
    supervisor: "subprocess.Popen[bytes]", plan: StackPlan, *, tell: Callable[[str], None]
) -> RunningStack:
    assert supervisor.stdout is not None
    for line in supervisor.stdout:
        report = Report.model_validate_json(line)
        if report.in_use:
            raise StackRunningError(report.error, pid=report.holder)
        if report.error:
            raise StartError(report.error)
        if report.ready:
            endpoints = live_state(plan.data).endpoints
            return RunningStack(data=plan.data, endpoints=endpoints, pid=supervisor.pid)
        tell(report.progress)
    log_file = DataDirectory(plan.data).log("supervisor")
    raise StartError("The supervisor ended while it started:\n" + "\n".join(last_lines(log_file, 12)))


def _close_pipes(supervisor: "subprocess.Popen[bytes]") -> None:
    for pipe in (supervisor.stdin, supervisor.stdout):
        assert pipe is not None
        with suppress(BrokenPipeError):
            pipe.close()
