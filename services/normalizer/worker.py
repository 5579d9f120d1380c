"""The normalizer's worker: `celery -A services.normalizer.worker:app worker`."""

from services.normalizer.app import make_app
from shared.settings import ServiceSettings, load

app = make_app(load(ServiceSettings))
