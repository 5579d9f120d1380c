"""The HTTP API: the same actions as the commands, for programs. Closed to everyone without a token."""

from services.admin.api.app import create_app, serve

__all__ = ["create_app", "serve"]
