"""The templates in one language: sentences are put in when a template is compiled, not when a page is made."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes, select_autoescape
from jinja2.visitor import NodeTransformer

from services.reader.tongues import Tongue

__all__ = ["templates_of"]

_LOOK_UP = ("_", "gettext")


class _Translated(Environment):
    """Compiles each sentence of a template as text of the language; only plurals are looked up for each page."""

    speech: Tongue

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _Translator(self.speech).visit(tree)
        return tree


class _Translator(NodeTransformer):
    def __init__(self, speech: Tongue) -> None:
        self._speech = speech

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  (the visitor names it so)
        """Put the text in place of the call that would look it up."""
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.node.name not in _LOOK_UP or node.dyn_kwargs:
            return node
        (sentence,) = node.args
        if not isinstance(sentence, nodes.Const):
            return node
        text = nodes.MarkSafe(nodes.Const(self._speech.messages.gettext(sentence.value)))
        if not node.kwargs:
            return text
        values = [nodes.Pair(nodes.Const(one.key), one.value) for one in node.kwargs]
        return nodes.Mod(text, nodes.Dict(values))


def templates_of(speech: Tongue, folder: Path) -> Environment:
    """Return the templates of a folder in one language. Everything put into one is escaped."""
    templates = _Translated(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(default=True, default_for_string=True),
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    templates.speech = speech
    templates.policies["ext.i18n.trimmed"] = True
    templates.install_gettext_translations(speech.messages, newstyle=True)  # type: ignore[attr-defined]
    templates.globals["speech"] = speech
    return templates
