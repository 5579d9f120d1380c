"""The `pressmark` program: every service's commands under one name. It stands above the services."""

from services.pressmark.program import main

__all__ = ["main"]
