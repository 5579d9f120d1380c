"""Confirming deliveries to the broker, so that a worker whose connection breaks just then still takes the next.

Kombu counts a delivery as unconfirmed until the broker has answered that it is confirmed. When the connection is
cut at that moment, Celery logs `Couldn't ack` and goes on, and the delivery counts for as long as its channel
lives. A worker that may hold one message then asks for no other, and because it asks for nothing it never sees
that it should connect again.
"""

from collections.abc import Callable
from functools import partial

import structlog
from kombu.transport import redis as over_redis
from kombu.transport import virtual

__all__ = ["Transport"]

log = structlog.get_logger(__name__)


class _Deliveries(over_redis.QoS):
    """The deliveries of one channel. Each gives its place back when it ends, whatever the broker says."""

    def ack(self, delivery_tag: str) -> None:
        """Tell the broker that the work is done."""
        self._end(delivery_tag, partial(super().ack, delivery_tag))

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002  (kombu's interface)
        """Tell the broker that the work was not done, and whether another worker shall have it."""
        self._end(delivery_tag, partial(super().reject, delivery_tag, requeue=requeue))

    def _end(self, delivery_tag: str, tell: Callable[[], None]) -> None:
        """Tell the broker how a delivery ended, over a new connection if need be.

        To tell it twice is harmless. What it could not be told, it offers again after the visibility timeout, and
        then the ledger says that the work is done.

        Raises:
            RedisError: the broker cannot be told now. Celery logs that.
        """
        if self.channel.closed:
            # Work from before the worker connected again. The broker offers its message again by itself, and
            # without this Celery would end the worker, because a closed channel has no connections to give.
            log.info("confirmation_dropped", delivery=delivery_tag)
            return
        try:
            try:
                tell()
            except self.channel.connection_errors as error:
                log.warning("confirmation_repeated", delivery=delivery_tag, error=str(error))
                tell()
        finally:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # kombu ships few types


class _Channel(over_redis.Channel):
    QoS = _Deliveries


class Transport(over_redis.Transport):
    """Kombu's transport over Redis, with deliveries that always end."""

    Channel = _Channel
