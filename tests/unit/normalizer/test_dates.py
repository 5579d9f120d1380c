from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.dates import AmbiguousDate, DateValue, read_date, written_dates
from services.normalizer.published import choose_published
from services.normalizer.shown_dates import FoundDate
from services.normalizer.url_dates import date_in_url
from shared.sources import DateOrder


def iso(text: str, *, order: DateOrder | None = None, language: str | None = None) -> str | None:
    reading = read_date(text, order=order, language=language)
    return reading.iso() if isinstance(reading, DateValue) else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16/10/2021", "2021-10-16"),
        ("2024年10月1日", "2024-10-01"),
        ("주체107(2018)년 3월 18일", "2018-03-18"),
        ("주체107(2018)년\u00a03월\u00a018일", "2018-03-18"),
        ("Juche 113", "2024"),
        ("[Juche113.12.14.]", "2024-12-14"),
        ("[2025.12.14.]", "2025-12-14"),
        ("calendar>>May 30. 2021 Juche 110 |", "2021-05-30"),
        ("December 25, Juche 84 (1995)", "1995-12-25"),
        ("1 октября 2024", "2024-10-01"),
        ("13 января 2015 г. в 13:34", "2015-01-13T13:34"),
        ("Le 11 Décembre 2014 à 09:00", "2014-12-11T09:00"),
        ("08.Haziran.2014, 11:07", "2014-06-08T11:07"),
        ("2016年3月20日(日) 21時40分", "2016-03-20T21:40"),
        ("2024.05.03. 오후 3:20", "2024-05-03T15:20"),
        ("令和6年5月3日", "2024-05-03"),
        ("22 พฤษภาคม 2555", "2012-05-22"),
        ("ngày 5 tháng 3 năm 2021", "2021-03-05"),
        ("২৫ ডিসেম্বর ২০১৪", "2014-12-25"),
        ("Aug. 9, 2012 at 2:57 p.m.", "2012-08-09T14:57"),
        ("June 12-14, 2021", "2021-06-12"),
        ("Thu, 30 May 2024 10:13:10 -0500 (CDT)", "2024-05-30T10:13:10-05:00"),
        ("2021-10-16T08:30:00Z", "2021-10-16T08:30:00+00:00"),
        ("20240501123000", "2024-05-01T12:30:00"),
        ("1634427010", "2021-10-16T23:30:10+00:00"),
        ("27 ต.ค. 2566 เวลา 10:30 น.", "2023-10-27T10:30"),
        ("27 ต.ค. 66", "2023-10-27"),
        ("5 พฤษภาคม พ.ศ. 2567", "2024-05-05"),
        ("25/05/2566", "2023-05-25"),
        ("民國113年5月3日", "2024-05-03"),
        ("۱۲ مهر ۱۴۰۲", "2023-10-04"),
        ("۱۴۰۲/۰۷/۱۲", "2023-10-04"),
        ("١٥ رمضان ١٤٤٥ هـ", "2024-03-25"),
        ("15 رمضان 1445هـ الموافق 25 مارس 2024", "2024-03-25"),
        ("3 مايو 2024", "2024-05-03"),
        ("1402/07/12", None),
        ("October 2021", "2021-10"),
        ("(평양 8월 21일발 조선중앙통신)", None),
        ("no date at all", None),
        ("31/02/2021", None),
    ],
)
def test_a_written_date_is_read_as_exactly_as_it_is_written(text: str, expected: str | None) -> None:
    assert iso(text) == expected


def test_two_numbers_that_could_be_either_are_not_guessed() -> None:
    assert isinstance(read_date("03/04/2021"), AmbiguousDate)


@pytest.mark.parametrize(
    ("order", "expected"), [(DateOrder.DMY, "2021-04-03"), (DateOrder.MDY, "2021-03-04")]
)
def test_the_order_of_the_source_settles_two_numbers(order: DateOrder, expected: str) -> None:
    assert iso("03/04/2021", order=order) == expected


def test_a_month_that_two_languages_name_alike_needs_the_language() -> None:
    assert iso("3. listopada 2020", language="pl") == "2020-11-03"
    assert iso("3. listopada 2020", language="hr") == "2020-10-03"
    assert iso("3. listopada 2020") is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://www.kcna.co.jp/item/2014/201403/news30/20140330-14ee.html", "2014-03-30"),
        ("http://kcna.co.jp/item/2004/200402/news02/20.htm", "2004-02-20"),
        ("https://news.example/2021/3/9/story", "2021-03-09"),
        ("https://news.example/2021/03/story", "2021-03"),
        ("http://www.rodong.rep.kp/cn/index.php?MTJAMjAyNS0xMC0xMC0wMTNAM0AxQEAw", "2025-10-10"),
        (
            "http://www.rodong.rep.kp/ko/index.php?OEAyMDI1LTA3LTAyLTAxOEAxOUBA7JuQ7IKw6rCI66eIQDExMDY==",
            "2025-07-02",
        ),
        ("https://kcnawatch.org/newstream/1750885366-665971553/a/", "2025-06-25T21:02:46+00:00"),
        ("https://kcnawatch.org/newstream/1452058173-983528564/a/", None),
        ("https://news.example/story-12345", None),
    ],
)
def test_a_date_in_an_address_is_found(url: str, expected: str | None) -> None:
    found = date_in_url(url)

    assert (found.value.iso() if found else None) == expected


def test_several_dates_of_a_line_are_found_in_order() -> None:
    found = written_dates("Published 3 March 2021, updated 5 March 2021")

    assert [date.reading.iso() for date in found if isinstance(date.reading, DateValue)] == [
        "2021-03-03",
        "2021-03-05",
    ]


def test_a_finer_machine_date_of_the_same_day_is_taken() -> None:
    candidates = [
        found_date("2021-10-16", "json_ld.datePublished"),
        found_date("2021-10-16T08:00:00+09:00", "meta.article:published_time"),
    ]

    chosen = choose_published(candidates)

    assert chosen is not None
    assert chosen.value.iso() == "2021-10-16T08:00:00+09:00"


def test_an_agency_s_dateline_gets_its_year_from_a_capture_soon_after() -> None:
    chosen = choose_published(
        [],
        paragraphs=["Pyongyang, December 30 (KCNA) -- The plenary meeting went on."],
        captured_at=datetime(2026, 1, 2, tzinfo=UTC),
    )

    assert chosen is not None
    assert (chosen.value.iso(), chosen.provenance.method) == ("2025-12-30", "dateline+capture")


def test_a_date_above_the_headline_needs_a_witness() -> None:
    reading = read_date("March 09, 2026")
    assert reading is not None
    doubtful = FoundDate(reading=reading, raw="March 09, 2026", method="above_headline", needs_witness=True)

    assert choose_published([doubtful]) is None


@given(st.text(max_size=120))
def test_any_text_is_read_without_an_error(text: str) -> None:
    reading = read_date(text)

    assert reading is None or isinstance(reading, DateValue | AmbiguousDate)


@given(st.dates(min_value=datetime(1600, 1, 1).date(), max_value=datetime(2100, 12, 31).date()))  # noqa: DTZ001  (dates have no zone)
def test_every_iso_day_is_read_back(day: object) -> None:
    assert iso(str(day)) == str(day)


def found_date(text: str, method: str) -> FoundDate:
    reading = read_date(text)
    assert reading is not None
    return FoundDate(reading=reading, raw=text, method=method)
