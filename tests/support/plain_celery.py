"""Celery alone, as its first steps show it: default settings, one task that fetches a page and notes that it did.

Started as `celery -A tests.support.plain_celery:app worker`, to compare with ours under the same faults.
"""

import os
import urllib.request
from pathlib import Path

from celery import Celery

FETCH = "plain.fetch"


def make_plain_celery(broker_url: str) -> Celery:
    return Celery("plain", broker=broker_url, set_as_current=False)


def _with_task(app: Celery, diary: Path) -> Celery:
    @app.task(name=FETCH)  # type: ignore[untyped-decorator]  # Celery ships no types
    def fetch(url: str) -> None:
        with urllib.request.urlopen(url, timeout=10) as answer:
            answer.read()
        with diary.open("a", encoding="utf-8") as file:
            file.write(f"{url}\n")

    return app


if "PLAIN_CELERY_BROKER" in os.environ:
    app = _with_task(
        make_plain_celery(os.environ["PLAIN_CELERY_BROKER"]), Path(os.environ["PLAIN_CELERY_DIARY"])
    )
