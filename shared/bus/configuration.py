"""Celery's settings, each with what it prevents. The figures are in `deploy/decisions/`."""

from datetime import timedelta
from typing import Any

from celery import Celery
from kombu import Queue  # type: ignore[attr-defined]  # exported lazily

from shared.settings import BusSettings

__all__ = ["QUEUES", "make_celery"]

QUEUES = ("crawler", "fetcher", "normalizer")
"""One queue for each service that takes messages."""

_RESTORE_EVERY = timedelta(seconds=5)


def make_celery(name: str, settings: BusSettings) -> Celery:
    """Return a Celery application that can publish, and consume once tasks are added to it."""
    app = Celery(name, broker=settings.broker_url.get_secret_value(), set_as_current=False)
    app.conf.update(_delivery(settings), **_transport(settings), **_quiet_worker(settings))
    return app


def _delivery(settings: BusSettings) -> dict[str, Any]:
    return {
        # A message is confirmed after its work, and offered again when the process that had it died.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_acks_on_failure_or_timeout": True,
        "worker_prefetch_multiplier": 1,
        # What became of the work stands in the ledger: no result backend, nothing to deserialise.
        "task_ignore_result": True,
        "result_backend": None,
        # Only killing the child stops a parser that hangs in C. Below the visibility timeout, or a
        # message that is still worked on would be offered again.
        "task_time_limit": settings.task_seconds,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_queues": [Queue(name) for name in QUEUES],  # type: ignore[no-untyped-call]
        "task_create_missing_queues": False,
        "task_send_sent_event": settings.task_events,
    }


def _transport(settings: BusSettings) -> dict[str, Any]:
    return {
        "broker_transport": "shared.bus.confirming:Transport",
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "task_publish_retry_policy": {
            "max_retries": 2,
            "interval_start": 0.1,
            "interval_step": 0.3,
            "interval_max": 1,
        },
        "broker_transport_options": {
            "visibility_timeout": settings.visibility_seconds,
            # By default unconfirmed messages are looked at only every hundred seconds.
            "unacked_restore_interval": _RESTORE_EVERY.total_seconds(),
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
    }


def _quiet_worker(settings: BusSettings) -> dict[str, Any]:
    return {
        "worker_soft_shutdown_timeout": 10,
        "worker_enable_soft_shutdown_on_idle": False,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_max_tasks_per_child": 500,
        "worker_max_memory_per_child": 600_000,
        # No remote control: health is work done, and what cannot be sent cannot be abused.
        "worker_enable_remote_control": False,
        "worker_send_task_events": settings.task_events,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        # The schedule is in the code, so beat needs no file that could be stale or locked.
        "beat_scheduler": "celery.beat:Scheduler",
        "timezone": "UTC",
    }
