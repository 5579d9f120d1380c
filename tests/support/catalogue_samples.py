"""A small archive in five languages, with edits, aliases, removals and a return. All of it is invented."""

from datetime import timedelta

from tests.support.catalogue_factory import NOON, CatalogueFactory, Text

UNION = Text(
    title="Harbour of Tarnholt Opens to the Spring Fleet",
    published="2021-10-16",
    body=[
        "The 95th anniversary of the harbour union formed by the pilots of Tarnholt falls on October 17.",
        (
            "The union regards its first charter as the root of the cooperative founded in October "
            "1945, and the formation of the pilots’ circle as a new starting point and genesis of the "
            "coastal movement."
        ),
        (
            "From this root came the programme of the cooperative, the principles for its building and "
            "activities, and the backbone for its foundation. After the formation of the circle, the "
            "fleet made a new start on the basis of the principle of “one quay for all”."
        ),
        (
            "Chairman Marrek Oduvan visited the quay on Saturday and expressed great satisfaction with "
            "the cranes, saying that 48 ships had been unloaded without a single loss."
        ),
        "Nearly one century has passed since the cooperative began to grow from the circle.",
    ],
)
KOREAN = Text(
    title="위대한 당의 령도따라 새 승리를 향하여 힘차게 나아가자",
    published="2026-03-09",
    language="ko",
    body=[
        "(평양 3월 9일발) 항구도시의 일군들과 로동자들이 봄철어로전투에서 련일 혁신을 일으키고있다.",
        (
            "조선로동당 제9차대회 결정을 높이 받든 수산부문의 녀성일군들은 자체의 힘으로 설비들을 "
            "현대화하고 생산의 모든 공정을 과학화하기 위한 투쟁을 힘있게 벌리고있다."
        ),
        (
            "그들은 지난 2월에만도 어획량을 전해 같은 시기에 비하여 1.4배로 끌어올리였다. 미싸일총국 "
            "산하 단위들에서도 지원사업이 활발하다."
        ),
    ],
)
CHINESE = Text(
    title="国家主席会见来访的港口城市代表团",
    published="2026-03-09T08:30:00+08:00",
    precision="minute",
    language="zh",
    body=[
        "新华社北京3月9日电  国家主席9日在人民大会堂会见来访的港口城市代表团，双方就深化渔业合作交换意见。",
        "代表团团长表示，愿同中方一道，推动港口基础设施建设，扩大人员往来，为两国人民带来更多福祉。",
    ],
)
JAPANESE = Text(
    title="港の修復工事が完了、春の船団を迎える準備整う",
    published="2026-03-08",
    language="ja",
    body=[
        "冬の間に進められていた港の修復工事がこのほど完了し、春の船団を迎える準備が整った。",
        "関係者は「二週間早く終えることができた」と語った。",
    ],
)
ARABIC = Text(
    title="افتتاح رصيف الميناء الجديد أمام أسطول الربيع",
    published="2026-03-07",
    language="ar",
    body=[
        "أعلنت لجنة الميناء يوم السبت افتتاح الرصيف الجديد بعد أعمال إصلاح استمرت طوال فصل الشتاء.",
        "وقال رئيس اللجنة إن 48 سفينة أفرغت حمولتها دون أي خسائر، وإن المرحلة التالية تبدأ في شهر أبريل.",
    ],
)
HOSTILE = Text(
    title="<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}\u202eevil\u2066",
    published="2026-03-06",
    body=["</p><iframe src=http://evil.example></iframe>", "A" * 700, "\u202eright to left \u0007bell"],
)
_EVERYDAY = (
    (
        "Mass Rallies Held in Cities and Counties",
        (
            "Rallies took place in cities and counties on March 6 and 7 to vow to carry out the "
            "decisions of the spring assembly, with students and workers taking part in great numbers."
        ),
    ),
    (
        "National Percussion Instrument: the Janggo",
        (
            "The janggo is a traditional percussion instrument with a long history. It dates back to "
            "the early kingdoms and is shaped like an hourglass."
        ),
    ),
    (
        "Greetings Cards for Women’s Day Produced",
        (
            "New greetings cards reflecting the best wishes, respect, love and affection for women "
            "have been produced on the occasion of the day."
        ),
    ),
    (
        "Constitution Classification System Developed",
        (
            "The physical constitution institute of the general hospital has applied new technology to "
            "develop a classification system."
        ),
    ),
    (
        "Pomhyanggi-brand Cosmetics",
        (
            "Pomhyanggi (spring scent) has become a household word. It is a famous brand name of "
            "cosmetics, and that is why it reminds people of spring."
        ),
    ),
    (
        "“Women Are Flowers”",
        (
            "March 8 seems to be the day closely related to flowers. On this day flowers and bouquets "
            "are prepared across the country."
        ),
    ),
    (
        "Natural Monument: Tal Gate in Sea Chilbo",
        (
            "There is a scenic spot called Tal Gate in Sea Chilbo, part of Mt Chilbo, which boasts a "
            "spectacular seaside landscape."
        ),
    ),
)


