"""What is asked of the broker itself: does it keep what it is given, how long are its queues, who works."""

import time
from collections.abc import Mapping
from uuid import uuid4

import redis
from redis.exceptions import RedisError

from shared.bus.configuration import QUEUES
from shared.bus.queues import BrokerReading, keys_of, read_broker
from shared.errors import SettingsError, TryAgainError

__all__ = ["Broker", "self_test"]


class Broker:
    """A direct look at the broker, beside Celery."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)

    def depths(self) -> dict[str, int]:
        """Return how many messages wait in each queue, all priorities together.

        Raises:
            TryAgainError: the broker does not answer.
        """
        try:
            return {queue: sum(self._client.llen(key) for key in keys_of(queue)) for queue in QUEUES}
        except RedisError as error:
            raise TryAgainError(f"the broker did not answer: {error}") from error

    def reading(self) -> BrokerReading:
        """Return what waits, how long it has waited, and how the broker itself does.

        Raises:
            TryAgainError: the broker does not answer.
        """
        return read_broker(self._client)

    def show_pulse(self, service: str) -> None:
        """Note that a service has just taken a message.

        The note stays until the next one. If it ran out, a service that is dead would be forgotten after a while,
        and the alert that tells of it would end while it lasts.

        Raises:
            TryAgainError: the broker does not answer.
        """
        try:
            self._client.set(f"pressmark:heartbeat:{service}", str(time.time()))
        except RedisError as error:
            raise TryAgainError(f"the broker did not answer: {error}") from error

    def pulses(self) -> Mapping[str, float]:
        """Return when each service last took a message, in seconds since the epoch.

        Raises:
            TryAgainError: the broker does not answer.
        """
        try:
            values = {queue: self._client.get(f"pressmark:heartbeat:{queue}") for queue in QUEUES}
        except RedisError as error:
            raise TryAgainError(f"the broker did not answer: {error}") from error
        return {queue: float(value) for queue, value in values.items() if value is not None}

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def self_test(url: str) -> None:
    """Push and take a message, and refuse a broker that would drop or forget messages.

    Raises:
        TryAgainError: the broker does not answer.
        SettingsError: it evicts keys or keeps no log on disk.
    """
    client = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
    probe = f"pressmark:probe:{uuid4().hex}"
    try:
        client.lpush(probe, b"kept")
        taken = client.brpop([probe], timeout=2)
        wishes = {name: _configured(client, name) for name in ("maxmemory-policy", "appendonly")}
    except RedisError as error:
        raise TryAgainError(f"the broker did not answer: {error}") from error
    finally:
        client.close()
    if taken is None or taken[1] != b"kept":
        raise TryAgainError("the broker did not return the message it was given")
    if wishes["maxmemory-policy"] not in {"noeviction", None}:
        raise SettingsError("the broker evicts keys; set 'maxmemory-policy noeviction'")
    if wishes["appendonly"] not in {"yes", None}:
        raise SettingsError("the broker forgets on restart; set 'appendonly yes'")


def _configured(client: redis.Redis, name: str) -> str | None:
    try:
        return str(client.config_get(name)[name])
    except (RedisError, KeyError):
        return None  # A managed broker may forbid CONFIG; then its owner answers for it.
