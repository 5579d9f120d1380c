"""What the children of a worker counted is neither lost nor counted twice when they are replaced."""

import json
import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from shared.exposition import fold_ended

KEY = json.dumps(["looks_total", "looks_total", {"kind": "article"}, "Looks."])


def ended_pid() -> int:
    """The id of a process that has ended just now."""
    with subprocess.Popen([sys.executable, "-c", "pass"]) as child:
        child.wait()
    return child.pid


def count(folder: Path, pid: int, value: float) -> None:
    counts = MmapedDict(str(folder / f"counter_{pid}.db"))
    counts.write_value(KEY, value, 0.0)
    counts.close()


def total(folder: Path) -> float | None:
    registry = CollectorRegistry()
    registry.register(MultiProcessCollector(None, path=str(folder)))
    return registry.get_sample_value("looks_total", {"kind": "article"})


def test_the_counts_of_ended_children_are_added_together(tmp_path: Path) -> None:
    ended = {ended_pid() for _ in range(3)}
    for pid in ended:
        count(tmp_path, pid, 2)
    count(tmp_path, os.getpid(), 5)
    before = total(tmp_path)

    folded = fold_ended(tmp_path)

    assert before == total(tmp_path) == 2 * len(ended) + 5
    assert folded == len(ended)
    assert {path.name for path in tmp_path.iterdir()} == {"counter_0.db", f"counter_{os.getpid()}.db"}


def test_folding_again_changes_nothing(tmp_path: Path) -> None:
    count(tmp_path, ended_pid(), 2)
    fold_ended(tmp_path)

    assert fold_ended(tmp_path) == 0
    assert total(tmp_path) == 2


def test_what_a_worker_process_counts_is_seen_from_its_parent(tmp_path: Path) -> None:
    script = (
        "from shared.metrics import LINKS, MESSAGE_SECONDS\n"
        "LINKS.labels('accepted').inc(3)\n"
        "MESSAGE_SECONDS.labels('fetcher.fetch_batch').observe(2)\n"
    )
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", script], env=environment, check=True)

    fold_ended(tmp_path)

    registry = CollectorRegistry()
    registry.register(MultiProcessCollector(None, path=str(tmp_path)))
    assert registry.get_sample_value("pressmark_links_total", {"outcome": "accepted"}) == 6
    labels = {"message": "fetcher.fetch_batch"}
    assert registry.get_sample_value("pressmark_message_duration_seconds_count", labels) == 2
    assert registry.get_sample_value("pressmark_message_duration_seconds_sum", labels) == 4
    assert b"# TYPE pressmark_links_total counter" in generate_latest(registry)
