"""Our own processes: the workers, their clock, the reader, its replay, who watches them, the operators' API."""

import os
from signal import SIGTERM

from services.standalone.interpreter import module_argv
from services.standalone.plan import ServiceProcess

__all__ = ["MIGRATE", "default_services"]

MIGRATE = module_argv("shared.ledger.migrate")

_WORKER_GRACE_SECONDS = 11.0
"""A worker hands its message back within its soft shutdown of 10 s; the ledger's leases cover what is killed."""


def default_services() -> tuple[ServiceProcess, ...]:
    """Return what an archive needs on one machine."""
    return (
        _worker("crawler", concurrency=1),
        _worker("fetcher", concurrency=2),
        _worker("normalizer", concurrency=os.cpu_count() or 1),
        ServiceProcess(
            name="beat",
            argv=module_argv("celery", "--quiet", "-A", "services.crawler.worker:app", "beat"),
            stop_signal=SIGTERM,
        ),
        ServiceProcess(name="upkeep", argv=module_argv("services.admin.worker")),
        ServiceProcess(
            name="reader",
            argv=module_argv("services.reader.server"),
            ready="services.standalone.readiness:reader_answers",
            metrics="own",
        ),
        ServiceProcess(
            name="replay",
            argv=module_argv("services.reader.replay.server"),
            ready="services.standalone.readiness:replay_answers",
            metrics="own",
        ),
        ServiceProcess(
            name="observer",
            argv=module_argv("services.observer.server"),
            ready="services.standalone.readiness:observer_answers",
        ),
        ServiceProcess(
            name="admin",
            argv=module_argv("services.admin.server"),
            ready="services.standalone.readiness:admin_answers",
            metrics="own",
        ),
    )


def _worker(service: str, *, concurrency: int) -> ServiceProcess:
    return ServiceProcess(
        name=service,
        argv=module_argv(
            "celery",
            "--quiet",
            "-A",
            f"services.{service}.worker:app",
            "worker",
            f"--hostname={service}@%h",
            f"--queues={service}",
            f"--concurrency={concurrency}",
            "--without-gossip",
            "--without-mingle",
        ),
        # SIGTERM then means the soft shutdown. The plain one waits for ever in one of three busy workers.
        env={"REMAP_SIGTERM": "SIGQUIT"},
        ready="services.standalone.readiness:worker_consumes",
        grace_seconds=_WORKER_GRACE_SECONDS,
        metrics="children",
    )
