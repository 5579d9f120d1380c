"""Scrapy with a pipeline that archives with warcio: the peer of our fetcher. It runs in an environment of its own.

`python scrapy_archive.py URLS WARC` asks for every URL of a file, writes request and response records, and prints
the pages and the CPU seconds (user and system) from the first request to the end. Nothing of ours is imported.
"""

import json
import logging
import resource
import sys
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import scrapy
from scrapy import signals
from scrapy.crawler import CrawlerProcess
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Archive:
    """Writes the exchange of an item as two records, each a gzip member."""

    def open_spider(self) -> None:
        self._file = Path(sys.argv[2]).open("wb")  # noqa: SIM115 - closed with the spider
        self._writer = WARCWriter(self._file, gzip=True)

    def close_spider(self) -> None:
        self._file.close()

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        response = item["response"]
        response_record = self._record(response.url, "response", f"{response.status} OK", response)
        request_record = self._record(
            response.url, "request", f"GET {response.url} HTTP/1.1", response.request
        )
        self._writer.write_request_response_pair(request_record, response_record)
        return item

    def _record(self, url: str, kind: str, line: str, message: Any) -> Any:  # noqa: ANN401 - Scrapy's or warcio's
        pairs = message.headers.items()
        fields = [(name.decode(), value.decode()) for name, values in pairs for value in values]
        is_response = kind == "response"
        head = StatusAndHeaders(
            line, fields, protocol="HTTP/1.1" if is_response else "", is_http_request=not is_response
        )
        return self._writer.create_warc_record(url, kind, payload=BytesIO(message.body), http_headers=head)


URLS = Path(sys.argv[1]).read_text(encoding="ascii").split()


class Pages(scrapy.Spider):
    name = "pages"

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> "Pages":  # noqa: ANN401 - Scrapy's own
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.begin, signals.spider_opened)
        spider.pages = 0
        return spider

    def begin(self) -> None:
        self.begun_at = cpu_seconds()

    async def start(self) -> AsyncIterator[Any]:
        for url in URLS:
            yield scrapy.Request(url, dont_filter=True)

    def parse(self, response: Any) -> Any:  # noqa: ANN401 - Scrapy's own
        self.pages += response.status == 200
        yield {"response": response}

    def closed(self, _reason: str) -> None:
        sys.stdout.write(json.dumps({"pages": self.pages, "cpu": cpu_seconds() - self.begun_at}))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    process = CrawlerProcess(
        {
            "ITEM_PIPELINES": {Archive: 100},
            "CONCURRENT_REQUESTS": 100,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
            "CONCURRENT_ITEMS": 200,
            "DOWNLOAD_DELAY": 0,
            "ROBOTSTXT_OBEY": False,
            "COOKIES_ENABLED": False,
            "RETRY_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "LOG_ENABLED": False,
            "LOGSTATS_INTERVAL": 0,
        }
    )
    process.crawl(Pages)
    process.start()
