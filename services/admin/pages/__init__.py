"""The operators' pages: the same actions as the commands and the API, for people. All work without scripts."""

from services.admin.pages.app import BASE, create_pages

__all__ = ["BASE", "create_pages"]
