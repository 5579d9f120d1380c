"""The three language editions: their names, their ways to write a day, and the look of their pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

FIRST_DAY: Final = dt.date(2025, 3, 3)
"""Day 1, a Monday. Its month has days that read as well day-first as month-first."""

DAYS: Final = 14
LAYOUT_CHANGE_DAY: Final = 9
"""On this day every page of the English edition gets new class names and another date format."""

_ENGLISH_MONTHS: Final = ("January", "February", "March", "April")  # The fortnight ends in March.
_ENGLISH_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_KOREAN_WEEKDAYS: Final = "월화수목금토일"


def date_of(day: int) -> dt.date:
    """Return the calendar date of a simulated day; day 1 is the first."""
    return FIRST_DAY + dt.timedelta(days=day - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Class names and the way to write a day on the article pages of one design."""

    frame: str
    headline: str
    meta: str
    body: str
    share: str
    related: str
    card: str
    excerpt: str
    show_date: Callable[[dt.date], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One language of the outlet.

    Attributes:
        code: Language and first part of every address.
        name: The source as readers see it.
        sections: Section names; the key `latest` is the list of everything new.
        dateline: What stands before the first sentence of an article of that date.
        end_mark: What stands after the last sentence.
        header_date: Today's date in the page head, which is no article's date. None where the edition
            prints none: its pages stay the same bytes from day to day and can be answered with 304.
        labels: Small words of the pages: `date`, `source`, `updated`, `more`, `share`, `print`, `missing`.
        grouped: Whether numbers from a thousand on have a comma.
        articles: How many articles it prints in the fortnight.
        layouts: From which day on which layout is used.
    """

    code: str
    name: str
    sections: Mapping[str, str]
    dateline: Callable[[dt.date], str]
    end_mark: str
    header_date: Callable[[dt.date], str] | None
    labels: Mapping[str, str]
    grouped: bool
    articles: int
    layouts: tuple[tuple[int, Layout], ...]

    def layout_on(self, day: int) -> Layout:
        """Return the layout in use on a simulated day."""
        return next(layout for since, layout in reversed(self.layouts) if since <= day)


def _day_first(date: dt.date) -> str:
    return f"{date:%d/%m/%Y}"


def _dotted(date: dt.date) -> str:
    return f"[{date.year}.{date.month}.{date.day}.]"


def _chinese(date: dt.date) -> str:
    return f"{date.year}年{date.month}月{date.day}日"


def _english_head(date: dt.date) -> str:
    return f"{_ENGLISH_WEEKDAYS[date.weekday()]}, {_ENGLISH_MONTHS[date.month - 1]} {date.day}, {date.year}"


def _korean_head(date: dt.date) -> str:
    return f"{date.year}년 {date.month}월 {date.day}일 {_KOREAN_WEEKDAYS[date.weekday()]}요일"


CLASSIC: Final = Layout(
    frame="article-wrap",
    headline="article-title",
    meta="publish-info",
    body="article-body",
    share="share",
    related="more-from",
    card="article-card",
    excerpt="excerpt",
    show_date=_day_first,
)
RENEWED: Final = Layout(
    frame="st-frame",
    headline="st-head",
    meta="st-facts",
    body="st-text",
    share="st-tools",
    related="st-next",
    card="st-tile",
    excerpt="st-tease",
    show_date=dt.date.isoformat,
)
KOREAN: Final = Layout(
    frame="news-view",
    headline="news-tit",
    meta="news-date",
    body="news-cont",
    share="sns",
    related="news-more",
    card="news-item",
    excerpt="summary",
    show_date=_dotted,
)
CHINESE: Final = Layout(
    frame="main-text",
    headline="bt",
    meta="laiyuan",
    body="zhengwen",
    share="fenxiang",
    related="gengduo",
    card="tiao",
    excerpt="zhaiyao",
    show_date=_chinese,
)

ENGLISH_EDITION: Final = Edition(
    code="en",
    name="Harbour News Agency (En)",
    sections={
        "latest": "Latest",
        "politics": "Politics",
        "economy": "Economy",
        "society": "Society",
        "culture": "Culture",
    },
    dateline=lambda date: f"Port Halden, {_ENGLISH_MONTHS[date.month - 1]} {date.day} (HNA) -- ",
    end_mark=" -0-",
    header_date=_english_head,
    labels={
        "date": "Date",
        "source": "Source",
        "updated": "Updated",
        "more": "More from",
        "share": "Share",
        "print": "print",
        "missing": "This page could not be found.",
    },
    grouped=True,
    articles=32,
    layouts=((1, CLASSIC), (LAYOUT_CHANGE_DAY, RENEWED)),
)
KOREAN_EDITION: Final = Edition(
    code="ko",
    name="항구통신 (한국어)",
    sections={
        "latest": "최신 소식",
        "politics": "정치",
        "economy": "경제",
        "society": "사회",
        "culture": "문화",
    },
    dateline=lambda date: f"(할덴항 {date.month}월 {date.day}일발 항구통신) ",
    end_mark=" (끝)",
    header_date=_korean_head,
    labels={
        "date": "날짜",
        "source": "출처",
        "updated": "수정",
        "more": "더 보기:",
        "share": "공유",
        "print": "인쇄",
        "missing": "페이지를 찾을 수 없습니다.",
    },
    grouped=True,
    articles=25,
    layouts=((1, KOREAN),),
)
CHINESE_EDITION: Final = Edition(
    code="zh",
    name="港湾通讯社（中文）",
    sections={
        "latest": "最新消息",
        "politics": "政治",
        "economy": "经济",
        "society": "社会",
        "culture": "文化",
    },
    dateline=lambda date: f"港湾社哈尔登港{date.month}月{date.day}日电　",
    end_mark="（完）",
    header_date=None,
    labels={
        "date": "日期",
        "source": "来源",
        "updated": "更新",
        "more": "更多来自",
        "share": "分享",
        "print": "打印",
        "missing": "找不到该页面。",
    },
    grouped=False,
    articles=23,
    layouts=((1, CHINESE),),
)
EDITIONS: Final = (ENGLISH_EDITION, KOREAN_EDITION, CHINESE_EDITION)
