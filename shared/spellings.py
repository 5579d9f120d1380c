"""One letter, many spellings: what search treats as the same. Nothing here is ever shown to a reader."""

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from importlib.resources import files

__all__ = ["fold_letters", "forms_of", "other_names", "syllable_spellings"]

_STRIPPED_MARKS = "".join(
    chr(code)
    for first, last in ((0x0300, 0x036F), (0x0591, 0x05C7), (0x064B, 0x065F), (0x0670, 0x0670))
    for code in range(first, last + 1)
    if unicodedata.category(chr(code)) == "Mn"
)
"""Accents of Latin, Greek and Cyrillic, points of Hebrew, vowels and hamza signs of Arabic.

Marks of other scripts (the kana voicing mark, Indic vowels) make another letter and stay.
"""

_INVISIBLE = "\u00ad\u034f\u061c\u0640\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff" + "".join(
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFE00, 0xFE10))
)

# Letters of Arabic script that keyboards of different languages give for the same one (Persian yeh and kaf, Urdu
# heh and yeh barree), with the final forms that writers exchange, and alef with wasla.
_ARABIC_LETTERS = (
    ("ى", "ي"), ("ی", "ي"), ("ے", "ي"), ("ې", "ي"), ("ة", "ه"), ("ہ", "ه"), ("ھ", "ه"), ("ە", "ه"),
    ("ک", "ك"), ("ڪ", "ك"), ("ٱ", "ا"),
)  # fmt: skip
# Latin letters that Unicode does not take apart into a letter and its accent, as those write them who lack them.
_LATIN_LETTERS = (
    ("ø", "o"), ("đ", "d"), ("ð", "d"), ("ł", "l"), ("ħ", "h"), ("ı", "i"), ("ŧ", "t"), ("ŋ", "n"),
    ("æ", "ae"), ("œ", "oe"), ("þ", "th"),
)  # fmt: skip
_HIRAGANA = (*range(0x3041, 0x3097), 0x309D, 0x309E)
_KATAKANA_OFFSET = 0x60
_FOLDED_BLOCKS = (
    range(0x00C0, 0x0250), range(0x0400, 0x0500), range(0x0620, 0x0700), range(0x1E00, 0x1F00),
    range(0x3041, 0x3100), range(0xFF10, 0xFFA0),
)  # fmt: skip
"""Latin, Cyrillic and Arabic letters, Vietnamese, kana, wide and narrow forms (Unicode block names)."""
_DIGITS_OF_SCRIPTS = range(0x0660, 0xAC00)

# Hangul syllables are computed: 0xAC00 + (initial * 21 + vowel) * 28 + final (Unicode 16, §3.12).
_FIRST_SYLLABLE, _LAST_SYLLABLE = 0xAC00, 0xD7A3
_FINALS, _BLOCK = 28, 588
_NIEUN, _RIEUL, _IEUNG = 2, 5, 11
_IOTIZED_VOWELS = frozenset({2, 6, 7, 12, 17})  # ㅑ ㅕ ㅖ ㅛ ㅠ
_VOWEL_I = 20
_YEOL_YUL = ("렬열", "률율")

# Names of one thing in the North and in the South, beyond what the rule of the initial explains. Folding
# every tense consonant would do more and cost too much: it makes a daughter (딸) a moon (달).
_NORTH_AND_SOUTH = re.findall(
    r"(\w+)/(\w+)",
    """
    미싸일/미사일 로케트/로켓 땅크/탱크 싸이버/사이버 에네르기/에너지 비루스/바이러스 왁찐/백신
    콤퓨터/컴퓨터 프로그람/프로그램 뻐스/버스 뜨락또르/트랙터 텔레비죤/텔레비전 라지오/라디오 쎈터/센터
    쎄멘트/시멘트 쏘련/소련 로씨야/러시아 이딸리아/이탈리아 에스빠냐/스페인 까나다/캐나다 꾸바/쿠바
    뽈스까/폴란드 웽그리아/헝가리 체스꼬/체코 로므니아/루마니아 벌가리아/불가리아 단마르크/덴마크
    스웨리예/스웨덴 네데를란드/네덜란드 메히꼬/멕시코 윁남/베트남 캄보쟈/캄보디아 수리아/시리아
    에짚트/이집트 뛰르키예/튀르키예 빠리/파리 도이췰란드/독일 뿌찐/푸틴 로보트/로봇 아르헨띠나/아르헨티나
    빨레스띠나/팔레스타인 뽀르뚜갈/포르투갈 오스트랄리아/오스트레일리아 벨지끄/벨기에 까자흐스딴/카자흐스탄
    우즈베끼스딴/우즈베키스탄 끼르기즈스딴/키르기스스탄 아프가니스딴/아프가니스탄 꽁고/콩고 니까라과/니카라과
    에꽈도르/에콰도르 마로끄/모로코 벨라루씨/벨라루스 울라지보스또크/블라디보스토크
    """,
)


