"""What a desk teaches is learnt, noise is not, and a challenger that breaks something is refused with its reason."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import learning
from nlp.adapter import Adapted
from nlp.backend import HEADS
from nlp.learning import Outcome, TooFew, learn
from nlp.lessons import Lesson, fit, groups_of, read, shared, temperature
from nlp.linear import softmax
from nlp.scorer import Scorer
from nlp.verdict import NEEDED, Comparison, Difference, compare, decide_head
from tests.unit import toy_desk

TOY = toy_desk.model()


def taught(lessons: list[Lesson], **more: Any) -> Outcome:
    given = {"written": toy_desk.written(), "evaluation": toy_desk.evaluation(), "now": toy_desk.NOW} | more
    return learn(lessons, TOY, TOY.spaces, **given)


@cache
def own_topic() -> tuple[tuple[Lesson, ...], Outcome]:
    lessons = toy_desk.lessons(160, toy_desk.own_topic)
    return tuple(lessons), taught(lessons)


def test_a_desks_convention_is_learnt() -> None:
    lessons, outcome = own_topic()
    topic = outcome.heads["topic"]
    assert outcome.promoted and topic.promoted, topic.reasons
    assert topic.reasons[0].code == "better" and topic.reasons[0].params["how"] == "crossed"
    assert topic.corrections == sum("topic" in lesson.corrected for lesson in lessons) >= NEEDED
    scorer = Scorer(Adapted(TOY, outcome.adapter, TOY.spaces))
    fresh = toy_desk.lessons(80, toy_desk.own_topic, seed=9)
    before, after = (
        sum(read_label(one, lesson) == lesson.labels["topic"] for lesson in fresh) for one in (Scorer(TOY), scorer)
    )
    assert after >= before + 8, f"{before} of 80 right before, {after} after"


def read_label(scorer: Scorer, lesson: Lesson) -> str:
    [judged] = scorer._backend.judge([scorer.read(lesson.text, lesson.lang)])
    probs = judged.probs("topic")
    return max(probs, key=probs.__getitem__)


def test_heads_that_were_not_corrected_are_left_alone() -> None:
    _, outcome = own_topic()
    assert set(outcome.adapter.heads) == {"topic"}
    for head in ("sentiment", "urgency"):
        assert [reason.code for reason in outcome.heads[head].reasons] == ["too_few"]
        assert outcome.heads[head].reasons[0].params == {"have": 0, "more": NEEDED}


def test_the_same_lessons_make_the_same_challenger() -> None:
    lessons, outcome = own_topic()
    again = taught(list(lessons)).adapter
    assert (again.version, again.record) == (outcome.adapter.version, outcome.adapter.record)


def test_texts_stay_out_of_what_is_kept() -> None:
    lessons, outcome = own_topic()
    kept = repr(outcome.adapter.record)
    assert not any(lesson.text in kept or lesson.person in kept.split("'") for lesson in lessons)
    assert outcome.adapter.record["lessons"] == {str(one.mention_id): one.digest for one in lessons}


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_noise_is_not_promoted(seed: int) -> None:
    outcome = taught(toy_desk.lessons(160, toy_desk.noise, seed=seed))
    assert not outcome.promoted, outcome.heads["topic"].reasons
    assert outcome.heads["topic"].reasons[0].code in ("not_better", "nothing_to_learn")


def test_contradicting_the_champion_is_no_merit() -> None:
    """Corrections alone hold only the champion's mistakes: whoever says anything else would look better there."""
    lessons = toy_desk.lessons(160, toy_desk.noise)
    outcome = taught(lessons)
    desk = outcome.heads["topic"].desk
    if desk is not None:
        assert desk.n == len(lessons) and desk.measures["accuracy"].before > 0.5


