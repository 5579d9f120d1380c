"""The most memory that a process has held since a moment, in bytes, by the kernel's account."""

from pathlib import Path

__all__ = ["forget_peak", "peak_bytes"]


_THIS = Path("/proc/self")


def forget_peak(process: Path = _THIS) -> int:
    """Let the account begin anew, and return what is held now.

    Args:
        process: Its folder in /proc.
    """
    (process / "clear_refs").write_text("5", encoding="ascii")
    return peak_bytes(process)


def peak_bytes(process: Path = _THIS) -> int:
    """Return the peak of resident memory since then (VmHWM)."""
    status = (process / "status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
