"""The catalogue over a real PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ledger.catalogue import Catalogue
from shared.ledger.cursor import Cursor, Page
from shared.ledger.database import Database
from shared.ledger.migrate import migrate
from shared.ledger.records import ArticleSummary
from shared.ledger.whole_article import WholeArticle, whole_article
from shared.search_query import query_tokens
from shared.search_tokens import search_vector_text
from tests.support.catalogue_factory import NOON, CatalogueFactory, Text


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def factory(database: Database) -> CatalogueFactory:
    factory = CatalogueFactory(database)
    factory.source("kcna-en", "KCNA (En)", "en")
    factory.source("rodong-ko", "로동신문", "ko")
    return factory


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


def titles(page: Page[ArticleSummary]) -> list[str]:
    return [article.title for article in page.items]


def found(catalogue: Catalogue, query: str) -> list[str]:
    return [hit.article.title for hit in catalogue.search(query_tokens(query), 20).items]


def whole(catalogue: Catalogue, article_id: str) -> WholeArticle:
    found = whole_article(catalogue.database, article_id, captures=9, more=9)
    assert found is not None
    return found


def day(number: int) -> Text:
    return Text(title=f"Day {number}", body=[f"Text of day {number}."], published=f"2026-03-{number:02d}")


def test_the_latest_articles_come_newest_first_and_every_page_begins_where_the_last_one_ended(
    factory: CatalogueFactory, catalogue: Catalogue
) -> None:
    for number in (3, 1, 2, 5, 4):
        factory.article("kcna-en", day(number))

    first = catalogue.latest(2)
    assert first.next is not None
    factory.article("kcna-en", day(9))  # what arrives meanwhile moves nothing
    second = catalogue.latest(2, before=first.next)
    assert second.next is not None
    third = catalogue.latest(2, before=second.next)

    assert [titles(first), titles(second), titles(third)] == [
        ["Day 5", "Day 4"],
        ["Day 3", "Day 2"],
        ["Day 1"],
    ]
    assert third.next is None


def test_articles_of_one_moment_are_each_listed_exactly_once(
    factory: CatalogueFactory, catalogue: Catalogue
) -> None:
    ids = {factory.article("kcna-en", day(1)) for _ in range(7)}

    seen = []
    before: Cursor | None = None
    while True:
        page = catalogue.latest(3, before=before)
        seen += [article.article_id for article in page.items]
        before = page.next
        if before is None:
            break

    assert sorted(seen) == sorted(ids)


def test_lists_keep_to_the_source_and_the_language_asked_for(
    factory: CatalogueFactory, catalogue: Catalogue
) -> None:
    factory.article("kcna-en", day(1))
    factory.article("rodong-ko", Text(title="사설", body=["본문"], language="ko"))

    assert titles(catalogue.latest(9, source_id="kcna-en")) == ["Day 1"]
    assert titles(catalogue.latest(9, language="ko")) == ["사설"]
    assert titles(catalogue.latest(9, source_id="kcna-en", language="ko")) == []


def test_an_article_merged_twice_over_is_still_found_under_its_first_id(
    catalogue: Catalogue, factory: CatalogueFactory
) -> None:
    factory.source("naenara-en", "Naenara (En)", "en")
    first, second, third = (
        factory.article("naenara-en", Text(title=f"Story {number}", body=(f"Text {number}.",)))
        for number in range(3)
    )

    factory.merge(first, second)
    factory.merge(second, third)

    found = catalogue.article(first)
    assert found is not None
    assert found.summary.article_id == third
    assert found.summary.revisions == 3


def test_a_merged_article_is_found_under_its_old_id_and_listed_once(
    factory: CatalogueFactory, catalogue: Catalogue
) -> None:
    loser, winner = factory.article("kcna-en", day(1)), factory.article("kcna-en", day(2))
    factory.merge(loser, winner)

    article = catalogue.article(loser)

    assert article is not None
    assert article.summary.article_id == winner
    assert article.current is not None
    assert article.current.title == "Day 2"
    assert len(article.summary.urls) == 2
    assert titles(catalogue.latest(9)) == ["Day 2"]
    assert catalogue.article("no-such-article") is None


def test_an_edit_tells_both_texts_and_both_titles(factory: CatalogueFactory, catalogue: Catalogue) -> None:
    article_id = factory.article("kcna-en", Text(title="Before", body=["One chairman spoke."]))
    changes = [{"op": "replace", "from": "chairman", "to": "premier"}]
    factory.rewrite(
        article_id,
        Text(title="After", body=["One premier spoke."]),
        at=NOON + timedelta(days=1),
        changes=changes,
    )

    (edit,) = catalogue.every_edit()

    exported = edit.as_json()
    assert (exported["from"], exported["to"]) == ("One chairman spoke.", "One premier spoke.")
    assert (exported["title_from"], exported["title_to"]) == ("Before", "After")
    assert exported["changes"] == changes
    assert (edit.from_number, edit.to_number) == (1, 2)
    assert list(catalogue.every_edit(source_id="rodong-ko")) == []


def test_a_removal_names_the_captures_that_missed_the_article_and_no_outage_also_after_its_return(
    factory: CatalogueFactory, catalogue: Catalogue
) -> None:
    text = day(1)
    article_id = factory.article("kcna-en", text)
    for number, state in enumerate(("SUSPECT", "SUSPECT", "GONE"), start=1):
        factory.miss(article_id, state, at=NOON + timedelta(days=number))

    factory.capture(
        "kcna-en", f"http://kcna-en.example/{article_id}", at=NOON + timedelta(days=4), status=503
    )

    (gone,) = catalogue.removals(9).items
    assert [capture.status for capture in gone.evidence] == [404, 404, 404]
    assert gone.as_json()["state"] == "GONE"

    factory.bring_back(article_id, text, at=NOON + timedelta(days=9))

    (returned,) = catalogue.every_removal()
    assert returned.article.state == "RETURNED"
    assert [capture.status for capture in returned.evidence] == [404, 404, 404, 200]
    assert whole(catalogue, article_id).evidence == returned.evidence


def test_sources_count_what_is_kept(factory: CatalogueFactory, catalogue: Catalogue) -> None:
    gone = factory.article("kcna-en", day(1))
    factory.article("kcna-en", day(2))
    factory.miss(gone, "GONE", at=NOON)

    kcna, rodong = catalogue.sources()

    assert (kcna.articles, kcna.edits, kcna.removals) == (2, 0, 1)
    assert (rodong.articles, rodong.last_published_at) == (0, None)


def test_more_from_a_source_leaves_out_the_article_being_read(
    factory: CatalogueFactory, catalogue: Catalogue
) -> None:
    first = factory.article("kcna-en", day(1))
    factory.article("kcna-en", day(2))

    assert titles(whole(catalogue, first).more) == ["Day 2"]


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("노동당", True), ("로동당", True), ("조선노동당", True), ("전쟁연습", True), ("전쟁 연습", True),
        ('"전쟁 연습"', True), ("여성", True), ("녀성동맹", True), ("미사일", True), ("이설주", True),
        ("당", True),
        ("역사", True), ("의사", False), ("연습 전쟁", True), ('"연습 전쟁"', False), ("딸", False),
        ("당 lang:ko", True), ("당 lang:en", False), ("당 site:rodong-ko", True), ("site:kcna-en", False),
    ],
)  # fmt: skip
def test_korean_is_found_in_either_spelling_and_not_across_words(
    factory: CatalogueFactory, catalogue: Catalogue, query: str, *, finds: bool
) -> None:
    body = [
        "조선로동당은 전쟁 연습을 규탄하였다.",
        "녀성동맹과 리설주녀사, 미싸일총국의 사람들은 달의 력사를 말하였다.",
    ]
    factory.article("rodong-ko", Text(title="전원회의", body=body, language="ko"))

    assert found(catalogue, query) == (["전원회의"] if finds else [])


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("习近平", True), ("習近平", True), ("国", True), ("主席", True), ("席主", False), ("戰爭", True),
        ("cafe", True), ("CAFÉ", True), ("العربيه", True), ("people's café", True), ('"café people"', False),
        ("新しい", True), ("戦争", True), ("ｶﾀｶﾅ", True), ("17", True), ("KN-23", True),
    ],
)  # fmt: skip
def test_every_script_is_found_whatever_its_variant(
    factory: CatalogueFactory, catalogue: Catalogue, query: str, *, finds: bool
) -> None:
    body = ["习近平主席訪問中國。战争", "The people’s Café, KN-23.", "新しいカタカナ", "اللُّغة العربيّة"]
    factory.article("kcna-en", Text(title="제17차", body=body, language="zh"))

    assert found(catalogue, query) == (["제17차"] if finds else [])


def test_a_name_that_was_cut_is_still_found_and_said_to_be_of_an_earlier_wording(
    factory: CatalogueFactory, catalogue: Catalogue
) -> None:
    article_id = factory.article("kcna-en", Text(title="Visit", body=["Jang was there."]))
    factory.rewrite(article_id, Text(title="Visit", body=["Nobody was there."]), at=NOON, changes=[])

    (cut,) = catalogue.search(query_tokens("jang"), 9).items
    (kept,) = catalogue.search(query_tokens("there"), 9).items

    assert (cut.only_in_earlier, kept.only_in_earlier) == (True, False)


def test_search_results_are_paged(factory: CatalogueFactory, catalogue: Catalogue) -> None:
    for number in (1, 2, 3):
        factory.article("kcna-en", day(number))

    first = catalogue.search(query_tokens("text"), 2)
    second = catalogue.search(query_tokens("text"), 2, before=first.next)

    assert [hit.article.title for hit in (*first.items, *second.items)] == ["Day 3", "Day 2", "Day 1"]
    assert second.next is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(max_size=60), body=st.lists(st.text(max_size=200), max_size=4), query=st.text(max_size=80)
)
def test_postgresql_takes_every_vector_and_every_query(
    database_of_session: Database, title: str, body: list[str], query: str
) -> None:
    arguments = {"vector": search_vector_text(title, body), "query": query_tokens(query).expression}
    with database_of_session.transaction() as ledger:
        assert ledger.row("select %(vector)s::tsvector @@ %(query)s::tsquery as found", arguments)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="로동신문 녀성 리가 ab 習国かカ1-,", min_size=1, max_size=40))
def test_a_text_is_found_by_each_of_its_words_and_by_itself_as_a_phrase(
    database_of_session: Database, text: str
) -> None:
    vector = search_vector_text("", text)
    with database_of_session.transaction() as ledger:
        for query in (*text.split(), f'"{text}"'):
            asked = query_tokens(query)
            if asked.clauses and not asked.unwanted:
                arguments = {"vector": vector, "query": asked.expression}
                row = ledger.row("select %(vector)s::tsvector @@ %(query)s::tsquery as found", arguments)
                assert row is not None
                assert row["found"], query


def test_a_very_long_text_is_indexed_to_its_end_and_stays_within_the_limit(
    database_of_session: Database,
) -> None:
    words = [f"word{number}" for number in range(40_000)]
    vector = search_vector_text("", " ".join([*words, "로동신문사"]))
    syllables = "".join(chr(0xAC00 + number % 11_000) for number in range(400_000))
    huge = search_vector_text("", syllables + "".join(chr(0x4E00 + n * 7 % 20_000) for n in range(300_000)))
    with database_of_session.transaction() as ledger:
        row = ledger.row(
            "select %(vector)s::tsvector @@ %(query)s::tsquery as found",
            {"vector": vector, "query": query_tokens('"word39998 word39999" 로동신문사').expression},
        )
        assert row == {"found": True}
        assert ledger.row("select length(%(vector)s::tsvector) as lexemes", {"vector": huge})


@pytest.fixture(scope="session")
def database_of_session(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.close()
