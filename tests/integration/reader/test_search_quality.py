"""What readers of seven languages find, measured with queries that were written before the search was tuned."""

from collections import Counter

from shared.ledger.catalogue import Catalogue
from shared.ledger.database import Database
from shared.search_query import query_tokens
from tests.support.catalogue_factory import CatalogueFactory
from tests.support.search_queries import asked, documents

LANGUAGES = {
    "ko": "조선어",
    "zh": "中文",
    "ja": "日本語",
    "ar": "العربية",
    "fa": "فارسی",
    "ru": "Русский",
    "en": "English",
}


def test_every_document_that_answers_a_query_is_found_and_hardly_any_other(database: Database) -> None:
    factory = CatalogueFactory(database)
    for language, name in LANGUAGES.items():
        factory.source(f"source-{language}", name, language)
    names = {factory.article(f"source-{text.language}", text): name for name, text in documents().items()}
    catalogue = Catalogue(database)

    counts: Counter[str] = Counter()
    faults = []
    for one in asked():
        hits = catalogue.search(query_tokens(one.query), len(names)).items
        found = {names[hit.article.article_id] for hit in hits}
        counts += Counter(
            right=len(found & one.answers), wrong=len(found - one.answers), missed=len(one.answers - found)
        )
        if found != one.answers:
            faults.append(
                f"{one.query}: missed {sorted(one.answers - found)}, wrong {sorted(found - one.answers)}"
            )

    told = "\n".join([f"{len(asked())} queries: {dict(counts)}", *faults])
    assert counts["missed"] == 0, told
    assert counts["right"] / (counts["right"] + counts["wrong"]) >= 0.99, told


def test_the_queries_are_many_and_in_many_languages() -> None:
    languages = Counter(one.language for one in asked())
    everything = documents()

    assert sum(languages.values()) >= 120
    assert len(languages) >= 6
    assert min(languages.values()) >= 15
    assert {name for one in asked() for name in one.answers} <= set(everything)
