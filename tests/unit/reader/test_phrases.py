"""The catalogues: every sentence of the pages is in each, translated, and keeps its values and its markup."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from services.reader.phrase_sources import said, updated
from services.reader.tongues import DEFAULT, PHRASES, TAGS

TRANSLATED = tuple(tag for tag in TAGS if tag != DEFAULT)
READER = Path(str(files("services.reader")))
TEMPLATES = sorted((READER / "templates").glob("*.html"))
MARKING = {"_", "say", "plural", "message", "BadAddressError", "NoSuchPageError", "compile"}
"""What marks a sentence; and an expression is none."""
FOR_PROGRAMS = {
    "cdx_pages.py",
    "openapi.py",
    "phrase_sources.py",
    "rendering.py",
    "security.py",
    "site_files.py",
}
"""Their English is for programs, for headers, or for who keeps the catalogues."""
_PLACE = re.compile(r"%\((\w+)\)s")
_TAG = re.compile(r"<(/?\w+)[^>]*>")
_ADDRESS = re.compile(r'href="([^"]*)"')
_SHOWN_ATTRIBUTE = re.compile(r'\b(?:title|aria-label|placeholder|alt|data-label|abbr)="([^"]*)')
_IN_CODE = re.compile(r"<(code|pre|script)\b.*?</\1>", re.DOTALL)
_WORD = re.compile(r"(?<![/A-Za-z])[A-Za-z]{2,}")
_NO_SENTENCE = re.compile(r"charset=|max-age=|filename=|^https?:")
_SENTENCE = re.compile(r"[A-Z“]?[a-z]+[,:;]? [a-z]{2,}|[A-Z][a-z]+ [a-z]")
_NAMES = {"Pressmark", "TimeMap"}


def catalogue(tag: str) -> Catalog:
    with (PHRASES / f"{tag}.po").open("rb") as source:
        return read_po(source, abort_invalid=True)


def messages(tag: str) -> list[Message]:
    return [one for one in catalogue(tag) if one.id]


def forms(message: Message) -> list[tuple[str, str]]:
    """Return each translated form of a message with the English one it stands for."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return [(message.id[-1], one) for one in message.string]


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalogue_is_what_the_pages_say_and_no_more(tag: str) -> None:
    stored = (PHRASES / f"{tag}.po").read_bytes()

    assert {one.id for one in messages(tag)} == {one.id for one in said() if one.id}
    assert not catalogue(tag).obsolete
    assert updated(tag) == stored, "run python -m services.reader.phrase_sources, then translate what is new"


@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_sentence_is_translated_and_none_is_a_guess(tag: str) -> None:
    assert [one.id for one in messages(tag) if one.fuzzy] == []
    assert [one.id for one in messages(tag) if not all(text.strip() for _, text in forms(one))] == []
    # Blanks at the ends are part of a sentence that is joined to others.
    assert [
        one.id for one in messages(tag) for en, text in forms(one) if en[:1].isspace() != text[:1].isspace()
    ] == []


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_translation_keeps_values_tags_and_addresses(tag: str) -> None:
    wrong = [
        (what.pattern, text)
        for one in messages(tag)
        for english, text in forms(one)
        for what in (_PLACE, _TAG, _ADDRESS)
        if Counter(what.findall(english)) != Counter(what.findall(text))
        or len(re.findall("%", text)) != len(_PLACE.findall(text))
    ]

    assert wrong == []


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_translation_that_may_stand_in_an_attribute_ends_none(tag: str) -> None:
    in_markup = re.compile(r"<|\btitle:|mass rally")

    assert [
        text for one in messages(tag) for _, text in forms(one) if '"' in text and not in_markup.search(text)
    ] == []


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_number_has_as_many_forms_as_its_language(tag: str) -> None:
    count = catalogue(tag).num_plurals

    assert all(len(one.string) == count for one in messages(tag) if not isinstance(one.id, str))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_outside_the_catalogue(template: Path) -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"])
    tree = environment.parse(template.read_text(encoding="utf-8"))

    assert unmarked_in_template(tree) == []


@pytest.mark.parametrize(
    "text",
    [
        "<p>Plain words</p>",
        '<a title="Plain">{{ x }}</a>',
        '{{ "More" if x else "Older" }}',
        "{% if x %}Words{% endif %}",
    ],
)
def test_a_sentence_outside_the_catalogue_would_be_seen(text: str) -> None:
    assert unmarked_in_template(Environment(extensions=["jinja2.ext.i18n"]).parse(text)) != []


def unmarked_in_template(tree: nodes.Template) -> list[str]:
    found = list(_texts_in_output(tree))
    classes = {
        id(data) for block in tree.find_all(nodes.Block) if block.name == "shape" for data in _data_of(block)
    }
    html = _IN_CODE.sub(" ", "".join(one.data for one in _data_of(tree) if id(one) not in classes))
    texts = [*_SHOWN_ATTRIBUTE.findall(html), re.sub(r"<[^>]*>?", " ", re.sub(r'="[^"]*"', "", html))]
    words = (word for text in (*texts, *found) for word in _WORD.findall(text))
    return [
        word for word in words if word not in _NAMES and word not in ("doctype", "nbsp", "amp", "lt", "gt")
    ]


def _data_of(node: nodes.Node) -> Iterator[nodes.TemplateData]:
    return node.find_all(nodes.TemplateData)


def _texts_in_output(tree: nodes.Template) -> Iterator[str]:
    """Yield what expressions may show that is written in the template itself, as in `{{ "More" if next }}`."""
    for output in tree.find_all(nodes.Output):
        for shown in output.nodes:
            choices = [shown, *([shown.expr1, shown.expr2] if isinstance(shown, nodes.CondExpr) else [])]
            choices += [shown.left, shown.right] if isinstance(shown, nodes.Or) else []
            yield from (
                one.value for one in choices if isinstance(one, nodes.Const) and isinstance(one.value, str)
            )


@pytest.mark.parametrize(
    "module",
    [one for one in sorted(READER.glob("*.py")) if one.name not in FOR_PROGRAMS],
    ids=lambda path: path.name,
)
def test_a_module_says_nothing_outside_the_catalogue(module: Path) -> None:
    assert unmarked_in_module(ast.parse(module.read_text(encoding="utf-8"))) == []


def test_a_sentence_of_a_module_outside_the_catalogue_would_be_seen() -> None:
    assert unmarked_in_module(ast.parse('def f(n):\n    return f"{n} articles were found"')) == [
        " articles were found"
    ]
    assert unmarked_in_module(ast.parse('def f(words):\n    return words.say("Articles were found")')) == []


def unmarked_in_module(tree: ast.Module) -> list[str]:
    marked: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in MARKING:
                marked |= {id(one) for argument in node.args for one in ast.walk(argument)}
        if isinstance(node, ast.Expr):  # a docstring
            marked.add(id(node.value))
        if isinstance(node, ast.arg):  # a type, which is written as a text where it is not known yet
            marked.add(id(node.annotation))
        if isinstance(node, ast.Dict):  # its keys are codes
            marked |= set(map(id, node.keys))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in marked
        and _SENTENCE.search(node.value)
        and not _NO_SENTENCE.search(node.value)
    ]
