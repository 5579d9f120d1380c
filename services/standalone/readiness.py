"""Proves by doing that parts and services work. Runs as a program of its own.

The libraries it needs (S3, PostgreSQL, Redis) take 60 MB and a second to load: this program pays that while the
parts start, and is gone when all is ready. A check that hangs does not hold up the supervisor.

It reads one `Examination` from standard input and writes a `Finding` as one JSON line when a subject became
ready, and whenever the reason why it is not has changed.
"""

import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from importlib import import_module

from pydantic import BaseModel, ConfigDict, SecretStr

from services.standalone.addresses import Endpoints
from shared.errors import TryAgainError
from shared.logs import set_up_logs

__all__ = [
    "Examination",
    "Finding",
    "Subject",
    "admin_answers",
    "broker_works",
    "database_works",
    "object_store_works",
    "observer_answers",
    "reader_answers",
    "replay_answers",
    "worker_consumes",
]

_PAUSE_SECONDS = 0.1
_HTTP_SECONDS = 2


class Subject(BaseModel):
    """What is to be proved ready."""

    model_config = ConfigDict(frozen=True)

    name: str
    probe: str
    """`module:function`; the function takes the subject and the endpoints, and raises until all is well."""
    started_at: float
    """When the process was started, in seconds since the epoch: earlier signs of life do not count."""


class Examination(BaseModel):
    """What the program is asked."""

    model_config = ConfigDict(frozen=True)

    endpoints: Endpoints
    subjects: tuple[Subject, ...]
    seconds: float
    """How long to go on asking."""


class Finding(BaseModel):
    """What the program answers about one subject."""

    model_config = ConfigDict(frozen=True)

    name: str
    started_at: float
    ready: bool
    reason: str = ""


Probe = Callable[[Subject, Endpoints], None]


def broker_works(_subject: Subject, endpoints: Endpoints) -> None:
    """Push and take a message; refuse a broker that evicts or forgets."""
    from shared.bus import self_test  # noqa: PLC0415  (each probe loads only its own library)

    self_test(endpoints.broker_url)


def database_works(_subject: Subject, endpoints: Endpoints) -> None:
    """Write and read a row."""
    from shared.ledger import self_test  # noqa: PLC0415  (as above)

    self_test(endpoints.database_url)


def object_store_works(_subject: Subject, endpoints: Endpoints) -> None:
    """Make the bucket if it is missing; write, read and delete an object."""
    from shared.evidence import EvidenceStore  # noqa: PLC0415  (as above)
    from shared.settings import EvidenceSettings  # noqa: PLC0415  (as above)

    store = EvidenceStore(
        EvidenceSettings(
            endpoint=endpoints.s3_endpoint,
            bucket=endpoints.s3_bucket,
            access_key=endpoints.s3_access_key,
            secret_key=endpoints.s3_secret_key,
            region=endpoints.s3_region,
        )
    )
    store.ensure_bucket()
    store.self_test()


def worker_consumes(subject: Subject, endpoints: Endpoints) -> None:
    """Send the service a message, once, and ask the broker whether it has taken any since its start."""
    from shared.bus import Broker  # noqa: PLC0415  (as above)

    _ring(subject, endpoints.broker_url)
    broker = Broker(endpoints.broker_url)
    try:
        pulse = broker.pulses().get(subject.name, 0.0)
    finally:
        broker.close()
    if pulse < subject.started_at:
        raise TryAgainError(f"{subject.name} has taken no message since its start")


@cache
def _ring(subject: Subject, broker_url: str) -> None:
    """Send a service the message that it answers with a sign of life; its clock would send one in 5 s."""
    from shared.bus import Bus  # noqa: PLC0415  (as above)
    from shared.messages import (  # noqa: PLC0415  (as above)
        ShowCrawlerPulse,
        ShowFetcherPulse,
        ShowNormalizerPulse,
    )
    from shared.settings import BusSettings  # noqa: PLC0415  (as above)

    for message in (ShowCrawlerPulse(), ShowFetcherPulse(), ShowNormalizerPulse()):
        if message.receiver() == subject.name:
            Bus(BusSettings(broker_url=SecretStr(broker_url))).publish(message, urgent=True)


def reader_answers(_subject: Subject, endpoints: Endpoints) -> None:
    """Ask the reader for `/healthz`."""
    _ask_health("the reader", endpoints.reader_url)


def replay_answers(_subject: Subject, endpoints: Endpoints) -> None:
    """Ask the replay of stored pages for `/healthz`."""
    _ask_health("the replay", endpoints.replay_url)


def observer_answers(_subject: Subject, endpoints: Endpoints) -> None:
    """Ask the observer for `/healthz`."""
    _ask_health("the observer", endpoints.observer_url)


def admin_answers(_subject: Subject, endpoints: Endpoints) -> None:
    """Ask the operators' API for `/healthz`."""
    _ask_health("the operators' API", endpoints.admin_url)


def _ask_health(name: str, url: str) -> None:
    from http.client import HTTPConnection, HTTPException  # noqa: PLC0415  (as above)
    from urllib.parse import urlsplit  # noqa: PLC0415  (as above)

    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=_HTTP_SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise TryAgainError(f"{name} did not answer at {url}: {error}") from error
    finally:
        connection.close()
    if status != 200:
        raise TryAgainError(f"{name} answered {status} at {url}/healthz")


def _examine(subject: Subject, examination: Examination, deadline: float) -> None:
    reason = ""
    while time.monotonic() < deadline:
        try:
            _load(subject.probe)(subject, examination.endpoints)
        except Exception as error:  # noqa: BLE001  (whatever a probe raises means: not ready yet, for this reason)
            if str(error) != reason:
                reason = str(error)
                _say(Finding(name=subject.name, started_at=subject.started_at, ready=False, reason=reason))
            time.sleep(_PAUSE_SECONDS)
        else:
            _say(Finding(name=subject.name, started_at=subject.started_at, ready=True))
            return


def _load(target: str) -> Probe:
    module, _, name = target.partition(":")
    probe: Probe = getattr(import_module(module), name)
    return probe


def _say(finding: Finding) -> None:
    sys.stdout.write(finding.model_dump_json() + "\n")
    sys.stdout.flush()


def _main() -> None:
    # Standard output belongs to the findings.
    set_up_logs("readiness")
    examination = Examination.model_validate_json(sys.stdin.buffer.readline())
    deadline = time.monotonic() + examination.seconds
    threads = [
        threading.Thread(target=_examine, args=(subject, examination, deadline), daemon=True)
        for subject in examination.subjects
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    _main()
