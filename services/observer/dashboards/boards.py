"""Which dashboards there are, in the order in which they are linked."""

from services.observer.dashboards.of_outlets import EXTRACTION, FETCH, HISTORY, SOURCES
from services.observer.dashboards.of_the_archive import INFRASTRUCTURE, OVERVIEW, PIPELINE, READER, STORAGE

__all__ = ["BOARDS"]

BOARDS = (OVERVIEW, SOURCES, PIPELINE, FETCH, EXTRACTION, HISTORY, STORAGE, READER, INFRASTRUCTURE)
