"""How the archive does: the main numbers of the dashboards, judged by the same limits as the alerts."""

from services.admin.health.reading import Health
from services.admin.health.report import Freshness, HealthReport, Number, Standing

__all__ = ["Freshness", "Health", "HealthReport", "Number", "Standing"]
