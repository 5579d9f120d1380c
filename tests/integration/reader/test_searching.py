"""What operators, spans of time, orders and counts give over a real PostgreSQL."""

from datetime import timedelta

import pytest

from shared.ledger.catalogue import Catalogue
from shared.ledger.cursor import Cursor
from shared.ledger.database import Database
from shared.search_query import query_tokens
from tests.support.catalogue_factory import NOON, CatalogueFactory, Text


@pytest.fixture
def factory(database: Database) -> CatalogueFactory:
    factory = CatalogueFactory(database)
    factory.source("kcna-en", "KCNA (En)", "en")
    factory.source("rodong-ko", "로동신문", "ko")
    return factory


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


def found(catalogue: Catalogue, query: str, limit: int = 50) -> list[str]:
    return [hit.article.title for hit in catalogue.search(query_tokens(query), limit).items]


def rally(title: str, published: str = "2013-12-09", *, language: str = "en", more: str = "") -> Text:
    return Text(title=title, body=[f"A rally was held. {more}"], published=published, language=language)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("rally", ["Newest", "Edited", "Gone", "Oldest"]),
        ("rally before:2014", ["Gone", "Oldest"]),
        ("rally before:2013-12-09", ["Oldest"]),
        ("rally after:2013-12-09", ["Newest", "Edited", "Gone"]),
        ("rally after:2013 before:2015", ["Edited", "Gone"]),
        ("after:2014 before:2015", ["Edited"]),
        ("rally changed:yes", ["Edited"]),
        ("rally changed:2026-03", ["Edited"]),
        ("rally changed:2025", []),
        ("changed:yes", ["Edited"]),
        ("rally changed:no", ["Newest", "Gone", "Oldest"]),
        ("rally removed:yes", ["Gone"]),
        ("removed:2026", ["Gone"]),
        ("rally removed:2025", []),
        ("rally removed:no", ["Newest", "Edited", "Oldest"]),
        ("title:gone", ["Gone"]),
        ("title:rally", []),
        ("rally title:gone", ["Gone"]),
        ("rally -square", ["Edited", "Gone", "Oldest"]),
        ("site:rodong-ko", ["Newest"]),
        ("-site:rodong-ko", ["Edited", "Gone", "Oldest"]),
        ("rally -lang:ko", ["Edited", "Gone", "Oldest"]),
        ("lang:en -oldest", ["Edited", "Gone"]),
        ("premier", ["Edited"]),
        ("chairman", ["Edited"]),
        ("in:earlier chairman", ["Edited"]),
        ("in:earlier premier", []),
        ("in:earlier rally", []),
    ],
)
def test_each_operator_keeps_to_what_it_says(
    factory: CatalogueFactory, catalogue: Catalogue, query: str, titles: list[str]
) -> None:
    factory.article("kcna-en", rally("Oldest", "2012-01-01"))
    gone = factory.article("kcna-en", rally("Gone", "2013-12-09"))
    edited = factory.article("kcna-en", rally("Edited", "2014-06-01", more="The chairman spoke."))
    factory.article("rodong-ko", rally("Newest", "2026-03-01", language="ko", more="In the square."))
    factory.rewrite(
        edited,
        rally("Edited", "2014-06-01", more="The premier spoke."),
        at=NOON + timedelta(days=1),
        changes=[{"op": "replace", "from": "chairman", "to": "premier"}],
    )
    factory.miss(gone, "GONE", at=NOON + timedelta(days=3))

    assert found(catalogue, query) == titles


def test_an_article_is_found_in_its_time_after_its_date_was_corrected(
    factory: CatalogueFactory, catalogue: Catalogue, database: Database
) -> None:
    article_id = factory.article("kcna-en", rally("Moved", "2013-12-09"))
    with database.transaction() as ledger:
        ledger.run(
            "update articles set published_at = '2020-05-05' where article_id = %(id)s", {"id": article_id}
        )

    assert found(catalogue, "rally after:2020 before:2021") == ["Moved"]
    assert found(catalogue, "rally before:2014") == []


def test_articles_over_many_spans_are_each_found_once_and_in_order(
    factory: CatalogueFactory, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ledger.search_spans.FIRST_SPAN", 2)
    for number in range(23):
        day = (NOON - timedelta(days=number * number)).date().isoformat()
        said = Text(
            title=f"Number {number}", body=["Frequent." + " Rare." * (number % 11 == 10)], published=day
        )
        factory.article("kcna-en", said)

    def all_pages(query: str, limit: int) -> list[str]:
        titles: list[str] = []
        before: Cursor | None = None
        while True:
            page = catalogue.search(query_tokens(query), limit, before=before)
            titles += [hit.article.title for hit in page.items]
            before = page.next
            if before is None:
                return titles

    assert all_pages("frequent", 4) == [f"Number {number}" for number in range(23)]
    assert all_pages("rare", 1) == ["Number 10", "Number 21"]
    assert all_pages("frequent rare after:2025-11", 5) == ["Number 10"]


def test_a_ledger_whose_index_has_no_marks_yet_is_searched_as_well(
    factory: CatalogueFactory, catalogue: Catalogue, database: Database
) -> None:
    factory.article("kcna-en", rally("Kept", "2013-12-09"))
    with database.transaction() as ledger:
        ledger.run("update search_index set is_marked = false")
        ledger.run("alter table revisions disable trigger revisions_marked")
        ledger.run("update revisions set search = '''rally'':1'")

    assert found(catalogue, "rally after:2013 before:2014 site:kcna-en") == ["Kept"]


def test_what_says_it_in_the_title_is_more_relevant_than_what_is_newer(
    factory: CatalogueFactory, catalogue: Catalogue
) -> None:
    factory.article("kcna-en", Text(title="Harbour", body=["The rally.", "And much else. " * 40]))
    factory.article("kcna-en", Text(title="Rally of rallies", body=["Rally. Rally."], published="2001-01-01"))
    query = query_tokens("rally")

    first = catalogue.search(query, 1, start=0)
    second = catalogue.search(query, 1, start=first.next_start)

    assert [hit.article.title for hit in (*first.items, *second.items)] == ["Rally of rallies", "Harbour"]
    assert second.next_start is None


def test_matches_are_counted_by_source_language_and_year_when_wanted_or_all_on_the_page(
    factory: CatalogueFactory, catalogue: Catalogue
) -> None:
    for number in range(3):
        factory.article("kcna-en", rally(f"Rally {number}", f"201{number}-01-01"))
    factory.article("rodong-ko", rally("집회", "2012-05-05", language="ko"))
    query = query_tokens("rally")

    page = catalogue.search(query, 2, counted=True)

    assert page.counts is not None
    assert page.counts.as_json() == {
        "articles": 4,
        "is_all": True,
        "sources": {"kcna-en": 3, "rodong-ko": 1},
        "languages": {"en": 3, "ko": 1},
        "years": {"2012": 2, "2011": 1, "2010": 1},
    }
    assert catalogue.search(query, 2).counts is None
    assert catalogue.search(query, 4).counts == page.counts


def test_an_article_merged_away_is_found_with_the_one_that_took_it(
    factory: CatalogueFactory, catalogue: Catalogue
) -> None:
    loser = factory.article("kcna-en", rally("Loser", "2013-12-09", more="Elsewhere."))
    winner = factory.article("kcna-en", rally("Winner", "2020-01-01"))
    factory.merge(loser, winner)

    assert found(catalogue, "elsewhere") == ["Winner"]
    assert found(catalogue, "elsewhere after:2020") == ["Winner"]
    assert found(catalogue, "elsewhere before:2014") == []
