"""Whether an article shows another picture than before, told from what its pictures are called.

Pictures themselves are not fetched, and the address of one changes without its publisher: another host of the
content network, another size or crop, another version to break caches, another format. What stays is what the
picture is called. A name that a machine made of the file's own bytes changes whenever the file is compressed anew,
so such a change counts only where the words beside the picture changed too.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from services.normalizer.fields import Extraction, Picture

__all__ = ["PictureChange", "picture_changes", "picture_name", "pictures_from", "pictures_of", "scheme_of"]

_MOST_KEPT = 20
_MOST_NESTED = 3
_ENDING = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?|svg|jfif|heic)$")
_PROGRAM = re.compile(r"\.(?:php|aspx?|ashx|jsp|do|cgi|kcmsf)$")
_MARKS = re.compile(
    r"(?:[-_.,@](?:\d{2,4}x\d{0,4}|x\d{2,4}|[wh]_?\d{2,4}|\d{2,4}w|q_?\d{1,3}|\d(?:\.\d)?x|scaled|rotated|cropped?"
    r"|resized?|thumb(?:nail)?|small|medium|large|preview|original|mobile|desktop|v\d{1,4}|e\d{10,13}))+$"
)
_NESTED = ("url", "src", "image", "img", "source", "u", "href")
_NAMING = ("id", "file", "filename", "name", "img", "image", "pic", "photo", "imgid", "f", "no", "seq")
_GENERIC = re.compile(
    r"(?:image|img|photo|picture|pic|resize|thumb|thumbnail|default|main|original|large|medium|small|crop|file|view"
    r"|download|get\w*|show\w*|lead|hero|cover|share|og|index)?[-_\d]{0,3}"
)
_DIGEST = re.compile(r"[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OPAQUE = re.compile(
    r"(?<![a-z0-9_=~-])(?=[a-z0-9_=~-]{20})(?=(?:[^\d]*+\d){3})(?=(?:[^a-z]*+[a-z]){3})[a-z0-9_=~-]{20,}"
)
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureChange:
    """A picture that went, or one that came."""

    name: str
    is_new: bool
    url: str
    words: str
    """Its caption, or the text for those who do not see it."""

    @property
    def shown(self) -> str:
        """Return the picture as a line for readers: its words and its address."""
        return f"{self.words} ({self.url})" if self.words else self.url


def pictures_of(article: Extraction) -> tuple[Picture, ...]:
    """Return the pictures of an article: those in its text, and the one that stands for it elsewhere."""
    pictures = article.images[:_MOST_KEPT]
    if article.image is None or picture_name(article.image) in {picture_name(one.url) for one in pictures}:
        return pictures
    return (*pictures, Picture(url=article.image, caption=None, alternative=None))


def pictures_from(stored: Sequence[Mapping[str, Any]] | None) -> tuple[Picture, ...] | None:
    """Return pictures as they were stored; None where none were noted, which is not the same as none."""
    if stored is None:
        return None
    return tuple(
        Picture(url=str(one["url"]), caption=one.get("caption"), alternative=one.get("alternative"))
        for one in stored
    )


def picture_changes(
    before: Sequence[Picture] | None, after: Sequence[Picture] | None
) -> tuple[PictureChange, ...]:
    """Return the pictures that went and those that came, each once; nothing where either side is not known."""
    if before is None or after is None:
        return ()
    old, new = _by_name(before), _by_name(after)
    gone = [one for name, one in old.items() if name not in new]
    come = [one for name, one in new.items() if name not in old]
    if not _are_named(gone, come) and _words_of(before) == _words_of(after):
        return ()
    return (
        *(_change(one, is_new=False) for one in gone),
        *(_change(one, is_new=True) for one in come),
    )


def picture_name(url: str) -> str:
    """Return what a picture is called, without where it is served from, its size, version and format."""
    return _name(url, nested=0)


def scheme_of(name: str) -> str:
    """Return how a name is made, without what it names: two names of one scheme name two pictures."""
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", "a", re.sub(_DIGEST, "x", name)))


def _name(url: str, *, nested: int) -> str:
    try:
        parts = urlsplit(url)
        fields = parse_qsl(parts.query, max_num_fields=50)
    except ValueError:
        return url
    inner = next((value for key, value in fields if key.lower() in _NESTED and "/" in value), None)
    if inner is not None and nested < _MOST_NESTED:
        return _name(inner, nested=nested + 1)
    *folders, last = [part for part in parts.path.casefold().split("/") if part] or [""]
    is_program = _PROGRAM.search(last) is not None
    stem = _plain(last)
    if is_program or not stem or _GENERIC.fullmatch(stem):
        # Such a name says nothing: the picture is named by the folder, or by what the program is asked for.
        named = [f"{key}={value}" for key, value in fields if key.lower() in _NAMING]
        folder = next((part for part in reversed(folders) if not _is_size(part)), "")
        return "/".join([folder, stem, *named])
    return stem


def _plain(last: str) -> str:
    stem = _PROGRAM.sub("", last)
    while (shorter := _ENDING.sub("", stem)) != stem:
        stem = shorter
    return _MARKS.sub("", stem)


def _is_size(folder: str) -> bool:
    return not folder.strip("0123456789x,._-wh") or "=" in folder or "," in folder


def _by_name(pictures: Sequence[Picture]) -> dict[str, Picture]:
    found: dict[str, Picture] = {}
    for one in pictures:
        found.setdefault(picture_name(one.url), one)
    return found


def _are_named(gone: Sequence[Picture], come: Sequence[Picture]) -> bool:
    """Whether a picture went or came by a name that its publisher gave.

    Where a made-up name stands on one side and none or another on the other, the file may be the same.
    """
    if not gone or not come:
        return any(not _is_made_up(picture_name(one.url)) for one in (*gone, *come))
    sides = [[picture_name(one.url) for one in side] for side in (gone, come)]
    return all(any(not _is_made_up(name) for name in side) for side in sides)


def _is_made_up(name: str) -> bool:
    return bool(_DIGEST.search(name) or _OPAQUE.search(name))


def _words_of(pictures: Sequence[Picture]) -> set[str]:
    return set(_each_words(pictures))


def _each_words(pictures: Sequence[Picture]) -> Iterator[str]:
    for one in pictures:
        for text in (one.caption, one.alternative):
            if text and text.strip():
                yield _BLANKS.sub(" ", text).strip().casefold()


def _change(picture: Picture, *, is_new: bool) -> PictureChange:
    return PictureChange(
        name=picture_name(picture.url),
        is_new=is_new,
        url=picture.url,
        words=picture.caption or picture.alternative or "",
    )
