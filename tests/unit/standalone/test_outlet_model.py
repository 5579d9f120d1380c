import html
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.standalone.outlet.model import Outlet
from services.standalone.outlet.truth import EditClass, TrueArticle, changed_words
from shared.sources import load_source

OUTLET = Outlet()
DAYS = range(1, OUTLET.days + 1)


def text_of(path: str, *, day: int) -> str:
    return OUTLET.respond(path, day=day).body.decode()


def links_of(page: str) -> list[str]:
    return re.findall(r'href="(/[^"]*)"', page)


def lists_of(edition: str) -> list[str]:
    return [link for link in links_of(text_of(f"/{edition}/", day=1)) if f"/{edition}/l/" in link]


def articles_on(day: int) -> Iterator[TrueArticle]:
    return (article for article in OUTLET.truth(day).articles if not article.away)


def test_equal_seeds_give_equal_pages_and_others_do_not() -> None:
    article = OUTLET.truth(14).articles[0]
    same, other = Outlet(seed=1), Outlet(seed=2)

    assert same.respond(article.paths[0], day=14) == OUTLET.respond(article.paths[0], day=14)
    assert other.respond(article.paths[0], day=14).status == 404


def test_the_fortnight_has_eighty_articles_in_three_languages() -> None:
    truth = OUTLET.truth(14)

    assert len(truth.articles) == 80
    assert {article.edition for article in truth.articles} == {"en", "ko", "zh"}
    assert len(set(truth.paths)) == len(truth.paths)
    assert {len(article.paths) for article in truth.articles} == {1, 2, 3}
    assert len(truth.aliases) > len(truth.articles) / 2
    assert all(3 <= len(article.paragraphs) <= 8 for article in truth.articles)


def test_no_two_articles_have_the_same_text() -> None:
    texts = [article.paragraphs for article in OUTLET.truth(14).articles]

    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("day", DAYS)
def test_every_address_of_an_article_shows_the_text_of_the_truth(day: int) -> None:
    for article in articles_on(day):
        for path in article.paths:
            page = text_of(path, day=day)
            shown = [f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in article.paragraphs]
            assert "\n".join(shown) in page
            assert f">{html.escape(article.title)}</h1>" in page


@pytest.mark.parametrize("day", DAYS)
def test_an_article_that_is_away_is_missing_at_all_its_addresses(day: int) -> None:
    for article in OUTLET.truth(day).articles:
        statuses = {OUTLET.respond(path, day=day).status for path in article.paths}
        assert statuses == ({404} if article.away else {200})


def test_an_article_is_missing_before_it_is_published() -> None:
    later = set(OUTLET.truth(14).paths) - set(OUTLET.truth(3).paths)

    assert {OUTLET.respond(path, day=3).status for path in later} == {404}


def test_every_address_is_in_a_list_on_some_day() -> None:
    listed = {
        link
        for day in DAYS
        for edition in ("en", "ko", "zh")
        for path in lists_of(edition)
        for link in links_of(text_of(path, day=day))
    }

    assert set(OUTLET.truth(14).paths) <= listed
    assert set(OUTLET.truth(14).disallowed) <= listed


def test_there_are_edits_of_every_class_and_most_are_silent() -> None:
    edits = OUTLET.truth(14).edits

    assert {edit.edit_class for edit in edits} == set(EditClass)
    assert sum(not edit.silent for edit in edits) == 1
    assert {edit.article_id[:2] for edit in edits} == {"en", "ko", "zh"}
    assert all(edit.removed or edit.added for edit in edits)


def test_a_silent_edit_leaves_the_pages_own_modified_date() -> None:
    for edit in OUTLET.truth(14).edits:
        before, after = (text_of(edit.paths[0], day=day) for day in (edit.day - 1, edit.day))
        stamps = [re.search(r'modified_time" content="([^"]+)', page) for page in (before, after)]
        moved = stamps[0] and stamps[1] and stamps[0][1] != stamps[1][1]
        assert moved is not edit.silent


def test_an_edit_is_told_from_its_day_on() -> None:
    for edit in OUTLET.truth(14).edits:
        assert edit not in OUTLET.truth(edit.day - 1).edits
        assert edit in OUTLET.truth(edit.day).edits


def test_one_article_is_taken_down_for_good_and_one_comes_back_changed() -> None:
    truth = OUTLET.truth(14)
    (back,) = truth.returns
    gone = [removal for removal in truth.removals if removal.article_id != back.article_id]

    assert [len(removal.paths) for removal in gone] == [2]
    assert back.removed
    assert back.added
    assert back.article_id not in {edit.article_id for edit in truth.edits}


def test_the_new_layout_changes_every_class_and_no_text() -> None:
    change = OUTLET.layout_change_day
    article = next(one for one in OUTLET.truth(change).articles if one.article_id == "en-breakwater")
    before, after = (text_of(article.paths[0], day=day) for day in (change - 1, change))

    classes = [set(re.findall(r'class="([^"]+)"', page.split("<main>")[1])) for page in (before, after)]

    assert classes[0] & classes[1] <= {"date", "visible-phone", "visible-desktop"}
    assert "03/03/2025" in before
    assert "2025-03-03" in after


def test_an_english_page_changes_every_day_though_its_article_does_not() -> None:
    pages = {text_of(OUTLET.truth(1).articles[0].paths[0], day=day) for day in DAYS}

    assert len(pages) == OUTLET.days