@pytest.mark.parametrize(
    ("corrections", "more"),
    [(0, NEEDED), (1, NEEDED - 1), (NEEDED - 1, 1)],
)
def test_too_few_corrections_are_refused_with_how_many_are_missing(corrections: int, more: int) -> None:
    lessons = toy_desk.lessons(60, toy_desk.own_topic)
    marked = [lesson for lesson in lessons if lesson.corrected][:corrections]
    with pytest.raises(TooFew) as refused:
        taught([lesson for lesson in lessons if not lesson.corrected] + marked)
    assert refused.value.have == {"sentiment": 0, "urgency": 0, "topic": corrections}
    assert NEEDED - max(refused.value.have.values()) == more


def test_no_lessons_at_all_are_too_few() -> None:
    with pytest.raises(TooFew):
        taught([])


def test_what_the_champion_was_taught_with_does_not_count_again() -> None:
    lessons, outcome = own_topic()
    with pytest.raises(TooFew) as refused:
        taught(list(lessons), champion=outcome.adapter)
    assert refused.value.have["topic"] == 0


def test_a_second_teaching_is_measured_on_new_lessons_and_keeps_the_other_heads() -> None:
    lessons, outcome = own_topic()
    fresh = [
        replace(lesson, at=lesson.at + timedelta(weeks=2)) for lesson in toy_desk.lessons(160, toy_desk.noise, seed=11)
    ]
    second = taught([*lessons, *fresh], champion=outcome.adapter)
    topic = second.heads["topic"]
    assert topic.desk is not None and topic.desk.n == len(fresh)
    assert second.adapter.record["champion"] == outcome.adapter.version
    assert "topic" in second.adapter.heads


def test_an_edited_mention_counts_anew() -> None:
    lessons, outcome = own_topic()
    edited = [replace(lesson, text=f"{lesson.text} dün") for lesson in lessons]
    again = taught(edited, champion=outcome.adapter)
    assert again.heads["topic"].reasons[0].code != "too_few"


def test_a_challenger_that_costs_critical_mentions_is_refused() -> None:
    """A desk that calls every smoke harmless teaches it, and the shipped evaluation objects."""
    chance, lessons = random.Random(6), []
    for i in range(160):
        text = f"{toy_desk.text_of(chance, 5 if i % 2 else 0, 'tr')} {i}"
        labels = {"sentiment": "negative", "urgency": "none" if i % 2 else "same_day", "topic": "safety"}
        corrected = frozenset({"urgency"} if i % 2 else ())
        lessons.append(Lesson(i, text, f"x {i}", toy_desk.START + timedelta(hours=i), labels, corrected, None, "tr"))
    outcome = taught(lessons)
    urgency = outcome.heads["urgency"]
    assert not urgency.promoted
    assert {"worse_hot", "worse_label"} <= {reason.code for reason in urgency.reasons}, urgency.reasons
    assert any(reason.params.get("label") == "critical" for reason in urgency.reasons)


# --- both sides apart ---


def lesson(number: int, text: str, person: str = "", thread: str | None = None) -> Lesson:
    return Lesson(number, text, person or f"x {number}", toy_desk.START, {"topic": "other"}, frozenset(), thread, "tr")


LONG = "siparişim üç haftadır hazırlanıyor görünüyor müşteri hizmetleri cevap vermiyor kargo firması da bilmiyor"


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (lesson(1, "kargo gecikti", "ayse"), lesson(2, "fatura yanlış", "ayse"), True),
        (lesson(1, "kargo gecikti", "ayse"), lesson(2, "fatura yanlış", "mert"), False),
        (lesson(1, "kargo gecikti", thread="x 9"), lesson(2, "fatura yanlış", thread="x 9"), True),
        (lesson(1, "kargo gecikti", thread="x 9"), lesson(2, "fatura yanlış", thread="x 8"), False),
        (lesson(1, "Kargo  GECIKTI"), lesson(2, "kargo gecikti"), True),
        (lesson(1, f"{LONG} 4471"), lesson(2, f"{LONG} 9982"), True),
        (lesson(1, "sipariş bugün mağaza kargo gecikti"), lesson(2, "sipariş dün fatura ücret kesildi"), False),
    ],
)
def test_who_stays_on_one_side(one: Lesson, other: Lesson, together: bool) -> None:
    pair = [one, other]
    sheet = read([(each.text, each.lang) for each in pair], TOY, TOY.spaces)
    groups = groups_of(pair, sheet, TOY.spaces)
    assert bool(groups[0] == groups[1]) is together


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=12))
def test_groups_are_closed_under_person_and_thread(found: list[tuple[int, int]]) -> None:
    lessons = [lesson(i, f"kelime{i}", f"p{who}", f"t{where}") for i, (who, where) in enumerate(found)]
    sheet = read([(each.text, each.lang) for each in lessons], TOY, TOY.spaces)
    groups = groups_of(lessons, sheet, TOY.spaces)
    for i, one in enumerate(lessons):
        for k, other in enumerate(lessons):
            if one.person == other.person or one.thread == other.thread:
                assert groups[i] == groups[k]


