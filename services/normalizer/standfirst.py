"""The lead sentence that many outlets set above the article's container."""

from services.normalizer.blocks import Element, Flow
from services.normalizer.text import letters_of
from services.normalizer.vocabulary import is_standfirst_label

_REACH = 80
_LEAD_REACH = 40
_MIN_CHARS = 30
_MAX_CHARS = 900


def standfirst_index(flow: Flow, descriptions: tuple[str, ...], *, before: int) -> int | None:
    """Find the block above the text that says what the page's description says, or is labelled as a lead.

    Args:
        flow: The page.
        descriptions: What the page's meta data give as its description.
        before: Index of the first block of the text.
    """
    wanted = [letters for letters in map(letters_of, descriptions) if len(letters) >= 25]
    if not wanted:
        return None
    for index in range(before - 1, max(-1, before - _REACH), -1):
        block = flow.blocks[index]
        if not _MIN_CHARS <= len(block.text) <= _MAX_CHARS or block.link_share >= 0.5:
            continue
        if any(_same_start(block.letters, letters) for letters in wanted):
            return index
    return _labelled(flow, before)


def _same_start(shown: str, described: str) -> bool:
    if shown[:40] == described[:40]:
        return True
    return (len(shown) > 50 and shown[:50] in described) or (len(described) > 50 and described[:50] in shown)


def _labelled(flow: Flow, before: int) -> int | None:
    for element in _small_elements(flow.top):
        if not (element.end <= before and before - element.start < _LEAD_REACH):
            continue
        if not element.label or not is_standfirst_label(element.label):
            continue
        fit = [
            index
            for index in range(element.start, element.end)
            if len(flow.blocks[index].text) >= _MIN_CHARS and flow.blocks[index].link_share < 0.3
        ]
        if len(fit) == 1 and len(flow.blocks[fit[0]].text) <= _MAX_CHARS:
            return fit[0]
    return None


def _small_elements(parent: Element) -> list[Element]:
    found = []
    for child in parent.children:
        if child.end - child.start <= 3:
            found.append(child)
        else:
            found.extend(_small_elements(child))
    return found
