"""Whatever an operator may set or watch explains itself."""

import re
from collections.abc import Iterator

import pytest
from prometheus_client.metrics import MetricWrapperBase
from pydantic_settings import BaseSettings

import shared.metrics
from services.admin.settings import AdminApiSettings, BackupSettings, UpkeepSettings
from services.admin.tools import AdminSettings
from services.crawler.settings import CrawlerSettings
from services.fetcher.settings import FetcherSettings
from services.observer.settings import ObserverSettings
from services.reader.replay.settings import ReplaySettings
from services.reader.settings import ReaderSettings
from services.standalone.settings import StandaloneSettings
from shared.errors import SettingsError
from shared.observed_metrics import OBSERVED, Observed
from shared.settings import LedgerSettings, ServiceSettings, load

SETTINGS = (
    AdminApiSettings,
    AdminSettings,
    BackupSettings,
    CrawlerSettings,
    FetcherSettings,
    ObserverSettings,
    ReaderSettings,
    ReplaySettings,
    ServiceSettings,
    StandaloneSettings,
    UpkeepSettings,
)


def fields() -> Iterator[tuple[type[BaseSettings], str]]:
    for kind in SETTINGS:
        for name in kind.model_fields:
            yield kind, name


@pytest.mark.parametrize(("kind", "name"), list(fields()))
def test_a_setting_says_in_a_sentence_what_it_is_for(kind: type[BaseSettings], name: str) -> None:
    description = kind.model_fields[name].description

    assert description, f"{kind.__name__}.{name}"
    assert description.rstrip().endswith(".")


@pytest.mark.parametrize("name", shared.metrics.__all__)
def test_a_metric_is_named_and_described_as_prometheus_wants_it(name: str) -> None:
    metric = getattr(shared.metrics, name)

    assert isinstance(metric, MetricWrapperBase)
    described = next(iter(metric.describe()))
    assert re.fullmatch(r"pressmark_[a-z_]+", described.name)
    assert described.documentation.endswith(".")
    if described.type == "histogram":
        assert described.name.endswith("_seconds")


@pytest.mark.parametrize("metric", OBSERVED, ids=lambda metric: metric.name)
def test_an_observed_metric_is_named_and_described_as_prometheus_wants_it(metric: Observed) -> None:
    assert re.fullmatch(r"pressmark_[a-z_]+", metric.name)
    assert metric.documentation.endswith(".")
    assert metric.name.endswith("_total") == (metric.type == "counter")


def test_no_metric_is_declared_twice() -> None:
    counted = {next(iter(getattr(shared.metrics, name).describe())).name for name in shared.metrics.__all__}
    observed = [metric.name for metric in OBSERVED]

    assert len(observed) == len(set(observed))
    assert not counted & {name.removesuffix("_total") for name in observed}


def test_a_missing_setting_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRESSMARK_DATABASE_URL", raising=False)

    with pytest.raises(SettingsError, match="PRESSMARK_DATABASE_URL"):
        load(LedgerSettings)


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSMARK_DATABASE_URL", "postgresql://me:hush@host/db")

    assert "hush" not in repr(load(LedgerSettings))