def test_no_person_is_on_both_sides_of_any_fit() -> None:
    lessons = toy_desk.lessons(120, toy_desk.own_topic, persons=40)
    sheet = read([(each.text, each.lang) for each in lessons], TOY, TOY.spaces)
    groups = groups_of(lessons, sheet, TOY.spaces)
    seen: list[set[str]] = []

    class Spy(learning._Taught):
        def path(self, chosen: Any, strengths: Any) -> Any:
            seen.append({self.desk.lessons[i].person for i in self.these[chosen]})
            return super().path(chosen, strengths)

        def moved(self, chosen: Any, kept: Any, shift: Any) -> Any:
            assert not seen[-1] & {self.desk.lessons[i].person for i in self.these[chosen]}
            return super().moved(chosen, kept, shift)

    rehearsal = read([(mention.text, mention.language) for mention in toy_desk.written()[:40]], TOY, TOY.spaces)
    desk = learning._Desk(
        lessons, sheet, groups, rehearsal, rehearsal, [], TOY.decision, learning.Layout(TOY.spaces), None,
        np.ones(len(lessons), bool),
    )  # fmt: skip
    these = np.arange(len(lessons))
    truth = np.array([HEADS["topic"].index(each.labels["topic"]) for each in lessons])
    spy = Spy("topic", desk, these, truth, np.ones(len(these)))
    learning._cross(spy, these)
    corrected = np.array(["topic" in each.corrected for each in lessons])
    held, _ = learning._newest(spy, corrected, np.ones(len(these), bool))
    assert len(seen) > 5
    assert 8 <= corrected[held].sum() <= corrected.sum() / 2
    assert min(lessons[i].at for i in held) > max(lessons[i].at for i in these if i not in set(held))


def test_a_feature_of_one_person_does_not_count() -> None:
    texts = ["dolap dolap", "dolap sabah", "sabah sabah"]
    sheet = read([(text, "tr") for text in texts], TOY, TOY.spaces)
    words = TOY.spaces["tr"].words
    start = learning.Layout(TOY.spaces).start("tr")

    def counted(groups: list[int]) -> set[str]:
        kept = shared(sheet.rows, np.array(groups))
        return {words[i - start] for i in kept if start <= i < start + len(words)}

    assert counted([0, 1, 2]) >= {"dolap", "sabah"}
    assert "dolap" not in counted([0, 0, 1]) and "sabah" in counted([0, 0, 1])
    assert counted([0, 0, 0]) == set()


# --- the arithmetic ---


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_nothing_to_correct_moves_nothing(seed: int) -> None:
    draws = np.random.default_rng(seed)
    rows = read([("kargo dolap", "tr"), ("sabah sabah", "tr"), ("fatura", "tr")], TOY, TOY.spaces).rows[:, :300]
    base = draws.normal(size=(3, 4))
    assert np.allclose(fit(rows, base, softmax(base), np.ones(3), 3.0), 0.0)


