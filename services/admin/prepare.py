"""Makes what a new archive needs before its services start: the bucket, and the key of its log.

`python -m services.admin.prepare`, as often as one likes: what is there stays as it is.
"""

import os
import sys

import structlog

from services.admin.settings import LogKeySettings
from shared.errors import PressmarkError
from shared.evidence import EvidenceStore
from shared.logs import set_up_logs
from shared.proof import LogKey
from shared.settings import LogSettings, StoreSettings, load

__all__ = ["make_log_key", "prepare"]

log = structlog.get_logger(__name__)

_LOG_NAME = "pressmark"


class PrepareSettings(StoreSettings, LogKeySettings, LogSettings):
    """What is prepared."""


def prepare(settings: PrepareSettings) -> None:
    """Make the bucket, prove that it keeps what it is given, and make the log's key.

    Raises:
        TryAgainError: The store does not answer.
        SettingsError: It refuses us.
    """
    store = EvidenceStore(settings.evidence())
    store.ensure_bucket()
    store.self_test()
    log.info("bucket_ready", bucket=settings.s3_bucket)
    make_log_key(settings)


def make_log_key(settings: LogKeySettings) -> bool:
    """Make the key's file where one is named and not there; return whether it was made."""
    path = settings.log_key_file
    if settings.log_key is not None or path is None or path.exists():
        return False
    # Never half a key under its name: a log is signed by one key for ever.
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(LogKey.generate(_LOG_NAME).secret() + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
    log.info("log_key_made", file=str(path))
    return True


def _main() -> int:
    try:
        settings = load(PrepareSettings)
        set_up_logs("prepare", form=settings.log_format, level=settings.log_level)
        prepare(settings)
    except PressmarkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