def fill(factory: CatalogueFactory) -> dict[str, str]:
    """Fill a ledger; return the ids of the articles worth looking at by name."""
    for source_id, name, language in (
        ("naenara-en", "Naenara (En)", "en"),
        ("rodong-ko", "로동신문", "ko"),
        ("xinhua-zh", "新华社", "zh"),
        ("minato-ja", "港新聞", "ja"),
        ("mina-ar", "أخبار الميناء", "ar"),
    ):
        factory.source(source_id, name, language)
    ids = {
        "union": factory.article(
            "naenara-en",
            UNION,
            at=NOON - timedelta(days=3),
            url="http://naenara-en.example/main/index/en/politics?arg_val=leader3",
            aliases=["http://naenara-en.example/main/index/en/first?arg_val=leader3"],
        ),
        "korean": factory.article("rodong-ko", KOREAN),
        "chinese": factory.article("xinhua-zh", CHINESE),
        "japanese": factory.article("minato-ja", JAPANESE),
        "arabic": factory.article("mina-ar", ARABIC),
        "hostile": factory.article("naenara-en", HOSTILE, url="javascript:alert(1)"),
    }
    for number, (title, body) in enumerate(_EVERYDAY):
        day = f"2026-03-{9 - number:02d}"
        name = f"everyday-{number}"
        ids[name] = factory.article("naenara-en", Text(title=title, body=[body], published=day))
    _rewrite(factory, ids)
    _remove(factory, ids)
    return ids


def _rewrite(factory: CatalogueFactory, ids: dict[str, str]) -> None:
    body = list(UNION.body)
    body[3] = (
        "Premier Sela Brandt visited the quay on Saturday and expressed satisfaction with the cranes, saying that "
        "46 ships had been unloaded with small losses."
    )
    changes = [
        {"op": "replace", "from": "Chairman Marrek Oduvan", "to": "Premier Sela Brandt"},
        {"op": "delete", "from": "great", "to": ""},
        {"op": "replace", "from": "48", "to": "46"},
        {"op": "replace", "from": "without a single loss", "to": "with small losses"},
    ]
    factory.rewrite(
        ids["union"],
        Text(title=UNION.title, body=body, published=UNION.published),
        at=NOON + timedelta(hours=7),
        changes=changes,
        classes=["name", "number", "wording"],
    )
    korean = [KOREAN.body[0].replace("련일", "매일같이"), *KOREAN.body[1:]]
    factory.rewrite(
        ids["korean"],
        Text(title=KOREAN.title.replace("힘차게 ", ""), body=korean, language="ko"),
        at=NOON + timedelta(hours=30),
        changes=[{"op": "replace", "from": "련일", "to": "매일같이"}],
        classes=["title", "wording"],
    )
    chinese = [CHINESE.body[0].replace("渔业", "港口和渔业"), *CHINESE.body[1:]]
    factory.rewrite(
        ids["chinese"],
        Text(
            title=CHINESE.title, body=chinese, published=CHINESE.published, precision="minute", language="zh"
        ),
        at=NOON + timedelta(hours=20),
        changes=[{"op": "insert", "from": "", "to": "港口和"}],
    )


def _remove(factory: CatalogueFactory, ids: dict[str, str]) -> None:
    for hours, state in ((24, "SUSPECT"), (49, "SUSPECT"), (74, "GONE")):
        factory.miss(ids["everyday-1"], state, at=NOON + timedelta(hours=hours))
    factory.miss(ids["everyday-2"], "SUSPECT", at=NOON + timedelta(hours=26), status=503)
    factory.miss(ids["arabic"], "GONE", at=NOON + timedelta(hours=60), status=410)
    factory.bring_back(ids["arabic"], ARABIC, at=NOON + timedelta(hours=90))
