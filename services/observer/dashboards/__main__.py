"""Writes the dashboards: `python -m services.observer.dashboards DIRECTORY`."""

import json
import sys
from pathlib import Path

from services.observer.dashboards.boards import BOARDS

__all__ = ["written"]


def written() -> dict[str, str]:
    """Return the text of each dashboard by its file's name."""
    return {
        f"{board.name}.json": json.dumps(board.as_json(BOARDS), indent=1, ensure_ascii=False) + "\n"
        for board in BOARDS
    }


def _main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m services.observer.dashboards DIRECTORY\n")
        return 2
    for name, text in written().items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
