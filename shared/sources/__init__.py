"""The source file: what an operator says about one outlet, read, checked and written back."""

from shared.sources.addresses import private_hosts
from shared.sources.durations import Duration
from shared.sources.keys import article_key
from shared.sources.model import (
    ArticleRules,
    AttributeLink,
    DateOrder,
    KeyPart,
    KeyRule,
    LinkRules,
    ListKind,
    ListRule,
    Politeness,
    Recheck,
    Removal,
    Requisites,
    RobotsChoice,
    SourceFile,
)
from shared.sources.reading import SourceFileError, SourceProblem, least_interval, load_source
from shared.sources.writing import dump_source

__all__ = [
    "ArticleRules",
    "AttributeLink",
    "DateOrder",
    "Duration",
    "KeyPart",
    "KeyRule",
    "LinkRules",
    "ListKind",
    "ListRule",
    "Politeness",
    "Recheck",
    "Removal",
    "Requisites",
    "RobotsChoice",
    "SourceFile",
    "SourceFileError",
    "SourceProblem",
    "article_key",
    "dump_source",
    "least_interval",
    "load_source",
    "private_hosts",
]
