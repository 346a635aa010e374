"""The shipped model through the scorer: clear sentences, idioms, hostile texts, and what must hold for every text."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mention import SENTIMENTS, TOPICS, URGENCIES, Mention, Score
from nlp import Scorer, Unscorable
from nlp.backend import ReadText
from nlp.linear import LinearModel, ModelError
from tests.tries import tries

SCORER = Scorer.load()
WHEN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def mention(text: str, number: int = 1, lang: str | None = None) -> Mention:
    return Mention(source="x", native_id=str(number), text=text, published_at=WHEN, lang=lang)


def score(text: str) -> Score:
    result = SCORER.score([mention(text)])[0]
    assert isinstance(result, Score), result
    return result


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Siparişim iki haftadır gelmedi, berbat bir firma", "negative"),
        ("siparisim iki haftadir gelmedi, berbat bir firma", "negative"),
        ("rezalet, kimse telefona bakmıyor", "negative"),
        ("Ürün kırık geldi, param da iade edilmiyor", "negative"),
        ("çok memnun kaldım, herkese tavsiye ederim", "positive"),
        ("Harika paketleme, çok teşekkürler 😍", "positive"),
        ("ilginiz için teşekkür ederim, sorunum çözüldü", "positive"),
        ("Kargo ücreti ne kadar acaba?", "neutral"),
        ("şubeniz cumartesi açık mı", "neutral"),
        ("Merhaba, iade süresi kaç gün?", "neutral"),
        ("worst customer service ever, absolutely terrible", "negative"),
        ("my order arrived broken and nobody answers", "negative"),
        ("Thank you so much, amazing service!", "positive"),
        ("love the new app, great job", "positive"),
        ("What time does the store open on Sunday?", "neutral"),
    ],
)
def test_clear_sentiment(text: str, label: str) -> None:
    assert score(text).sentiment.label == label


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Çok teşekkürler, harikasınız", {"none"}),
        ("ürünü çok beğendim tavsiye ederim", {"none"}),
        ("Best airline ever, thank you", {"none"}),
        ("İade süresi kaç gün acaba?", {"same_day"}),
        ("do you ship to Cyprus?", {"same_day"}),
        ("Kartım bloke oldu, kirayı ödeyemiyorum, acil açın", {"urgent", "critical"}),
        ("üçüncü kez yazıyorum cevap yok, yarın mahkemeye veriyorum", {"urgent", "critical"}),
        ("Flight cancelled, stuck at the airport with two kids and no hotel", {"urgent", "critical"}),
        ("Hesabımdan şu an para çekiliyor, ben yapmıyorum!", {"urgent", "critical"}),
        ("Prizden duman çıktı, elektrik çarptı", {"critical"}),
        ("There was a piece of glass in my baby's porridge", {"critical"}),
    ],
)
def test_clear_urgency(text: str, labels: set[str]) -> None:
    assert score(text).urgency.label in labels


@pytest.mark.parametrize(
    "text",
    [
        "bomba gibi kampanya gelmiş koşun",
        "bu ayakkabıya ölüyorum, indirime girse de alsam",
        "this sale is the bomb 💣 got three jackets",
        "dying for these shoes lol",
        "Müşteri hizmetleri 2 dakikada açtı, şok oldum, hoş bir şok",
    ],
)
def test_idioms_are_not_critical(text: str) -> None:
    assert score(text).urgency.label != "critical"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("kargom iki haftadır gelmedi hâlâ yolda görünüyor", "delivery_delay"),
        ("mavi istedim kırmızı geldi, yanlış ürün göndermişsiniz", "wrong_item"),
        ("iade ettim param hala yatmadı", "return_refund"),
        ("kurye paketi kapıya fırlatıp gitti", "courier"),
        ("faturama bilmediğim ücret yansımış", "billing"),
        ("teşekkürler, harika hizmet", "praise"),
        ("my flight was cancelled again", "cancellation"),
        ("the app is down, can't open it", "service_outage"),
        ("thank you, great service", "praise"),
    ],
)
def test_clear_topics(text: str, topic: str) -> None:
    assert score(text).topic.label == topic


def test_reasons_are_the_customers_words() -> None:
    text = "KARGOM gelmedi, REZALETSİNİZ! üçüncü kez yazıyorum"
    found = score(text)
    assert found.reasons["sentiment"]
    for quoted in found.reasons.values():
        assert len(quoted) <= 4
        assert all(piece in text for piece in quoted)
    assert any("rezalet" in piece.lower().replace("i̇", "i") for piece in found.reasons["sentiment"])


def test_a_rule_is_quoted_first() -> None:
    assert score("Fişe takınca prizden duman çıktı, çok korktuk").reasons["urgency"][0] == "duman çıktı"


def test_ascii_typed_turkish_scores_like_its_twin() -> None:
    typed = ("Şikâyetim çözülmedi, paramı istiyorum", "sikayetim cozulmedi, parami istiyorum")
    one, two = (score(text) for text in typed)
    assert [one.sentiment.label, one.urgency.label] == [two.sentiment.label, two.urgency.label]
    linear = Scorer.of("linear")
    folded = [linear.score([mention(text)])[0] for text in typed]
    assert all(isinstance(found, Score) for found in folded)
    told = [(found.sentiment, found.urgency, found.topic) for found in folded if isinstance(found, Score)]
    assert told[0] == told[1], "the linear models fold both to the same words"


HOSTILE = {
    "blank": " ",
    "emoji": "😡😡😡",
    "faces": ":) :( <3",
    "one megabyte": "kargo gelmedi " * 75_000,
    "one word of a megabyte": "a" * 1_000_000,
    "mixed script": "Kargo привет 你好 مرحبا gelmedi",
    "right to left": "הזמנה שלי לא הגיעה",
    "overrides": "\u202egnorw si siht\u202c \u200b\u200b\u200b",
    "control characters": "ka\x00r\x07go\x1b[31m gelmedi\x7f",
    "surrogate": "kargo \ud83d gelmedi",
    "spaced": "k a r g o  g e l m e d i",
    "markup": "<script>alert(1)</script> =HYPERLINK('x')",
    "punctuation": "?!?!?!... ---- ####",
    "combining": "z\u0300\u0301\u0302\u0303\u0304" * 200,
    "digits": "0" * 5_000,
    "links": "https://t.co/abc " * 50,
    "lost letters": "g\ufffdn i\ufffderisinde d\ufffdn\ufffd\ufffd istiyorum " + "\ufffd" * 400,
    "many spaces": " ." * 10_000,
    "at signs": "@" * 5_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_scored_or_abstained_from_in_good_time(name: str) -> None:
    made = mention("x").model_copy(update={"text": HOSTILE[name]})
    began = time.perf_counter()
    result = SCORER.score([made])[0]
    assert isinstance(result, Score), result
    assert time.perf_counter() - began < 2.0
    check(result)


def test_nothing_to_judge_by_is_said() -> None:
    assert set(score("你好 世界").abstained) == {"sentiment", "urgency", "topic"}


def check(result: Score) -> None:
    for head, labels in (("sentiment", SENTIMENTS), ("urgency", URGENCIES), ("topic", TOPICS)):
        found = getattr(result, head)
        assert tuple(found.probs) == labels
        assert found.label in labels
        assert all(0.0 <= value <= 1.0 for value in found.probs.values())
        assert sum(found.probs.values()) == pytest.approx(1.0, abs=1e-9)
    assert set(result.abstained) <= {"sentiment", "urgency", "topic"}
    assert set(result.reasons) == {"sentiment", "urgency", "topic"}
    assert result.model == SCORER.model
    assert result.language in ("tr", "en")


@given(st.text(min_size=1, max_size=400))
@settings(max_examples=tries(150), deadline=None)
def test_every_text_gets_a_whole_score(text: str) -> None:
    result = SCORER.score([mention("x").model_copy(update={"text": text})])[0]
    assert isinstance(result, Score)
    check(result)
    assert Score.model_validate_json(result.model_dump_json()) == result


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_a_batch_is_its_mentions_one_by_one(texts: list[str]) -> None:
    made = [mention("x", i).model_copy(update={"text": text}) for i, text in enumerate(texts)]
    assert SCORER.score(made) == [SCORER.score([one])[0] for one in made]


def test_a_second_scorer_says_the_same() -> None:
    texts = ["kargo nerede?", "great service", "kartım çalındı", "ok", "👍"]
    made = [mention(text, i) for i, text in enumerate(texts)]
    assert Scorer.load().score(made) == SCORER.score(made)


def test_an_empty_batch_is_an_empty_answer() -> None:
    assert SCORER.score([]) == []


def test_the_stream_keeps_order_and_holds_only_a_batch() -> None:
    drawn = 0

    def endless() -> Any:
        nonlocal drawn
        while True:
            drawn += 1
            yield mention(f"kargo {drawn}", drawn)

    scores = SCORER.stream(endless(), size=16)
    first = [next(scores) for _ in range(40)]
    assert [s.native_id for s in first] == [str(i) for i in range(1, 41)]
    assert drawn <= 48


class Breaking:
    """A backend that cannot stand one word."""

    version = "breaking"
    decision = LinearModel.load().decision

    def __init__(self) -> None:
        self._model = LinearModel.load()

    def judge(self, texts: Sequence[ReadText]) -> Sequence[Any]:
        if any("zehir" in text.text for text in texts):
            raise RuntimeError("cannot stand it")
        return self._model.judge(texts)


def test_a_poisonous_text_takes_only_itself() -> None:
    made = [mention("kargo nerede", 1), mention("zehir", 2), mention("teşekkürler", 3)]
    results = Scorer(Breaking()).score(made)
    assert [isinstance(result, Score) for result in results] == [True, False, True]
    broken = results[1]
    assert isinstance(broken, Unscorable)
    assert broken.native_id == "2" and "cannot stand it" in broken.reason


def test_a_missing_or_damaged_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no model"):
        LinearModel.load(tmp_path)
    (tmp_path / "model.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="not readable"):
        LinearModel.load(tmp_path)
    (tmp_path / "model.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(ModelError, match="format 99"):
        LinearModel.load(tmp_path)
    LinearModel.load().save(tmp_path)
    (tmp_path / "urgency.tr.npz").write_bytes(b"PK broken")
    with pytest.raises(ModelError, match="damaged"):
        LinearModel.load(tmp_path)
