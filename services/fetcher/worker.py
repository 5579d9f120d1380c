"""The fetcher's worker: `celery -A services.fetcher.worker:app worker`."""

from services.fetcher.app import make_app
from services.fetcher.settings import FetcherSettings
from shared.settings import ServiceSettings, load

app = make_app(load(ServiceSettings), load(FetcherSettings))
