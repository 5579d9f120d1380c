"""One set-up for our log records and everybody else's: JSON for machines, colours for people.

Events are constant names, `noun_verbed`, with their data in keywords. A value never holds a secret or a
body; foreign text is cut and its control characters are escaped before a terminal sees it. Our records in JSON
go to the stream without a detour over `logging`: there is one for each page, and it took a sixth of its time.
"""

import contextlib
import logging
import logging.config
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, BinaryIO

import structlog

from shared.encoding import dump_json

__all__ = ["escape_controls", "set_up_logs"]

_LONGEST_VALUE = 2048
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SECRETS = re.compile(r"(?i)(?<=://)([^/\s:@]*):([^/\s@]+)@")
_SECRET_KEYS = re.compile(r"(?i)password|secret|token(?!_id)|authorization|cookie")
_NOISY = (
    *("botocore", "boto3", "urllib3", "s3transfer", "kombu", "amqp", "trafilatura", "htmldate"),
    # Two lines a message, one a tick, none with a trace id: our handlers tell what came of each message.
    *("celery.worker.strategy", "celery.app.trace", "celery.beat"),
)

Event = MutableMapping[str, Any]


def escape_controls(text: str) -> str:
    """Return text with control and direction characters written as escapes, fit for a terminal."""
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def set_up_logs(service: str, *, form: str = "json", level: str = "info") -> None:
    """Send every record of this process, ours and foreign, to standard error in one form."""
    before: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        _stamp(service),
        structlog.processors.format_exc_info if form == "json" else _keep,
        _tame_values,
    ]
    if form == "json":
        writer = _LineWriter(sys.stderr.buffer)
        structlog.configure(
            processors=[*before, _json_line],
            logger_factory=lambda *_: writer,
            wrapper_class=structlog.make_filtering_bound_logger(
                logging.getLevelNamesMapping()[level.upper()]
            ),
            cache_logger_on_first_use=True,
        )
    else:
        structlog.configure(
            processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
            cache_logger_on_first_use=True,
        )
    _set_up_foreign_logs(before, form=form, level=level)


def _set_up_foreign_logs(before: list[structlog.types.Processor], *, form: str, level: str) -> None:
    """Give the records of libraries the form that ours have."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), structlog.stdlib.add_logger_name, *before],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(form)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _renderer(form: str) -> structlog.types.Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(serializer=lambda event, **_: dump_json(event).decode())
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


class _LineWriter:
    """Writes finished lines, each at once. The buffer's own lock keeps the lines of threads apart."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def msg(self, line: bytes) -> None:
        """Write a line. A log that cannot be written, as on a full disk, must not end the work it tells of."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(line)
            self._stream.flush()

    debug = info = warning = error = critical = exception = msg


def _json_line(_logger: object, _method: str, event: Event) -> bytes:
    return dump_json(event) + b"\n"


def _stamp(service: str) -> structlog.types.Processor:
    def stamp(_logger: object, _method: str, event: Event) -> Event:
        event["timestamp"] = f"{datetime.now(UTC).isoformat()[:-6]}Z"
        event["service"] = service
        return event

    return stamp


def _keep(_logger: object, _method: str, event: Event) -> Event:
    return event


def _tame_values(_logger: object, _method: str, event: Event) -> Event:
    for key, value in event.items():
        if _is_secret(key):
            event[key] = "[not shown]"
        # What can be printed has no control character, and without an @ there is no password in an address.
        elif type(value) is str and len(value) <= _LONGEST_VALUE and "@" not in value and value.isprintable():
            continue
        elif isinstance(value, str) and not key.startswith("_"):
            event[key] = _tame(value, keep_lines=key == "exception")
    return event


@lru_cache(maxsize=4096)
def _is_secret(key: str) -> bool:
    return _SECRET_KEYS.search(key) is not None


def _tame(value: str, *, keep_lines: bool) -> str:
    shown = _SECRETS.sub(r"\1:[not shown]@", value)
    limit = _LONGEST_VALUE * 4 if keep_lines else _LONGEST_VALUE
    if len(shown) > limit:
        shown = f"{shown[:limit]}… ({len(value)} characters)"
    return shown if keep_lines else escape_controls(shown)
