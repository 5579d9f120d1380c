"""What waits in the broker, how long it has waited, and what was given away and is not confirmed.

Kombu keeps one list for each priority of a queue, and what was given away in one hash for all queues with the
time beside it. A message carries the time it was sent, so the age of the oldest needs no count kept anywhere.
"""

import base64
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import redis
from redis.exceptions import RedisError

from shared.bus.configuration import QUEUES
from shared.encoding import load_json
from shared.errors import TryAgainError

__all__ = ["BrokerReading", "QueueReading", "keys_of", "read_broker"]

_PRIORITIES = {"0": "", "3": "\x06\x163", "6": "\x06\x166", "9": "\x06\x169"}
"""What follows a queue's name in the key of its list, by priority (kombu's Redis transport)."""

_MOST_UNACKED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReading:
    """One queue at one moment. Ages are seconds, 0 where there is no such message."""

    queue: str
    waiting: dict[str, int]
    """By priority."""
    oldest: dict[str, float]
    unacked: int
    oldest_unacked: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerReading:
    """The broker at one moment."""

    queues: tuple[QueueReading, ...]
    memory_bytes: int
    evicted_keys: int
    is_durable: bool
    """It keeps its log on disk, and wrote it well the last time."""
    pulses: dict[str, float] = field(default_factory=dict)
    """When each service last took a message, in seconds since the epoch."""


def read_broker(client: redis.Redis) -> BrokerReading:
    """Read everything in three round trips.

    Raises:
        TryAgainError: The broker does not answer.
    """
    try:
        info = client.info()
        lists, given, pulses = _read_lists(client)
    except RedisError as error:
        raise TryAgainError(f"the broker did not answer: {error}") from error
    now = time.time()
    unacked = _unacked_by_queue(given, now)
    return BrokerReading(
        queues=tuple(
            _queue_reading(queue, lists[queue], unacked.get(queue, []), now=now) for queue in QUEUES
        ),
        memory_bytes=int(info.get("used_memory", 0)),
        evicted_keys=int(info.get("evicted_keys", 0)),
        is_durable=bool(info.get("aof_enabled")) and info.get("aof_last_write_status") == "ok",
        pulses=pulses,
    )


def keys_of(queue: str) -> list[str]:
    """Return the keys of the lists of a queue, the most urgent first."""
    return [queue + suffix for suffix in _PRIORITIES.values()]


_Lists = dict[str, dict[str, tuple[int, bytes | None]]]


def _read_lists(client: redis.Redis) -> tuple[_Lists, list[tuple[bytes, float]], dict[str, float]]:
    asked = [(queue, priority) for queue in QUEUES for priority in _PRIORITIES]
    with client.pipeline(transaction=False) as pipeline:
        for queue, priority in asked:
            key = queue + _PRIORITIES[priority]
            # A message is pushed at the head and taken at the tail: the oldest is the last.
            pipeline.llen(key)
            pipeline.lindex(key, -1)
        for queue in QUEUES:
            pipeline.get(f"pressmark:heartbeat:{queue}")
        pipeline.zrange("unacked_index", 0, _MOST_UNACKED - 1, withscores=True)
        answers: list[Any] = pipeline.execute()
    lists: _Lists = {queue: {} for queue in QUEUES}
    for place, (queue, priority) in enumerate(asked):
        lists[queue][priority] = (int(answers[2 * place]), answers[2 * place + 1])
    beats = answers[2 * len(asked) : -1]
    pulses = {queue: float(beat) for queue, beat in zip(QUEUES, beats, strict=True) if beat is not None}
    return lists, _given_away(client, answers[-1]), pulses


def _given_away(client: redis.Redis, tags: list[tuple[bytes, float]]) -> list[tuple[bytes, float]]:
    """Return what was given away with the time of it; what was confirmed meanwhile is gone."""
    if not tags:
        return []
    bodies: list[Any] = client.hmget("unacked", [tag.decode() for tag, _ in tags])
    return [(body, float(at)) for body, (_, at) in zip(bodies, tags, strict=True) if body is not None]


def _queue_reading(
    queue: str, lists: dict[str, tuple[int, bytes | None]], unacked: list[float], *, now: float
) -> QueueReading:
    return QueueReading(
        queue=queue,
        waiting={priority: waiting for priority, (waiting, _) in lists.items()},
        oldest={priority: _age(oldest, now) for priority, (_, oldest) in lists.items()},
        unacked=len(unacked),
        oldest_unacked=max(unacked, default=0.0),
    )


def _unacked_by_queue(given: Iterable[tuple[bytes, float]], now: float) -> dict[str, list[float]]:
    """Return the ages of what was given away, by queue. Kombu keeps `[message, exchange, routing key]`."""
    ages: dict[str, list[float]] = {}
    for body, at in given:
        try:
            queue = str(load_json(body)[2])
        except (ValueError, LookupError, TypeError):
            continue  # Not kombu's: nothing of ours waits for it.
        ages.setdefault(queue, []).append(max(0.0, now - at))
    return ages


def _age(message: bytes | None, now: float) -> float:
    """Return how long ago a message was sent; 0 for none, and for one that does not say it, as a tick."""
    if message is None:
        return 0.0
    try:
        arguments = load_json(base64.b64decode(load_json(message)["body"]))[1]
        sent = float(arguments.get("sent_at") or 0)
    except (ValueError, LookupError, TypeError, AttributeError):
        return 0.0
    return max(0.0, now - sent) if sent else 0.0
