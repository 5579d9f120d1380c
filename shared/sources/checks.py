"""The checks of single values in a source file. Each error says what would be right."""

import difflib
import re
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from shared.sources.proxies import PROXY_NAME, is_proxy_address
from shared.urls import BadUrlError, canonical_url

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def _source_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(
            "write 1 to 63 small letters, digits and hyphens, the first no hyphen, such as kcna-en"
        )
    return text


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError('write the primary language tag of BCP 47 alone, such as "en", "ko" or "zh"')
    return text


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        shown = near[0] if near else "Asia/Pyongyang"
        raise ValueError(f'write a name of the IANA time zone database, such as "{shown}"') from None
    return name


def _http_url(url: str) -> str:
    try:
        canonical_url(url)
    except BadUrlError as error:
        raise ValueError(f"write a plain http or https address ({error.reason})") from None
    return url


def _pattern(text: str) -> str:
    if not text:
        raise ValueError("write a regular expression; an empty one matches everything")
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"write a valid regular expression in single quotes ({error})") from None
    return text


@cache
def _empty_page() -> LexborHTMLParser:
    return LexborHTMLParser("<p></p>")


def _selector(text: str) -> str:
    try:
        _empty_page().css(text)
    except SelectolaxError:
        raise ValueError('write a CSS selector such as "h1.article-title" or "div#body p"') from None
    return text


def _proxy(text: str) -> str:
    if PROXY_NAME.fullmatch(text) or is_proxy_address(text, with_credentials=False):
        return text
    if is_proxy_address(text, with_credentials=True):
        raise ValueError(
            "keep user and password out of the source file: give the whole address a name in"
            " PRESSMARK_FETCHER_PROXIES, and write that name here"
        )
    raise ValueError(
        'write "http://host:port", "https://host:port" or "socks5h://host:port",'
        " or a name that stands in PRESSMARK_FETCHER_PROXIES"
    )


SourceId = Annotated[str, AfterValidator(_source_id)]
Language = Annotated[str, AfterValidator(_language)]
TimeZoneName = Annotated[str, AfterValidator(_timezone)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Selector = Annotated[str, AfterValidator(_selector)]
Proxy = Annotated[str, AfterValidator(_proxy)]
