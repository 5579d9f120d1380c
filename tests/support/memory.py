"""The most memory that a process has held since a moment, in bytes, by the kernel's account."""

from pathlib import Path

__all__ = ["forget_peak", "peak_bytes"]


def forget_peak() -> int:
    """Let the account begin anew, and return what is held now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_bytes()


def peak_bytes() -> int:
    """Return the peak of resident memory since then (VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
