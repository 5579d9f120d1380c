"""The crawler's worker and its schedule: `celery -A services.crawler.worker:app worker` and `… beat`."""

from services.crawler.app import make_app
from services.crawler.settings import CrawlerSettings
from shared.settings import ServiceSettings, load

app = make_app(load(ServiceSettings), load(CrawlerSettings))