def fold_letters(text: str) -> str:
    """Return `text` with the differences removed that a reader who searches does not mean.

    Compatibility forms (NFKC), case, accents, invisible format characters, traditional and Japanese forms of
    Han characters, hiragana and katakana, the digits of all scripts, Latin letters with a stroke, and the letters
    of Arabic script that are typed for one another become one.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFD", folded).translate(_without_marks())
        folded = unicodedata.normalize("NFKC", folded).translate(_same_letters())
    return folded


def syllable_spellings(syllable: str, *, anywhere: bool) -> tuple[str, ...]:
    """Return the spellings of one Hangul syllable in the North and in the South, the given one first.

    The South drops or softens an initial ㄹ or ㄴ of Chinese words (로동/노동, 녀성/여성, 리/이: Hangul
    orthography §10-12, the rule of the initial sound); the North writes them always.

    Args:
        syllable: one character; anything but a Hangul syllable has one spelling.
        anywhere: the syllable may be the beginning of a word. Inside a short word only 렬/열 and 률/율 vary:
            more would make 관리 (management) match the end of 기관이 (an organ, with its particle).
    """
    code = ord(syllable)
    if not _FIRST_SYLLABLE <= code <= _LAST_SYLLABLE:
        return (syllable,)
    for pair in _YEOL_YUL:
        if syllable in pair:
            return (syllable, *pair.replace(syllable, ""))
    initial, rest = divmod(code - _FIRST_SYLLABLE, _BLOCK)
    others = _initials_like(initial, rest // _FINALS) if anywhere else ()
    return (syllable, *(chr(_FIRST_SYLLABLE + other * _BLOCK + rest) for other in others if other != initial))


def other_names(word: str) -> tuple[str, ...]:
    """Return `word` with a name of the North exchanged for that of the South, or the reverse."""
    found = []
    for north, south in _NORTH_AND_SOUTH:
        if north in word:
            found.append(word.replace(north, south))
        elif south in word:
            found.append(word.replace(south, north))
    return tuple(found)


def _initials_like(initial: int, vowel: int) -> tuple[int, ...]:
    if vowel in _IOTIZED_VOWELS and initial in (_NIEUN, _RIEUL, _IEUNG):
        return (_NIEUN, _RIEUL, _IEUNG)
    if vowel == _VOWEL_I and initial in (_RIEUL, _IEUNG):
        return (_RIEUL, _IEUNG)
    if vowel != _VOWEL_I and vowel not in _IOTIZED_VOWELS and initial in (_NIEUN, _RIEUL):
        return (_NIEUN, _RIEUL)
    return ()


@functools.cache
def forms_of() -> dict[str, tuple[str, ...]]:
    """Return the single letters that become each folded one, of the scripts that have such forms."""
    forms: dict[str, list[str]] = {}
    for code in itertools.chain.from_iterable(_FOLDED_BLOCKS):
        letter = chr(code)
        folded = fold_letters(letter)
        if len(folded) == 1 and folded != letter:
            forms.setdefault(folded, []).append(letter)
    for form, folded in _han_variants():
        forms.setdefault(_same_letters().get(ord(folded), folded), []).append(form)
    return {folded: tuple(letters) for folded, letters in forms.items()}


@functools.cache
def _without_marks() -> dict[int, None]:
    return dict.fromkeys(map(ord, _STRIPPED_MARKS + _INVISIBLE))


@functools.cache
def _same_letters() -> dict[int, str]:
    digits = {
        code: str(value)
        for code in _DIGITS_OF_SCRIPTS
        if (value := unicodedata.decimal(chr(code), None)) is not None
    }
    kana = {code: chr(code + _KATAKANA_OFFSET) for code in _HIRAGANA}
    letters = (*_ARABIC_LETTERS, *_LATIN_LETTERS, *_han_variants())
    return digits | kana | {ord(form): folded for form, folded in letters}


def _han_variants() -> Iterator[tuple[str, str]]:
    text = files("shared").joinpath("han_variants.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            yield line[0], line[1]