def test_a_stronger_pull_goes_further_and_never_the_wrong_way() -> None:
    rows = read([("kargo dolap", "tr"), ("sabah sabah", "tr")], TOY, TOY.spaces).rows
    base, target = np.zeros((2, 3)), np.eye(3)[[2, 1]]
    norms, losses = [], []
    for strength in (0.01, 0.1, 1.0, 10.0):
        shift = fit(rows, base, target, np.ones(2), strength)
        norms.append(float((shift**2).sum()))
        losses.append(float(-(target * np.log(softmax(rows @ shift))).sum()))
    assert norms == sorted(norms) and losses == sorted(losses, reverse=True)


def test_the_fit_is_ordinary_logistic_regression_where_the_base_says_nothing() -> None:
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    draws = np.random.default_rng(8)
    rows, labels = draws.normal(size=(60, 5)), draws.integers(0, 3, 60)
    ours = fit(sparse.csr_matrix(rows), np.zeros((60, 3)), np.eye(3)[labels], np.ones(60), 0.5)
    theirs = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-8, max_iter=500).fit(rows, labels).coef_.T
    assert np.allclose(ours - ours.mean(axis=1, keepdims=True), theirs, atol=2e-3)


@pytest.mark.parametrize(("sharp", "low", "high"), [(3.0, 1.7, 2.0), (1.0, 1.0, 1.15), (0.4, 1.0, 1.01)])
def test_the_temperature_cools_what_is_too_sure_and_never_heats(sharp: float, low: float, high: float) -> None:
    draws = np.random.default_rng(9)
    logits = draws.normal(size=(800, 3)) * 2
    labels = np.array([draws.choice(3, p=row) for row in softmax(logits)])
    assert low <= temperature(logits * sharp, labels) <= high


# --- the rule ---


def same(value: float, n: int = 100) -> Difference:
    return Difference(value, value, 0.0, 0.0, n)


def gain(before: float, after: float, low: float, high: float, n: int = 100) -> Difference:
    return Difference(before, after, low, high, n)


def comparison(
    accuracy: Difference, macro_f1: Difference | None = None, hot: Difference | None = None,
    recalls: dict[str, Difference] | None = None,
) -> Comparison:  # fmt: skip
    measures = {"accuracy": accuracy, "macro_f1": macro_f1 or same(0.5)}
    measures |= {"hot_recall": hot} if hot else {}
    return Comparison(accuracy.n, accuracy.n, measures, recalls or {})


BETTER = comparison(gain(0.7, 0.8, 0.02, 0.18), gain(0.6, 0.65, -0.01, 0.1))
EVEN = comparison(same(0.8), hot=same(0.9), recalls={"critical": same(0.9), "other": same(0.5)})


def worse_shipped(**changed: Difference) -> Comparison:
    hot = changed.pop("hot", same(0.9))
    return comparison(same(0.8), hot=hot, recalls={"critical": same(0.9), "other": same(0.5), **changed})


