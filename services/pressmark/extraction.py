"""Fetching one page for `pressmark extract URL`: through the fetcher's own gate and limits, kept nowhere."""

from urllib.parse import urlsplit

from services.fetcher.client import HttpClient
from services.fetcher.fetching import fetch_all
from services.fetcher.gate import Gate
from services.fetcher.outcomes import Fetched, FetchTarget, NotFetched
from services.fetcher.settings import FetcherSettings
from services.normalizer.manifests import FetchedPage
from shared.errors import PressmarkError
from shared.http_message import DecodeError, decode_body, parse_head
from shared.settings import NetworkSettings, load
from shared.urls import canonical_url, host_key

__all__ = ["PageNotFetchedError", "fetch_page"]

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 5


class PageNotFetchedError(PressmarkError):
    """The page of an address could not be had."""


def fetch_page(url: str) -> FetchedPage:
    """Fetch a page and follow its redirects, each hop through the gate.

    Raises:
        BadUrlError: the address is none that could be asked for.
        PageNotFetchedError: the page could not be had; the text says why.
    """
    client = HttpClient(load(FetcherSettings), Gate(load(NetworkSettings).private_networks))
    address = canonical_url(url)
    try:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = _ask(client, address)
            head = parse_head(answer.raw_head)
            location = head.first("location")
            if answer.status in _REDIRECTS and location:
                address = canonical_url(location, address)
                continue
            if answer.status != 200:
                raise PageNotFetchedError(f"{address} answered {answer.status}")
            try:
                body = decode_body(head, bytes(answer.body)).data
            except DecodeError as error:
                raise PageNotFetchedError(f"the body of {address} cannot be decoded: {error}") from None
            return FetchedPage(url=address, content_type=head.first("content-type"), body=body)
        raise PageNotFetchedError(f"{url} redirects more than {_MAX_REDIRECTS} times")
    finally:
        client.close()


def _ask(client: HttpClient, url: str) -> Fetched:
    target = FetchTarget(target_id=0, url=url, host=host_key(url))
    outcome = next(iter(fetch_all([target], client=client)))
    if isinstance(outcome, Fetched):
        return outcome
    reason = outcome.reason if isinstance(outcome, NotFetched) else "not started"
    hint = ""
    if reason == "private_address":
        hint = "; if this is meant, name its network in PRESSMARK_PRIVATE_NETWORKS"
    raise PageNotFetchedError(f"{urlsplit(url).hostname} gave no page: {reason}{hint}")
