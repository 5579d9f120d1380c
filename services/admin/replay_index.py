"""One index of the whole archive for replay tools."""

from pathlib import Path

from shared.cdxj import replay_lines
from shared.evidence import EvidenceStore
from shared.exporting.exports import in_place_when_whole
from shared.sorted_lines import SortedLines

__all__ = ["write_replay_index"]


def write_replay_index(evidence: EvidenceStore, target: Path) -> int:
    """Write one index of all objects for replay tools, and return how many lines it has.

    Raises:
        TryAgainError: The store did not answer.
    """
    count = 0
    with in_place_when_whole(target) as path, SortedLines() as lines, path.open("wb") as file:
        piece = path.with_name("piece.cdxj")
        for key in evidence.keys("cdxj/"):
            evidence.download(key, piece)
            with piece.open("rb") as one:
                for line in one:
                    lines.add(line)
        for line in replay_lines(lines):
            file.write(line)
            count += 1
    return count
