"""Texts that nobody means well with, through every backend: scored or abstained from, never a crash, work bounded."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from commands import scoring
from mention import SENTIMENTS, TOPICS, URGENCIES, Mention, Score
from nlp import Scorer, Unscorable
from nlp.backend import HEADS, Backend, ReadText
from nlp.cascade import Cascade
from nlp.language import LanguageDetector
from nlp.linear import LinearModel, ModelError
from nlp.normalise import READ_LIMIT
from nlp.transformer import LONGEST, TransformerModel

LINEAR_MODEL, DETECTOR = LinearModel.load(), LanguageDetector()  # loaded once: both take a second
LINEAR = Scorer(LINEAR_MODEL, DETECTOR)
WHEN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
LABELS = {"sentiment": SENTIMENTS, "urgency": URGENCIES, "topic": TOPICS}
POISON = "zehir"

CPU_SECONDS = 20.0
"""Work that one text may cost, in this process's own seconds. An honest answer takes milliseconds; what runs away in a
pattern or a loop takes hours."""

HOSTILE = {
    "empty": "",
    "one space": " ",
    "spaces only": " \t\r\n\u00a0\u2003\u3000" * 2_000,
    "emoji only": "😡🤬💀🔥" * 500,
    "joined emoji": "👩‍👩‍👧‍👦🏳️‍🌈👍🏽" * 500,
    "flags": "🇹🇷" * 3_000,
    "half a flag": "🇹" * 3_001,
    "one megabyte": "kargo gelmedi, rezalet! " * 43_000,
    "one megabyte without a space": "kargogelmedi" * 85_000,
    "one letter a million times": "a" * 1_000_000,
    "one dotted letter a million times": "İ" * 1_000_000,
    "mixed script": "Kargo привет 你好 مرحبا gelmedi สวัสดี नमस्ते",
    "letters of another script": "kаrgо gеlmеdі, rеzаlеt",
    "right to left": "הזמנה שלי לא הגיעה أين طلبي",
    "overrides": "\u202egnorw si siht\u202c \u2066\u2067\u2068kargo\u2069" * 200,
    "control characters": "".join(map(chr, range(32))) + "ka\x00rgo\x1b[31m gelmedi\x7f\x85\x9b",
    "lone surrogates": "kargo \ud83d gelmedi \ude21\ud83d",
    "surrogates only": "\ud800" * 5_000,
    "zero width": "k\u200ba\u200cr\u200dg\ufeffo g\u00adelm\u2060edi",
    "zero width only": "\u200b\u200c\u200d\ufeff\u2060\u00ad" * 2_000,
    "spaced letters": "k a r g o  g e l m e d i " * 300,
    "dotted letters": "k.a.r.g.o g-e-l-m-e-d-i " * 300,
    "spaced letters without an end": "a " * 500_000,
    "spaced by signs": "r*e*z*a*l*e*t " * 5_000,
    "combining marks": "z" + "\u0300\u0301\u0302\u0303" * 25_000,
    "marks on every letter": "".join(letter + "\u0336\u0489" * 40 for letter in "kargo gelmedi"),
    "combining marks only": "\u0301" * 100_000,
    "what grows when composed": "\ufdfa" * 100_000,
    "ligatures and circles": "ﬁﬂ①②③ⓚⓐⓡⓖⓞ ｋａｒｇｏ 𝓴𝓪𝓻𝓰𝓸" * 100,
    "punctuation only": "?!?!?!... ---- ####" * 1_000,
    "one sign": "!",
    "brackets": "(" * 50_000 + ")" * 50_000,
    "faces": ":):(:D<3^_^" * 5_000,
    "digits": "0" * 100_000,
    "digits and dots": "1.2,3/4:" * 20_000,
    "links only": "https://t.co/abc www.example.com pic.twitter.com/x " * 2_000,
    "a link without an end": "https://" + "a/" * 500_000,
    "at signs": "@" * 100_000,
    "names": "@a" * 50_000,
    "what looks like an address": "a.b-c+d" * 30_000 + "@" + "x." * 30_000,
    "hash signs": "#" * 100_000,
    "NUL": "\x00" * 10_000,
    "NUL inside": "kar\x00go gel\x00medi",
    "entities": "&amp;" * 100_000,
    "entities of entities": "&amp;" * 1 + "amp;" * 100_000,
    "entities without an end": "&#" + "9" * 100_000 + ";",
    "entity numbers": "&#0;&#x110000;&#xd800;&#xfffe;&#128;&unknown;&;&#;" * 500,
    "billion laughs": '<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c "&d;&d;">]>&b;' * 50,
    "markup": "<script>alert(1)</script> =HYPERLINK('x') {{7*7}} ${x} %s%n '; DROP TABLE mentions; --",
    "words of the network itself": "<s></s><pad><unk><mask> [CLS] [SEP] ▁▁▁ query: passage:",
    "lost letters": "g\ufffdn i\ufffderisinde d\ufffdn\ufffd\ufffd istiyorum " + "\ufffd" * 4_000,
    "private letters": "\ue000\uf8ff\U000f0000\U0010ffff" * 1_000,
    "tags": "".join(chr(0xE0000 + ord(letter)) for letter in "hidden words") * 100,
    "line ends": "\n\r\u2028\u2029\x0b\x0c" * 2_000,
    "long words": ("x" * 999 + " ") * 1_000,
    "different words": " ".join(f"w{number}q" for number in range(100_000)),
    "deep quotes": ">" * 20_000 + "kargo nerede",
}


# What a transformer is made of, without its files: the real cutting and weighing around a network that says one thing


class Session:
    """A network that answers from the number of pieces alone, and cannot stand one piece."""

    def __init__(self, poison: int = -1) -> None:
        self._poison = poison

    def run(self, _: object, given: dict[str, Any]) -> list[Any]:
        pieces = given["pieces"]
        assert pieces.dtype == np.int64 and pieces.ndim == 2 and 2 <= pieces.shape[1] <= LONGEST
        if (pieces == self._poison).any():
            raise RuntimeError("cannot stand it")
        labels = sum(map(len, LABELS.values()))
        given_by = np.linspace(-1, 1, pieces.size * labels, dtype=np.float32).reshape(1, pieces.size, labels)
        return [given_by.sum(axis=1), given_by, np.full((1, 128), 128**-0.5, np.float32)]


def transformer() -> TransformerModel:
    known = ["<s>", "<pad>", "</s>", "<unk>", "▁", POISON, *map(chr, range(33, 127)), "▁kargo", "gelmedi", "ş", "ı"]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(len(known) - i)) for i, piece in enumerate(known)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    decision = LINEAR_MODEL.decision
    record = {"version": "transformer-of-the-test", "decision": decision, "temperature": {}}
    return TransformerModel(Session(known.index(POISON)), tokenizer, record)


def cascade() -> Cascade:
    """A cascade that always asks both."""
    own = transformer()
    blend = {
        f"{head}.{language}": {"linear": 0.5, "transformer": 0.5, "bias": [0.0] * len(labels)}
        for head, labels in HEADS.items()
        for language in ("tr", "en")
    }
    record = {
        "version": "cascade-of-the-test",
        "decision": own.decision,
        "alone": dict.fromkeys(HEADS, 1.1),
        "blend": blend,
    }
    return Cascade(LINEAR_MODEL, own, record)


def shipped(name: str) -> Callable[[], Scorer]:
    return lambda: Scorer.of(name)


BACKENDS: dict[str, Callable[[], Scorer]] = {
    "linear": shipped("linear"),
    "cascade": shipped("cascade"),
    "transformer": shipped("transformer"),
    "a network of the test": lambda: Scorer(transformer(), DETECTOR),
    "a cascade of the test": lambda: Scorer(cascade(), DETECTOR),
}


@pytest.fixture(scope="module", params=BACKENDS)
def scorer(request: pytest.FixtureRequest) -> Scorer:
    try:
        return BACKENDS[request.param]()
    except ModelError as error:
        pytest.skip(f"{request.param}: {error}")


def mention(text: str, number: int = 1) -> Mention:
    made = Mention(source="x", native_id=str(number), text="x", published_at=WHEN)
    return made.model_copy(update={"text": text})  # past the checks of the intake: the scorer must stand it alone


def check(result: Score | Unscorable, model: str) -> None:
    assert isinstance(result, Score), result
    for head, labels in LABELS.items():
        found = getattr(result, head)
        assert found.label in labels and tuple(found.probs) == labels
        assert all(0.0 <= value <= 1.0 for value in found.probs.values())
        assert sum(found.probs.values()) == pytest.approx(1.0, abs=1e-9)
    assert set(result.abstained) <= set(LABELS) and set(result.reasons) == set(LABELS)
    assert all(len(why) <= 4 and all(len(piece) <= READ_LIMIT for piece in why) for why in result.reasons.values())
    assert result.language in ("tr", "en") and result.model == model
    json.dumps(result.model_dump(mode="json"), ensure_ascii=False).encode("utf-8")  # whatever it quotes can be written


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_scored_or_abstained_from_in_bounded_work(scorer: Scorer, name: str) -> None:
    began = time.process_time()
    (result,) = scorer.score([mention(HOSTILE[name])])
    assert time.process_time() - began < CPU_SECONDS
    check(result, scorer.model)


@pytest.mark.parametrize("name", HOSTILE)
def test_of_every_text_only_the_beginning_is_read(name: str) -> None:
    read = LINEAR.read(HOSTILE[name])
    assert len(read.text) <= READ_LIMIT and len(read.tokens) <= READ_LIMIT
    assert all(0 <= token.start < token.end <= len(read.text) for token in read.tokens)


def test_all_at_once_they_score_as_each_alone(scorer: Scorer) -> None:
    made = [mention(text, number) for number, text in enumerate(HOSTILE.values())]
    together = scorer.score(made)
    assert [result.native_id for result in together] == [one.native_id for one in made]
    assert together == [scorer.score([one])[0] for one in made]


@pytest.mark.parametrize(
    "name", ["empty", "spaces only", "zero width only", "NUL", "punctuation only", "surrogates only"]
)
def test_where_nothing_is_said_a_person_decides(name: str) -> None:
    (result,) = LINEAR.score([mention(HOSTILE[name])])
    assert isinstance(result, Score)
    assert set(result.abstained) or result.urgency.label == "none"


def test_hostile_neighbours_do_not_move_a_score(scorer: Scorer) -> None:
    plain = mention("kargom iki haftadır gelmedi", 0)
    others = [mention(text, number) for number, text in enumerate(HOSTILE.values(), 1)]
    assert scorer.score([plain, *others])[0] == scorer.score([plain])[0]


# One poisonous text


class Breaking:
    """The linear models, broken by one word in the way that `how` says."""

    version = "breaking"

    def __init__(self, how: str) -> None:
        self._model = LINEAR_MODEL
        self.decision = self._model.decision
        self._how = how

    def judge(self, texts: Sequence[ReadText]) -> Sequence[Any]:
        bad = [POISON in text.text for text in texts]
        if any(bad) and self._how == "raises":
            raise RuntimeError("cannot stand it")
        if any(bad) and self._how == "deep":
            raise RecursionError("cannot stand it")
        judged: list[Any] = list(self._model.judge(texts))
        if self._how == "late":
            return [Late() if ill else one for ill, one in zip(bad, judged, strict=True)]
        if self._how == "silent":
            return [one for ill, one in zip(bad, judged, strict=True) if not ill]
        return judged


class Late:
    """A judgement that breaks when it is asked."""

    known = True

    def probs(self, head: str) -> dict[str, float]:
        raise RuntimeError(f"cannot stand it for {head}")

    def pull(self, head: str, label: str) -> list[float]:
        return []


POISONED: dict[str, Callable[[], Backend]] = {
    "raises": lambda: Breaking("raises"),
    "deep": lambda: Breaking("deep"),
    "late": lambda: Breaking("late"),
    "silent": lambda: Breaking("silent"),
    "in the network": transformer,
    "in the cascade's network": cascade,
}


@pytest.mark.parametrize("how", POISONED)
@pytest.mark.parametrize("at", [0, 3, 6])
def test_a_poisonous_text_loses_only_itself_and_says_why(how: str, at: int) -> None:
    scorer = Scorer(POISONED[how](), DETECTOR)
    texts = ["kargo nerede", "teşekkürler", "kartım çalındı", "ok", "👍", "iade istiyorum"]
    made = [mention(text, number) for number, text in enumerate([*texts[:at], POISON, *texts[at:]])]
    results = scorer.score(made)
    assert [isinstance(result, Unscorable) for result in results] == [number == at for number in range(7)]
    assert [result.native_id for result in results] == [one.native_id for one in made]
    broken = results[at]
    assert isinstance(broken, Unscorable) and broken.reason.startswith(f"x {at} could not be scored: ")
    assert how == "silent" or "cannot stand it" in broken.reason
    others = [one for number, one in enumerate(made) if number != at]
    assert [result for result in results if result is not broken] == scorer.score(others)


def test_a_batch_of_poison_is_named_text_by_text() -> None:
    results = Scorer(Breaking("raises"), DETECTOR).score([mention(POISON, number) for number in range(5)])
    assert [result.native_id for result in results if isinstance(result, Unscorable)] == list("01234")


# The same texts as `nobet score` reads them


def scored(file: Path, scorer: Any) -> Iterator[tuple[int, Any]]:
    return scoring._scored(str(file), scorer, ZoneInfo("Europe/Istanbul"))


def test_as_lines_they_are_scored_or_named(tmp_path: Path) -> None:
    file = tmp_path / "hostile.jsonl"
    file.write_text("\n".join(json.dumps({"text": text}) for text in HOSTILE.values()), encoding="utf-8")
    results = dict(scored(file, LINEAR))
    assert list(results) == list(range(1, len(HOSTILE) + 1))
    for (name, text), result in zip(HOSTILE.items(), results.values(), strict=True):
        if isinstance(result, str):
            assert result == "text is empty" and not text.strip(), name
        else:
            check(result[1], LINEAR.model)
            json.dumps(scoring.score_json(result[1]), ensure_ascii=False).encode("utf-8")


class Plain:
    """A scorer that costs nothing: always the same score."""

    def __init__(self) -> None:
        (found,) = LINEAR.score([mention("kargo nerede")])
        assert isinstance(found, Score)
        self._score = found
        self.batches: list[int] = []

    def score(self, mentions: Sequence[Mention]) -> list[Score | Unscorable]:
        self.batches.append(len(mentions))
        return [self._score.model_copy(update={"native_id": one.native_id}) for one in mentions]


def test_a_pipe_of_any_length_is_scored_in_the_same_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    total, looked_at, held = 20_000, [], []

    def endless(_: str) -> Iterator[tuple[int, bytes]]:
        for number in range(1, total + 1):
            yield number, json.dumps({"text": f"kargo {number} " + "x" * 300, "source": "pipe"}).encode()

    def in_memory() -> int:
        gc.collect()
        return sum(isinstance(one, Mention | Score) for one in gc.get_objects())

    monkeypatch.setattr(scoring, "lines", endless)
    others = in_memory()  # another test's, in the same process
    for number, result in scored(Path("-"), Plain()):
        assert not isinstance(result, str)
        if number in (2_000, 11_000, total):
            looked_at.append(in_memory() - others)
            held.append(sys.getallocatedblocks())
    assert max(looked_at) < 4 * scoring.SCORE_BATCH
    assert held[-1] - held[0] < 5_000  # one object kept of each line would be 18,000


def test_long_lines_are_scored_sooner_than_a_full_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps({"text": "x" * 1_000_000}).encode()
    monkeypatch.setattr(scoring, "lines", lambda _: ((number, line) for number in range(1, 31)))
    plain = Plain()
    assert [number for number, _ in scored(Path("-"), plain)] == list(range(1, 31))
    assert max(plain.batches) <= 8 and sum(plain.batches) == 30