def test_an_unchanged_chinese_page_is_not_sent_again_on_another_day() -> None:
    article = next(one for one in OUTLET.truth(1).articles if one.article_id == "zh-reservoir")
    first = OUTLET.respond(article.paths[0], day=1)
    headers = {"if-none-match": first.header("ETag") or ""}

    assert OUTLET.respond(article.paths[0], day=11, headers=headers).status == 304
    assert OUTLET.respond(article.paths[0], day=12, headers=headers).status == 200


def test_validators_answer_as_the_standard_says() -> None:
    path = OUTLET.truth(1).articles[0].paths[0]
    response = OUTLET.respond(path, day=2)
    tag, changed = response.header("ETag") or "", response.header("Last-Modified") or ""

    def status(**headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return OUTLET.respond(path, day=2, headers=named).status

    assert status(if_none_match=f'"other", W/{tag}') == 304
    assert status(if_none_match="*") == 304
    assert status(if_modified_since=changed) == 304
    assert status(if_none_match='"other"', if_modified_since=changed) == 200
    assert status(if_modified_since="yesterday") == 200
    assert status(if_modified_since="Sun, 02 Mar 2025 06:00:00 GMT") == 200


def test_bytes_are_never_newer_than_their_last_modified_date() -> None:
    for article in OUTLET.truth(14).articles:
        seen: dict[str, bytes] = {}
        for day in DAYS:
            response = OUTLET.respond(article.paths[0], day=day)
            if response.status == 200:
                stamp = response.header("Last-Modified") or ""
                assert seen.setdefault(stamp, response.body) == response.body


def test_robots_txt_bars_the_print_pages_and_nothing_else() -> None:
    robots = text_of("/robots.txt", day=1)
    barred = re.findall(r"Disallow: (\S+)", robots)
    truth = OUTLET.truth(14)

    assert all(any(path.startswith(rule) for rule in barred) for path in truth.disallowed)
    assert not any(path.startswith(rule) for rule in barred for path in truth.paths)
    assert OUTLET.respond(truth.disallowed[0], day=14).status == 200


@pytest.mark.parametrize("edition", ["en", "ko", "zh"])
def test_sitemap_and_feed_name_standing_articles_under_the_host_asked(edition: str) -> None:
    headers = {"host": "127.0.0.1:8123"}
    standing = {path for article in articles_on(9) for path in article.paths}

    for name in ("sitemap.xml", "feed.xml"):
        tree = ET.fromstring(OUTLET.respond(f"/{edition}/{name}", day=9, headers=headers).body)
        addresses = [one.text or "" for one in tree.iter() if one.tag.endswith(("}loc", "guid"))]
        assert addresses
        assert {urlsplit(address).netloc for address in addresses} == {"127.0.0.1:8123"}
        assert {urlsplit(address).path for address in addresses} <= standing


@pytest.mark.parametrize("path", ["/en/a/0000000000000000", "/nothing", "", "/en/l/", "/ko/unknown", "//"])
def test_what_is_not_there_is_answered_with_404(path: str) -> None:
    assert OUTLET.respond(path, day=1).status == 404


@pytest.mark.parametrize("day", [0, 15, -1])
def test_a_day_outside_the_fortnight_is_refused(day: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 14"):
        OUTLET.respond("/", day=day)


def test_the_source_files_are_read_and_accept_every_article_address() -> None:
    base_url = "http://127.0.0.1:8123"
    truth = OUTLET.truth(14)

    sources = {source.language: source for source in map(load_source, OUTLET.source_files(base_url))}

    assert set(sources) == {"en", "ko", "zh"}
    for article in truth.articles:
        patterns = sources[article.edition].links.accept
        assert all(any(re.search(one, base_url + path) for one in patterns) for path in article.paths)
    follow = tomllib.loads(OUTLET.source_files(base_url)[0])["links"]["follow"]
    assert all(re.search(follow[0], base_url + path) for path in lists_of("en"))


def test_changed_words_are_runs_of_words_or_of_characters() -> None:
    assert changed_words("one two  three", "one 2 three four", by_character=False) == (
        ("two",),
        ("2", "four"),
    )
    assert changed_words("水位上升", "水位下降", by_character=True) == (("上升",), ("下降",))
    assert changed_words("a\nb", "a b", by_character=False) == ((), ())


@given(
    old=st.lists(st.sampled_from("abcd")), new=st.lists(st.sampled_from("abcd")), by_character=st.booleans()
)
def test_changed_words_lead_from_the_old_bag_of_words_to_the_new_one(
    old: list[str], new: list[str], *, by_character: bool
) -> None:
    removed, added = changed_words(" ".join(old), " ".join(new), by_character=by_character)
    bag = Counter(old)
    bag.subtract("".join(removed).replace(" ", ""))
    bag.update("".join(added).replace(" ", ""))

    assert +bag == Counter(new)


@given(st.text(), st.integers(min_value=1, max_value=14), st.text())
def test_no_path_and_no_header_makes_the_outlet_fail(path: str, day: int, header: str) -> None:
    headers = {"if-none-match": header, "if-modified-since": header}

    assert OUTLET.respond(path, day=day, headers=headers).status in {200, 304, 404}
    assert OUTLET.respond("/en/", day=day, headers={"if-modified-since": header}).status in {200, 304}
