"""An article page of a media archive, in the mark-up that such archives use, made up for the tests."""

from dataclasses import dataclass

URL = "https://archive.example/newstream/1634427010-559861001/a-harvest-in-the-north/"
ORIGINAL = "http://outlet.example.kp/main/index/en/politics?arg_val=leader3"
PARAGRAPHS = (
    "Pyongyang, October 15 (KCNA) -- The harvest in the north was brought in earlier than in any year before.",
    "Farmers of eleven counties worked with mended machines, and with students who came from the towns to help.",
    "The yield of maize rose by a tenth, while heavy rain in August had flattened a part of the fields of rice.",
    "The ministry thanked the workers of the repair stations for their part in the result of the year. -0-",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card of the block under the article."""

    number: int
    title: str
    excerpt: str
    date: str

    @property
    def url(self) -> str:
        return f"https://archive.example/newstream/17730{self.number:05d}-{self.number:09d}/{self.number}/"


CARDS = (
    Card(
        number=1,
        title="Rallies Held in Cities",
        excerpt="Rallies took place in cities of the country on March 6 and 7 to welcome the",
        date="March 09, 2026",
    ),
    Card(
        number=2,
        title="Meetings Held in Provinces",
        excerpt="Meetings took place in the northern provinces and in the towns of the coast to",
        date="March 07, 2026",
    ),
    Card(
        number=3,
        title="Meetings Held in Provinces",
        excerpt="Meetings took place in the southern provinces on the occasion of the day of the",
        date="March 06, 2026",
    ),
)


def card_markup(card: Card) -> str:
    """Return a card as the archive prints it: the excerpt once for phones and once for desktops."""
    link = f'<a href="{card.url}">'
    excerpt = f'<p class="excerpt">{card.excerpt}</p>'
    return (
        f'<article class="article-card"><a class="thumb" href="{card.url}"><img src="/t.jpg" alt="picture"></a>'
        f'<div class="article-desc"><h4>{link}{card.title}</a></h4><div class="visible-phone">{excerpt}</div>'
        f'<span class="date">{card.date}</span><div class="visible-desktop">{excerpt}</div></div></article>'
    )


def model_page(
    *,
    date_line: str = "Date: 16/10/2021",
    paragraphs: tuple[str, ...] = PARAGRAPHS,
    head: str = "",
    cards: tuple[Card, ...] = CARDS,
) -> bytes:
    """Return the page's bytes."""
    text = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    shown = "\n".join(map(card_markup, cards))
    return f"""<!DOCTYPE html><html lang="en-US"><head><meta charset="UTF-8">
<title>A Harvest in the North | Media Archive</title><link rel="canonical" href="{URL}">
<meta property="og:title" content="A Harvest in the North | Media Archive">
<meta property="og:site_name" content="Media Archive">{head}</head>
<body class="single"><header class="site-header"><div class="dates"><span>March 09, 2026</span></div>
<nav><ul><li><a href="/source/kcna/">KCNA</a></li><li><a href="/source/outlet/">Outlet (En)</a></li></ul></nav>
</header>
<main><div class="article-main"><h1 class="article-title">A Harvest in the North</h1>
<p class="articled-date">{date_line} | Source: <a href="/source/outlet/">Outlet (En)</a> |
<a rel="nofollow" href="{ORIGINAL}">Read original version at source</a></p>
<div class="article-content">{text}</div>
<div class="share"><a href="#">Share</a> <a href="#">Print</a></div></div>
<section id="latest_article_wrapper"><h3>More From Outlet (En)</h3><div class="cards">{shown}</div>
<a class="more" href="/source/outlet/?page=2">More Articles</a></section></main>
<footer>Copyright Media Archive 2026</footer></body></html>""".encode()
