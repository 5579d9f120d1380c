from services.normalizer.ruled import rules_version
from shared.sources import ArticleRules


def test_the_same_rules_have_the_same_version_and_others_another() -> None:
    first = rules_version(ArticleRules(title="h1", exclude=(".share",)))

    assert rules_version(ArticleRules(exclude=(".share",), title="h1")) == first
    assert rules_version(ArticleRules(title="h1.head", exclude=(".share",))) != first


def test_a_source_without_rules_is_as_one_that_states_none() -> None:
    assert rules_version(None) == rules_version(ArticleRules())
