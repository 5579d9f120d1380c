"""The whole way of a page, from its host to the ledger, costs a fraction of what it costs a well-known peer.

This is the short form of `tests/benchmarks/fetching.py`, with a bound that holds on a machine that does other
things: both workers suffer from it alike, so their ratio says more than their rates.
"""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.keeping_pages import keep_with_ours, keep_with_scrapy, rate
from tests.support.page_server import serving_pages
from tests.support.servers import ObjectStore

PAGES = 1000
LEAST_RATIO = 3.0


@pytest.fixture
def environment(database_url: str, valkey_url: str, s3: ObjectStore) -> dict[str, str]:
    """Settings that name the servers of this test."""
    return {
        "PRESSMARK_DATABASE_URL": database_url,
        "PRESSMARK_BROKER_URL": valkey_url,
        "PRESSMARK_S3_ENDPOINT": s3.endpoint,
        "PRESSMARK_S3_BUCKET": f"speed-{uuid4().hex[:12]}",
        "PRESSMARK_S3_ACCESS_KEY": s3.access_key,
        "PRESSMARK_S3_SECRET_KEY": s3.secret_key,
        "PRESSMARK_S3_REGION": s3.region,
    }


@pytest.mark.timeout(600)
def test_a_page_is_fetched_kept_and_announced_for_a_third_of_what_scrapy_takes_to_fetch_and_write_it(
    environment: dict[str, str], scrapy: Path, tmp_path: Path
) -> None:
    with serving_pages(20) as origins:
        urls = [f"{origins[number % 20]}/news/{number}" for number in range(PAGES)]
        ours = keep_with_ours(urls, environment)
        theirs = keep_with_scrapy(urls, scrapy, tmp_path)

    assert ours["captures"] == theirs["pages"] == PAGES
    assert rate(ours) >= LEAST_RATIO * rate(theirs)
