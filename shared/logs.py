"""One set-up for our log records and everybody else's: JSON for machines, colours for people.

Events are constant names, `noun_verbed`, with their data in keywords. A value never holds a secret or a
body; foreign text is cut and its control characters are escaped before a terminal sees it.
"""

import logging
import logging.config
import re
import sys
from collections.abc import MutableMapping
from typing import Any

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
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_service(service),
        structlog.processors.format_exc_info if form == "json" else _keep,
        _tame_values,
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
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


def _name_service(service: str) -> structlog.types.Processor:
    def name_service(_logger: object, _method: str, event: Event) -> Event:
        event["service"] = service
        return event

    return name_service


def _keep(_logger: object, _method: str, event: Event) -> Event:
    return event


def _tame_values(_logger: object, _method: str, event: Event) -> Event:
    for key, value in event.items():
        if _SECRET_KEYS.search(key):
            event[key] = "[not shown]"
        elif isinstance(value, str) and not key.startswith("_"):
            event[key] = _tame(value, keep_lines=key == "exception")
    return event


def _tame(value: str, *, keep_lines: bool) -> str:
    shown = _SECRETS.sub(r"\1:[not shown]@", value)
    limit = _LONGEST_VALUE * 4 if keep_lines else _LONGEST_VALUE
    if len(shown) > limit:
        shown = f"{shown[:limit]}… ({len(value)} characters)"
    return shown if keep_lines else escape_controls(shown)
