"""Prints how many pages a second ours and trafilatura read: `python -m tests.benchmarks.normalize`.

Both read the same pages of the corpus's gold set in turn, each turn in a fresh process, all on one core, with
every field: ours as the worker reads them, trafilatura with metadata and the language of the text. A pair is one
turn of each; which of the two goes first changes with every pair. The figure is the median over the pairs.
Seconds are CPU seconds of the extractor alone: reading files and starting processes are not in them.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks import normalizing_turn
from tests.benchmarks.normalizing_turn import Page

PAIRS = 7
PAGES = 190


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Pages a CPU second and peak memory in MB of one turn of each."""

    ours: float
    trafilatura: float
    ours_mb: float
    trafilatura_mb: float

    @property
    def ratio(self) -> float:
        """How many pages ours reads while trafilatura reads one."""
        return self.ours / self.trafilatura


def gold_pages(corpus: Path, count: int) -> list[Page]:
    """Take pages of the gold set at equal distances, so that every collection in it has its share."""
    gold = corpus / "gold"
    listed = json.loads((gold / "INDEX.json").read_text(encoding="utf-8"))["pages"]
    step = max(1, len(listed) // count)
    return [
        {
            "file": str(gold / page["file"]),
            "url": page["url"],
            "content_type": f"text/html; charset={page['encoding']}",
        }
        for page in listed[::step][:count]
    ]


def run_turn(reader: str, pages: list[Page], *, rounds: int, python: str) -> dict[str, float]:
    """Run one turn in a process that keeps to one core."""
    core = min(os.sched_getaffinity(0))
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        ["taskset", "-c", str(core), python, normalizing_turn.__file__, reader, str(rounds)],
        input=json.dumps(pages),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode:
        raise SystemExit(f"the turn of {reader} failed:\n{done.stderr}")
    turn: dict[str, float] = json.loads(done.stdout)
    return turn


def run_pair(pages: list[Page], *, ours_first: bool, peer: str) -> Pair:
    """Run one turn of each. Ours makes four rounds, because its turn would be too short to measure."""
    interpreters = {"ours": (sys.executable, 4), "trafilatura": (peer, 1)}
    turns = {}
    for reader in sorted(interpreters, reverse=not ours_first):
        python, rounds = interpreters[reader]
        turns[reader] = run_turn(reader, pages, rounds=rounds, python=python)
    speed = {reader: turn["pages"] / turn["cpu_seconds"] for reader, turn in turns.items()}
    return Pair(
        ours=speed["ours"],
        trafilatura=speed["trafilatura"],
        ours_mb=turns["ours"]["peak_mb"],
        trafilatura_mb=turns["trafilatura"]["peak_mb"],
    )


def summary(pairs: list[Pair]) -> dict[str, float]:
    """Return the medians over the pairs; the memory is the largest of any turn."""
    return {
        "pairs": len(pairs),
        "ours_pages_per_second": round(median(pair.ours for pair in pairs), 1),
        "trafilatura_pages_per_second": round(median(pair.trafilatura for pair in pairs), 1),
        "ratio": round(median(pair.ratio for pair in pairs), 2),
        "ours_peak_mb": round(max(pair.ours_mb for pair in pairs), 1),
        "trafilatura_peak_mb": round(max(pair.trafilatura_mb for pair in pairs), 1),
    }


def compare(corpus: Path, *, pairs: int, pages: int, peer: str) -> list[Pair]:
    """Run the pairs one after the other."""
    chosen = gold_pages(corpus, pages)
    return [run_pair(chosen, ours_first=number % 2 == 0, peer=peer) for number in range(pairs)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = os.environ.get("PRESSMARK_CORPUS", "../shared/corpus")
    parser.add_argument(
        "--corpus", type=Path, default=Path(default), help="folder that holds gold/INDEX.json"
    )
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"turns of each (default {PAIRS})")
    parser.add_argument("--pages", type=int, default=PAGES, help=f"pages a turn (default {PAGES})")
    parser.add_argument(
        "--peer", default=sys.executable, help="Python that has trafilatura and pycld2 (default: this one)"
    )
    parser.add_argument("--json", action="store_true", help="print every pair and the medians as JSON")
    chosen = parser.parse_args()
    if not (chosen.corpus / "gold" / "INDEX.json").is_file():
        raise SystemExit(f"no gold set in {chosen.corpus}: name the corpus by --corpus or PRESSMARK_CORPUS")
    pairs = compare(chosen.corpus, pairs=chosen.pairs, pages=chosen.pages, peer=chosen.peer)
    figures = summary(pairs)
    if chosen.json:
        print(json.dumps({"pairs": [asdict(pair) for pair in pairs], "median": figures}, indent=1))
        return
    for pair in pairs:
        print(
            f"ours {pair.ours:6.1f}  trafilatura {pair.trafilatura:6.1f} pages/CPU-s  {pair.ratio:5.2f} times"
        )
    for name, value in figures.items():
        print(f"{name:30} {value}")


if __name__ == "__main__":
    main()
