"""The bus: how services talk. The only place that knows Celery and the broker's client.

The broker is a doorbell. A message names work that stands in the ledger, so one that is lost is rung
again by the reconciler and one that comes twice finds its work done.
"""

from celery import Celery as WorkerApp

from shared.bus.broker import Broker, self_test
from shared.bus.envelope import new_trace
from shared.bus.publishing import Bus
from shared.bus.queues import BrokerReading, QueueReading
from shared.bus.subscribing import Subscription, Tick, make_worker

__all__ = [
    "Broker",
    "BrokerReading",
    "Bus",
    "QueueReading",
    "Subscription",
    "Tick",
    "WorkerApp",
    "make_worker",
    "new_trace",
    "self_test",
]
