"""The check of a whole WARC object, for tests: the one place that knows where it lives."""

from shared.warc_validation import WarcInvalidError, validate_warc

__all__ = ["WarcInvalidError", "validate_warc"]