@pytest.mark.parametrize(
    ("deciding", "newest", "shipped", "codes"),
    [
        (BETTER, BETTER, EVEN, ["better"]),
        (comparison(gain(0.7, 0.8, -0.001, 0.2)), BETTER, EVEN, ["not_better"]),
        (comparison(gain(0.7, 0.7, 0.0, 0.0)), BETTER, EVEN, ["not_better"]),
        (comparison(gain(0.7, 0.8, 0.02, 0.2), gain(0.6, 0.59, -0.1, 0.1)), BETTER, EVEN, ["not_better"]),
        (comparison(same(0.7), gain(0.5, 0.6, 0.01, 0.2)), BETTER, EVEN, ["better"]),
        (BETTER, comparison(gain(0.7, 0.69, -0.1, 0.1)), EVEN, ["better", "worse_newest"]),
        (BETTER, comparison(same(0.7), hot=gain(0.9, 0.87, -0.1, 0.0)), EVEN, ["better", "worse_hot"]),
        (BETTER, comparison(same(0.7), hot=gain(0.9, 0.88, -0.1, 0.0)), EVEN, ["better"]),
        (BETTER, comparison(same(0.7), hot=gain(1.0, 0.75, -1, 0.0, n=4)), EVEN, ["better"]),
        (BETTER, BETTER, worse_shipped(hot=gain(0.9, 0.87, -0.1, 0)), ["better", "worse_hot"]),
        (BETTER, BETTER, worse_shipped(critical=gain(0.9, 0.87, -0.1, 0)), ["better", "worse_label"]),
        (BETTER, BETTER, worse_shipped(critical=gain(0.9, 0.88, -0.1, 0)), ["better"]),
        (BETTER, BETTER, worse_shipped(critical=gain(0.9, 0.8, -0.1, 0, n=10)), ["better", "worse_label"]),
        (BETTER, BETTER, worse_shipped(other=gain(0.5, 0.45, -0.1, 0)), ["better"]),
        (BETTER, BETTER, worse_shipped(other=gain(0.5, 0.44, -0.1, 0)), ["better", "worse_label"]),
        (BETTER, BETTER, worse_shipped(other=gain(0.5, 0.4, -0.1, 0, n=10)), ["better"]),
        (BETTER, BETTER, worse_shipped(other=gain(0.5, 0.3, -0.1, 0, n=10)), ["better", "worse_label"]),
        (BETTER, BETTER, worse_shipped(other=gain(1.0, 0.0, -1, 0, n=4)), ["better"]),
    ],
)  # fmt: skip
def test_the_promotion_rule(deciding: Comparison, newest: Comparison, shipped: Comparison, codes: list[str]) -> None:
    verdict = decide_head(deciding, "crossed", newest, 40, shipped)
    assert [reason.code for reason in verdict.reasons] == codes
    assert verdict.promoted is (codes == ["better"])
    assert verdict.reasons[0].params["corrections"] == 40


def test_a_comparison_counts_persons_not_texts() -> None:
    truth = np.zeros(40, np.int64)
    before, after = np.ones(40, np.int64), np.zeros(40, np.int64)
    before[20:] = 0  # the first twenty are mended
    loud = np.array([0] * 20 + list(range(1, 21)))
    alone = np.arange(40)
    by_one, by_many = (compare("topic", truth, before, after, who) for who in (loud, alone))
    assert by_one.measures["accuracy"].change == by_many.measures["accuracy"].change == 0.5
    assert by_one.measures["accuracy"].low == 0.0 < by_many.measures["accuracy"].low
    assert (by_one.persons, by_many.persons) == (21, 40)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 5)), max_size=30))
def test_a_model_compared_with_itself_differs_in_nothing(found: list[tuple[int, int, int]]) -> None:
    truth, said, who = (np.array([one[i] for one in found], dtype=np.int64) for i in range(3))
    same_model = compare("urgency", truth, said, said, who)
    for one in [*same_model.measures.values(), *same_model.recalls.values()]:
        assert one.change == one.low == one.high == 0
    assert not decide_head(same_model, "crossed", same_model, 0, same_model).promoted


def test_what_is_measured_is_what_the_scorer_says() -> None:
    """The labels that verdicts are made of are those that mentions get, thresholds and hard rules included."""
    from nlp.evaluate import evaluate
    from nlp.lessons import decided

    texts = [(record["text"], record["lang"]) for record in toy_desk.evaluation()[:60]]
    texts += [("priz duman çıktı, elektrik çarptı", "tr"), ("smoke from the socket", "en")]
    _, outcome = own_topic()
    for adapter in (None, outcome.adapter):
        backend = TOY if adapter is None else Adapted(TOY, adapter, TOY.spaces)
        sheet = read(texts, TOY, TOY.spaces)
        for head, labels in HEADS.items():
            logits = sheet.moved(head, None if adapter is None else adapter.heads.get(head))
            said = [labels[i] for i in decided(head, logits, sheet.floors, TOY.decision)]
            records = [{"text": text, head: label} for (text, _), label in zip(texts, said, strict=True)]
            report = evaluate(records, Scorer(backend))
            unlike = 1 - report["heads"][head]["accuracy"]["value"]
            assert unlike < 0.05, f"{head}: {unlike:.0%} differ"  # the scorer was not told the language
