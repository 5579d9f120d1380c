"""What class names, ids and stock phrases say about a part of a page.

Publishers name their containers in a few hundred words. A *suspect* part is dropped unless it holds a good share
of the page's text; an *alien* part (comments, related stories, consent) is dropped unless it holds most of it.
The words were gathered from the pages of about 400 publishers.
"""

import re
from functools import lru_cache

MAX_LABEL_CHARS = 300
"""Longer class attributes are cut: the words that matter stand first."""


MAX_HEADING_CHARS = 80
"""A longer line is prose, whatever it begins with."""

DATE_LABEL = re.compile(
    r"(?:^|[\s_-])(?:date\w*|publish\w*|pubdate|posted\w*|time|timestamp)(?:$|[\s_-])|[a-z]Date\b",
    re.IGNORECASE,
)
"""Names of elements that hold a publication date."""

CHANGE_LABEL = re.compile(
    r"(?:^|[\s_-])(?:(?:last[_-]?)?(?:changed|modified)|last[_-]?updated?)(?:$|[\s_-])", re.IGNORECASE
)
"""Names of elements that hold the date of a change, such as Drupal's `field--name-changed`.

`updated` alone is none of them: the hAtom format asks for that name on the only date of an entry.
"""

AUTHOR_LABEL = re.compile(
    r"(?:^|[\s_-])(?:byline\w*|authors?|author-?names?|writers?|contributors?|reporters?)(?:$|[\s_-])|[a-z]Author\b",
    re.IGNORECASE,
)
"""Names of elements that hold the names of the authors."""


class Verdict:
    """What the label of a container says, as bits of a number (enum flags cost a tenth of the walk)."""

    NEUTRAL = 0
    SUSPECT = 1
    ALIEN = 2
    GOOD = 4


def _whole_words(*groups: str) -> re.Pattern[str]:
    words = "|".join("|".join(group.split()) for group in groups)
    return re.compile(rf"(?:^|[\s_-])(?:{words})(?:$|[\s_-])", re.IGNORECASE)


