"""The editorial plan of the fortnight: every article with its addresses and all its versions."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.standalone.outlet.editions import DAYS, Edition, date_of
from services.standalone.outlet.grammar import Filler
from services.standalone.outlet.stories import EditionTexts, Story, StoryEdit, Theme, texts_of
from services.standalone.outlet.truth import EditClass

ADDRESS_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The text of an article from `day` on; `edit_class` is None for the first version."""

    day: int
    title: str
    paragraphs: tuple[str, ...]
    modified_day: int
    edit_class: EditClass | None = None
    silent: bool = False

    @property
    def text(self) -> str:
        """The paragraphs, one a line."""
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article, its address in each section where it stands, and what became of it.

    `addresses` are pairs of section and path. `versions` are in the order of their days.
    """

    article_id: str
    edition: str
    day: int
    addresses: tuple[tuple[str, str], ...]
    print_path: str
    versions: tuple[Version, ...]
    gone_on: int | None = None
    back_on: int | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """Its addresses without the sections."""
        return tuple(path for _, path in self.addresses)

    def version_on(self, day: int) -> Version:
        """Return the text that stands on `day`, which is not before the day of publication."""
        return next(version for version in reversed(self.versions) if version.day <= day)

    def away_on(self, day: int) -> bool:
        """Tell whether it was published before and answers 404 on `day`."""
        return (
            self.gone_on is not None and self.gone_on <= day and (self.back_on is None or day < self.back_on)
        )

    def stands_on(self, day: int) -> bool:
        """Tell whether its addresses answer on `day`."""
        return self.day <= day and not self.away_on(day)


def plan_edition(edition: Edition, *, seed: int) -> tuple[Article, ...]:
    """Return every article of an edition in the order of publication."""
    texts = texts_of(edition.code)
    chance = random.Random(f"{seed} {edition.code}")  # noqa: S311 - texts, not secrets
    written = [_from_story(edition, story, seed=seed) for story in texts.story]
    filled = list(_from_themes(edition, texts, chance=chance, seed=seed))
    return tuple(sorted(written + filled, key=lambda article: (article.day, article.article_id)))


def address(edition: str, kind: str, *, seed: int, of: str) -> str:
    """Return an opaque path such as `/en/a/<16 hexadecimal digits>`; `kind` is a, l or p."""
    digest = hashlib.sha256(f"{seed} {edition} {kind} {of}".encode()).hexdigest()
    return f"/{edition}/{kind}/{digest[:ADDRESS_DIGITS]}"


def _from_story(edition: Edition, story: Story, *, seed: int) -> Article:
    first = Version(
        day=story.day,
        title=story.title,
        paragraphs=_framed(edition, story.paragraphs, story.day),
        modified_day=story.day,
    )
    versions = [first]
    for edit in sorted(story.edit, key=lambda edit: edit.day):
        versions.append(_edited(versions[-1], edit))
    return Article(
        article_id=f"{edition.code}-{story.slug}",
        edition=edition.code,
        day=story.day,
        addresses=_addresses(edition, story.slug, story.sections, seed=seed),
        print_path=address(edition.code, "p", seed=seed, of=story.slug),
        versions=tuple(versions),
        gone_on=story.gone_on,
        back_on=story.back_on,
    )


def _from_themes(
    edition: Edition, texts: EditionTexts, *, chance: random.Random, seed: int
) -> Iterator[Article]:
    """Take the themes in turn and spread their articles evenly over the days."""
    wanted = edition.articles - len(texts.story)
    for number in range(wanted):
        theme = texts.theme[number % len(texts.theme)]
        turn = number // len(texts.theme)
        day = 1 + number * DAYS // wanted
        filler = Filler(
            chance=chance,
            words=texts.words,
            weekday=texts.words["weekday"][date_of(day).weekday()],
            grouped=edition.grouped,
        )
        slug = f"{theme.slug}-{turn + 1}"
        version = Version(
            day=day,
            title=filler.fill(theme.titles[turn % len(theme.titles)]),
            paragraphs=_framed(
                edition, _written(theme, texts, turn=turn, filler=filler, code=edition.code), day
            ),
            modified_day=day,
        )
        yield Article(
            article_id=f"{edition.code}-{slug}",
            edition=edition.code,
            day=day,
            addresses=_addresses(edition, slug, _chosen_sections(theme, chance), seed=seed),
            print_path=address(edition.code, "p", seed=seed, of=slug),
            versions=(version,),
        )


def _written(theme: Theme, texts: EditionTexts, *, turn: int, filler: Filler, code: str) -> tuple[str, ...]:
    """Write a lead, two or three paragraphs of one or two sentences, and sometimes a closing line."""
    chance = filler.chance
    glue = "" if code == "zh" else " "
    sentences = chance.sample(theme.sentences, chance.randint(4, 6))
    paragraphs = [theme.leads[turn % len(theme.leads)]]
    while sentences:
        size = min(len(sentences), chance.choice((1, 2, 2)))
        paragraphs.append(glue.join(sentences[:size]))
        sentences = sentences[size:]
    if chance.random() < 0.5:
        paragraphs.append(chance.choice(texts.words["closing"]))
    return tuple(filler.fill(paragraph) for paragraph in paragraphs)


def _chosen_sections(theme: Theme, chance: random.Random) -> tuple[str, ...]:
    """Every third article stands in its first section only; the others stand among the latest too."""
    return theme.sections[:1] if chance.random() < 0.33 else ("latest", *theme.sections)


def _addresses(
    edition: Edition, slug: str, sections: tuple[str, ...], *, seed: int
) -> tuple[tuple[str, str], ...]:
    return tuple(
        (section, address(edition.code, "a", seed=seed, of=f"{slug} {section}")) for section in sections
    )


def _framed(edition: Edition, paragraphs: tuple[str, ...], day: int) -> tuple[str, ...]:
    """Put the dateline before the first sentence and the end mark after the last."""
    *others, last = (edition.dateline(date_of(day)) + paragraphs[0], *paragraphs[1:])
    return (*others, last + edition.end_mark)


def _edited(before: Version, edit: StoryEdit) -> Version:
    """Apply an edit.

    Raises:
        ValueError: The words to be replaced do not stand in the text exactly once.
    """
    text = before.text
    for old, new in edit.changes:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in the story; an edit needs it once")
        text = text.replace(old, new)
    return Version(
        day=edit.day,
        title=edit.title or before.title,
        paragraphs=tuple(text.split("\n")),
        modified_day=before.modified_day if edit.silent else edit.day,
        edit_class=edit.edit_class,
        silent=edit.silent,
    )
