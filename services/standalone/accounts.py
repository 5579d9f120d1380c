"""Under which account PostgreSQL runs, which refuses to be root.

An ordinary user runs everything as itself. Root gives PostgreSQL to an account without rights. That account may
be shut out of the way to the binaries or to the data (a virtual environment under /root, mode 700). Widening
other people's permissions or keeping the data elsewhere would be wrong, so the process then keeps exactly one
capability through its change of account: to pass directories and to read files (capabilities(7),
CAP_DAC_READ_SEARCH; in containers, which lack it, CAP_DAC_OVERRIDE).
"""

import ctypes
import os
import pwd
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from services.standalone.errors import StartError

__all__ = ["Account", "account_for_postgres", "become"]

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
_CAP_SETGID = 6
_CAP_SETUID = 7

_ACCOUNT_NAMES = ("pressmark", "nobody")
"""Accounts that PostgreSQL may be given by root, the first that exists. `initdb` demands a name for its user."""

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom a child process becomes, and the capabilities (numbers of capabilities(7)) that it keeps."""

    uid: int
    gid: int
    keep: tuple[int, ...] = ()


def account_for_postgres(data: Path, binaries: Path) -> Account | None:
    """Choose the account for PostgreSQL, None when this process's own will do.

    Args:
        data: the directory that PostgreSQL owns; made already or not.
        binaries: the directory of its programs.

    Raises:
        StartError: root without the means to run PostgreSQL as somebody else.
    """
    if os.geteuid() != 0:
        return None
    held = _effective_capabilities()
    if not {_CAP_SETUID, _CAP_SETGID} <= held:
        raise StartError(
            "PostgreSQL does not run as root, and root may not change to another account here. Start Pressmark "
            "as an ordinary user (containers: --user 1000:1000), or set PRESSMARK_DATABASE_URL to a server of "
            "your own."
        )
    uid, gid = _owner_or_unprivileged(data)
    if all(_can_pass(path, uid=uid, gid=gid) for path in (data.parent, binaries)):
        return Account(uid=uid, gid=gid)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if capability in held:
            return Account(uid=uid, gid=gid, keep=(capability,))
    raise StartError(
        f"PostgreSQL runs as uid {uid}, which cannot reach {data.parent} or {binaries}. Choose a data directory "
        "whose parents everyone may pass (chmod o+x), or start Pressmark as an ordinary user."
    )


def _owner_or_unprivileged(data: Path) -> tuple[int, int]:
    """Return who owns the data already, else the first account without rights that exists."""
    if data.exists() and data.stat().st_uid != 0:
        return data.stat().st_uid, data.stat().st_gid
    for name in _ACCOUNT_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise StartError(
        f"PostgreSQL does not run as root, and no account of {', '.join(_ACCOUNT_NAMES)} exists. Create one "
        "(useradd --system pressmark), or start Pressmark as an ordinary user."
    )


def _effective_capabilities() -> set[int]:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("CapEff:"):
            bits = int(line.split()[1], 16)
            return {number for number in range(64) if bits >> number & 1}
    return set()


def _can_pass(path: Path, *, uid: int, gid: int) -> bool:
    """Tell whether somebody may enter a directory and all above it, by mode bits alone."""
    resolved = path.resolve()
    return all(_may_search(step.stat(), uid=uid, gid=gid) for step in (resolved, *resolved.parents))


def _may_search(status: os.stat_result, *, uid: int, gid: int) -> bool:
    if status.st_uid == uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Half(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def become(account: Account) -> Callable[[], None]:
    """Return what a forked child must call, before it executes its program, to be that account.

    Everything is allocated here: between fork and exec only system calls are made.
    """
    header = _Header(_CAPABILITY_VERSION_3, 0)
    sets = _capability_sets(account.keep)

    def change() -> None:
        if account.keep:
            _libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([account.gid])
        os.setresgid(account.gid, account.gid, account.gid)
        os.setresuid(account.uid, account.uid, account.uid)
        if account.keep and _libc.capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
            raise OSError(ctypes.get_errno(), "capset")
        for capability in account.keep:
            if _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "prctl(PR_CAP_AMBIENT)")

    return change


def _capability_sets(capabilities: Iterable[int]) -> "ctypes.Array[_Half]":
    bits = sum(1 << number for number in capabilities)
    return (_Half * 2)(_Half(bits, bits, bits), _Half(0, 0, 0))