_SUSPECT = _whole_words(
    # advertising
    r"ad ads advert\w* adbox adslot dfp sponsor\w* promo\w* banner\w* teaser\w* widget\w* outbrain"
    r" taboola plista criteo",
    # other articles
    r"related\w* relation\w* recommend\w* recirc\w* mostread most-read most-popular popular\w* trending read-?more"
    r" read-?also also-?read more-?(?:on|from|links|stories|news|articles) see-?also siehe-?auch jp-relatedposts"
    r" yarpp\w* crp_related zergnet next-?(?:article|post|story|prev) prev-?next previous-?(?:article|post)"
    r" post-?navigation up-?next endless infinite-?scroll",
    # sharing and tools
    r"share\w* sharing shr social\w* sociable follow\w* addthis sharedaddy whatsapp facebook twitter-share tools?"
    r" toolbar actions? feedback error-?report correction-?form",
    # readers' words and accounts
    r"comments? commenting comment-?(?:list|section|area|form|respond)s? disqus respond reactions? newsletter\w*"
    r" subscri\w* signup sign-up paywall\w* piano\w* register\w* login regwall abo-?\w* cta call-?to-?action"
    r" donat\w* support-?us mailmunch mc4wp poll quiz survey rating\w* votes?",
    # the frame of the site
    r"nav navi navigation navbar subnav menu\w* bread-?crumbs? pagination pager sidebar\w* side-bar rail footer\w*"
    r" masthead topbar skip-?link\w* site-?(?:header|footer|info) page-?(?:header|footer) disclaimer\w* terms"
    r" copyright\w* legend",
    # facts about the article
    r"tags? tag-?list tag-?cloud taglist keywords topics? categories labels"
    r" author-?(?:bio|box|info|card|profile|desc\w*)"
    r" author-?(?:about|block) about-?(?:the-)?author byline\w* bio authors? dateline"
    r" datetime timestamp meta metadata article-?(?:meta|infos?|tools|footer|tags|share|related|date)"
    r" post-?(?:meta|info|tags|share|related|footer|date)"
    r" entry-?(?:meta|footer|tags) publish\w*-?(?:date|time) pubdate",
    # pictures and players
    r"caption\w* wp-caption-text credits? image-?(?:caption|credit|source) photo-?(?:caption|credit) figcaption"
    r" gallery\w* slideshow slider carousel lightbox media-?(?:caption|info) player video-?\w* audio-?\w*"
    r" podcast-?\w* embed\w* social-embed instagram-media tiktok-embed",
    # what a reader does not see at first
    r"cookie\w* consent\w* gdpr modal\w* popup\w* pop-up overlay\w* tooltip\w* toast dropdown\w* offcanvas hidden"
    r" hide invisible visually-?hidden sr-only screen-reader\w* print-?only d-none noprint no-print",
    # boxes
    r"infobox factbox fact-box zippy shop\w* affiliate\w* product-?\w* price-?\w* ticker stock-?\w*",
)
_SUSPECT_CAMEL = re.compile(
    r"[a-z](?:Related|Share|Social|Newsletter|Comments?|Recommend\w*|Promo|Advert\w*|Teaser|Byline|Caption"
    r"|Breadcrumbs?|Paywall|Subscribe|Sidebar|Footer|Toolbar|Tags?|MostRead|ReadMore|AuthorBio|Timestamp"
    r"|RelatedContent|Disclaimer)(?![a-z])"
    r"|__(?:related|share|social|newsletter|comments?|byline|caption|tags?|ad|meta|teaser|promo)\b"
)
# `overflow-hidden`, `md:hidden`, `label-hidden`, `with-right-rail`: how a part looks or what stands beside it.
_LAYOUT = re.compile(
    r"overflow-|label-hidden|:|(?:^|[-_])(?:with|has|no|layout|is)[-_]\S*(?:sidebar|rail)|sidebar-(?:fixed|left|right)",
    re.IGNORECASE,
)
_ALIEN = _whole_words(
    r"comments? comment-?(?:list|section|area|form|respond)s? disqus respond related\w* recommend\w* recirc\w*"
    r" most-?read most-?popular trending sidebar\w* side-bar newsletter\w* outbrain taboola modal\w* popup\w*"
    r" infinite-?scroll under-?article next-?article more-?(?:from|stories|news|articles) footer\w* menu\w* login"
    r" cli-\w+ second-?article onetrust\w* ot-sdk\w* read-?more author-?(?:bio|box|info|card) promo\w* subscri\w*"
    r" donat\w* jp-relatedposts post-?navigation feedback cookie\w* consent\w* gdpr didomi\w* usercentrics\w*"
    r" truste\w*",
)
_CONSENT = re.compile(
    r"onetrust|(?:^|[\s_-])ot-|cookie|consent|privacy|gdpr|didomi|sp_message|usercentrics"
    r"|cmp-?(?:box|banner|container)|truste",
    re.IGNORECASE,
)
_GOOD = re.compile(
    r"article-?_?_?(?:body|text|content|copy)|articlebody"
    r"|(?:entry|post|story|page|main|news|text|body|detail|single|rich|richtext|content)[-_]*(?:content|body|text|copy)\b"
    r"|storybody|articletext|body-?(?:copy|text|content)|bodytext|article__|post-?bodycopy|main-?content"
    r"|content__article|c-article|news_?(?:view|end|con)|article_?view",
    re.IGNORECASE,
)
# WordPress writes its tags and categories into the class of the article itself.
_WORDPRESS_POST = re.compile(
    r"(?:^|\s)(?:hentry|type-(?:post|article)|post-\d+|status-publish|format-standard|single-post)(?:\s|$)",
    re.IGNORECASE,
)
_NEVER_ARTICLE = re.compile(
    r"(?:^|[\s_-])(?:comments?|comment-?list|disqus|respond|related|recommend|onetrust|cookie|consent|gdpr|cli-modal"
    r"|ot-sdk|newsletter|outbrain|taboola|infinite-?scroll|under-?article|second-?article|modal|aside)",
    re.IGNORECASE,
)
_STANDFIRST = _whole_words(
    r"standfirst stand-?first lead leadtext lede intro introduction ingress chapo chapeau subtitle sub-?title"
    r" sub-?headline subhead dek deck summary excerpt vorspann anriss sapo bajada entradilla perex abstract spot"
    r" teaser-?text article__?(?:lead|intro|summary|subtitle|dek)",
)
_RELATED_LABEL = re.compile(
    r"(?:^|[\s_-])(?:related\w*|recommend\w*|recirc\w*|read-?(?:also|next|more)|also-?read|see-?also|more-?(?:from|on"
    r"|stories|news|articles)|latest[_-]?\w*|similar\w*|you-?may-?also\w*|up-?next|further-?reading|jp-relatedposts"
    r"|yarpp\w*)(?:$|[\s_-])|[a-z](?:Related|Recommend|ReadAlso|MoreFrom)",
    re.IGNORECASE,
)
_FRAME_LABEL = _whole_words(
    r"sidebar\w* side-bar footer\w* menu\w* nav navbar navigation topbar masthead site-?header widget\w* promo\w*"
    r" most-?read most-?popular popular\w* trending ticker teaser\w* events?",
)
_RELATED_HEADING = re.compile(
    r"^\W*(?:more\s+(?:from|on|stories|news|articles|in|about|like\s+this)\b|(?:you\s+)?(?:may|might)\s+(?:also\s+)?like"
    r"|related\b|recommended\b|read\s+(?:also|next|more)\b|also\s+read|see\s+also|similar\s+(?:articles|stories|news)"
    r"|latest\s+(?:from|news|articles|stories)\b|other\s+(?:articles|stories|news)|further\s+reading"
    r"|mehr\s+(?:zum\s+thema|von|aus|dazu)|lesen\s+sie\s+auch|auch\s+interessant|weitere\s+(?:artikel|nachrichten)"
    r"|lire\s+aussi|à\s+lire|sur\s+le\s+même\s+(?:sujet|thème)|articles?\s+(?:liés|similaires)"
    r"|leer\s+(?:también|más)|te\s+puede\s+interesar|(?:noticias|artículos)\s+relacionad[ao]s|más\s+(?:de|noticias)\b"
    r"|leggi\s+anche|leia\s+(?:também|mais)|veja\s+também|lees\s+ook|czytaj\s+(?:także|też|również)|zobacz\s+też"
    r"|читайте\s+также|материалы\s+по\s+теме|другие\s+новости|ещё\s+по\s+теме|читайте\s+також"
    r"|관련\s*(?:기사|뉴스|글)|다른\s*기사|추천\s*기사|최신\s*기사|関連(?:記事|ニュース)|おすすめ(?:記事)?"
    r"|相关(?:新闻|阅读|报道|文章|推荐)|延伸阅读|相關(?:新聞|閱讀|文章)|tin\s+liên\s+quan|berita\s+terkait|baca\s+juga)",
    re.IGNORECASE,
)
_STOCK_PHRASE = re.compile(
    r"^(?:read\s+(?:more|also|next)|see\s+also|also\s+read|related(?:\s+(?:articles?|stories|news|content|topics))?\s*:?"
    r"|more\s+(?:on|from)\b|share\s+(?:this|on)|follow\s+(?:us|me)|sign\s*up|subscribe|click\s+here|advertis\w*|anzeige"
    r"|werbung|publicit[ée]|publicidad|reklam\w*|lesen\s+sie\s+(?:auch|mehr)|mehr\s+(?:zum\s+thema|dazu)|lire\s+aussi"
    r"|à\s+lire|leer\s+m[aá]s|lea\s+tambi[eé]n|leggi\s+anche|читайте\s+также|подписывайтесь|czytaj\s+także"
    r"|continue\s+reading|story\s+continues|most\s+read|copyright\b|©|all\s+rights\s+reserved"
    r"|photo(?:graph)?\s*(?:by|:|credit)|image\s*:|getty\s+images|foto\s*:|quelle\s*:|無断転載|ⓒ|저작권자|무단\s*전재"
    r"|기사제보)",
    re.IGNORECASE,
)


