"""One story in several languages is linked where the keys of its sources say that it is one."""

import pytest

from shared.ledger import Database
from shared.ledger.catalogue import Catalogue
from tests.support.catalogue_factory import CatalogueFactory, Text

KEY = "key:2025-07-02-018"


@pytest.fixture
def factory(database: Database) -> CatalogueFactory:
    return CatalogueFactory(database)


def keyed(factory: CatalogueFactory, source: str, *, language: str, group: str, key: str = KEY) -> str:
    """Add an article of a source of a group, with a key that its address gives."""
    factory.source(source, source.title(), language)
    article = factory.article(source, Text(title=f"Told by {source}", body=("Words.",), language=language))
    with factory.database.transaction() as ledger:
        ledger.run(
            "update sources set editions = %(group)s where source_id = %(id)s", {"group": group, "id": source}
        )
        ledger.run(
            "update articles set key = %(key)s where article_id = %(article)s",
            {"key": key, "article": article},
        )
    return article


def editions_of(factory: CatalogueFactory, article: str) -> list[str]:
    found = Catalogue(factory.database).article(article)
    assert found is not None
    return [one.article_id for one in found.editions]


def test_articles_with_one_key_in_one_group_are_editions_of_each_other(factory: CatalogueFactory) -> None:
    english = keyed(factory, "voice-en", language="en", group="voice")
    korean = keyed(factory, "voice-ko", language="ko", group="voice")
    chinese = keyed(factory, "voice-zh", language="zh", group="voice")

    assert editions_of(factory, english) == [korean, chinese]
    assert editions_of(factory, korean) == [english, chinese]


def test_neither_another_key_nor_another_group_makes_an_edition(factory: CatalogueFactory) -> None:
    english = keyed(factory, "voice-en", language="en", group="voice")
    keyed(factory, "voice-ko", language="ko", group="voice", key="key:2025-07-02-019")
    keyed(factory, "other-ko", language="ko", group="other")
    keyed(factory, "alone-ko", language="ko", group="")

    assert editions_of(factory, english) == []


def test_sources_without_a_group_have_no_editions(factory: CatalogueFactory) -> None:
    english = keyed(factory, "voice-en", language="en", group="")
    keyed(factory, "voice-ko", language="ko", group="")

    assert editions_of(factory, english) == []


def test_an_edition_that_was_merged_away_leads_to_the_one_that_stayed(factory: CatalogueFactory) -> None:
    english = keyed(factory, "voice-en", language="en", group="voice")
    korean = keyed(factory, "voice-ko", language="ko", group="voice")
    survivor = factory.article("voice-ko", Text(title="Stays", body=("Words.",), language="ko"))
    factory.merge(korean, survivor)

    assert editions_of(factory, english) == [survivor]
    assert editions_of(factory, survivor) == [english]


def test_an_address_is_no_key_that_two_outlets_could_share(factory: CatalogueFactory) -> None:
    english = keyed(factory, "voice-en", language="en", group="voice", key="url:http://a.example/1")
    keyed(factory, "voice-ko", language="ko", group="voice", key="url:http://a.example/1")

    assert editions_of(factory, english) == []