@lru_cache(maxsize=20_000)
def label_verdict(label: str, tag: str) -> int:
    """Judge a container by its class and id. `article`, `main` and a WordPress post are never suspect."""
    marks = Verdict.NEUTRAL
    for name in label.split():
        marks |= _name_verdict(name)
    good = marks & Verdict.GOOD
    if tag in {"article", "main"} or not marks & Verdict.SUSPECT or _WORDPRESS_POST.search(label):
        return good
    if marks & Verdict.ALIEN:
        return good | Verdict.SUSPECT | Verdict.ALIEN
    return good or Verdict.SUSPECT


@lru_cache(maxsize=50_000)
def _name_verdict(name: str) -> int:
    """Judge one class name. Pages repeat names far more often than whole labels, so this is what is remembered."""
    verdict = Verdict.NEUTRAL
    if _GOOD.search(name):
        verdict |= Verdict.GOOD
    if _LAYOUT.search(name):
        return verdict
    if _SUSPECT.search(name) or _SUSPECT_CAMEL.search(name):
        verdict |= Verdict.SUSPECT
    if _ALIEN.search(name) or _CONSENT.search(name):
        verdict |= Verdict.ALIEN
    return verdict


@lru_cache(maxsize=20_000)
def is_never_article(label: str) -> bool:
    """Tell whether a container is dropped however much text it holds."""
    return bool(_NEVER_ARTICLE.search(label))


@lru_cache(maxsize=20_000)
def is_standfirst_label(label: str) -> bool:
    """Tell whether a container is named as the lead of an article."""
    return bool(_STANDFIRST.search(label))


@lru_cache(maxsize=20_000)
def is_related_label(label: str) -> bool:
    """Tell whether a container is named as a list of other articles."""
    return any(map(_names_related, label.split()))


@lru_cache(maxsize=50_000)
def _names_related(name: str) -> bool:
    return bool(_RELATED_LABEL.search(name))


@lru_cache(maxsize=20_000)
def is_foreign_label(label: str) -> bool:
    """Tell whether a container is named as a part that speaks of other articles, or of the site."""
    return bool(_FRAME_LABEL.search(label)) or is_never_article(label) or is_related_label(label)


def is_related_heading(text: str) -> bool:
    """Tell whether a short line announces other articles, such as `More From Naenara (En)`."""
    return len(text) <= MAX_HEADING_CHARS and bool(_RELATED_HEADING.search(text))


def is_stock_phrase(text: str) -> bool:
    """Tell whether a line is the site speaking, not the article."""
    return bool(_STOCK_PHRASE.match(text))
