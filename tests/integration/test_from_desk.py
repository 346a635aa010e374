"""From the board to a better model: what people correct is read, learnt, promoted, used by the worker, and undone."""

from __future__ import annotations

import json
import logging
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import worker
from commands import models as commands
from commands.options import Failure
from mention import Mention
from nlp import champion
from nlp.scorer import Scorer
from store import Store, corrections, editing
from store import events as event_log
from tests.integration.desk_work import BRAND, bring, desk_of, settings_of, work
from tests.unit import toy_desk

TOY = toy_desk.model()
AT = toy_desk.START


def mention(number: int, text: str, author: str | None = None, **fields: Any) -> Mention:
    given = {"source": "x", "native_id": str(number), "text": text, "author": author or f"a{number}"}
    return Mention(**given, published_at=AT, **fields)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(TOY)


def looked(store: Store, **more: Any) -> dict[int, corrections.LookedAt]:
    with store.read() as tx:
        return {one.mention_id: one for one in corrections.looked_at(tx, BRAND, **more)}


def case_of(store: Store, mention_id: int) -> int:
    from store import cases

    with store.read() as tx:
        found = cases.case_of(tx, mention_id)
    assert found is not None
    return found


def test_what_people_decided_is_read(store: Store, tmp_path: Path, scorer: Scorer) -> None:
    desk = desk_of(store, tmp_path)
    texts = ["kargo gecikti bekliyorum", "kırık çizik parça", "fatura yanlış kesildi", "kurye kaba bağırdı"]
    ids = bring(desk, [mention(i, text, thread_id=f"t{i}") for i, text in enumerate(texts)], scorer, AT)
    answered, corrected, untouched, there_and_back = ids
    minute = timedelta(minutes=1)
    desk.answer(case_of(store, answered), "Bakıyoruz", "", AT + minute)
    desk.correct(case_of(store, corrected), corrected, "topic", "other", AT + minute)
    desk.correct(case_of(store, corrected), corrected, "topic", "wrong_item", AT + 2 * minute)
    desk.seen(case_of(store, untouched), AT + minute)
    desk.correct(case_of(store, there_and_back), there_and_back, "topic", "other", AT + minute)
    desk.correct(case_of(store, there_and_back), there_and_back, "topic", "courier", AT + 2 * minute)
    found = looked(store)
    assert list(found) == [answered, corrected, there_and_back]
    assert found[answered].corrected == frozenset() and set(found[answered].labels) == {"sentiment", "urgency", "topic"}
    assert found[answered].model == TOY.version and found[answered].thread == "x t0"
    assert found[corrected].given == {"topic": "product_defect"} and found[corrected].labels == {"topic": "wrong_item"}
    assert found[corrected].corrected == {"topic"} and found[corrected].at == AT + 2 * minute
    assert found[there_and_back].corrected == frozenset()
    with store.read() as tx:
        assert corrections.arrived(tx, BRAND, AT, AT + minute) == (4, 4)
        assert corrections.arrived(tx, BRAND, AT + minute, AT + 2 * minute) == (0, 0)
    assert [*looked(store, limit=2)] == [corrected, there_and_back]
    assert looked(store, since=AT + minute) == {}


def test_an_answer_before_a_mention_came_is_no_look_at_it(store: Store, tmp_path: Path, scorer: Scorer) -> None:
    desk = desk_of(store, tmp_path)
    [first] = bring(desk, [mention(1, "kargo gecikti bekliyorum", "ayse")], scorer, AT)
    desk.answer(case_of(store, first), "Bakıyoruz", "", AT + timedelta(minutes=1))
    later = mention(2, "fatura yanlış kesildi", "ayse").model_copy(update={"published_at": AT + timedelta(hours=1)})
    [second] = bring(desk, [later], scorer, AT + timedelta(hours=1))
    assert case_of(store, first) == case_of(store, second)
    assert set(looked(store)) == {first}
    desk.resolve(case_of(store, second), AT + timedelta(hours=2))
    assert set(looked(store)) == {first, second}
    assert looked(store)[first].person == looked(store)[second].person


def test_the_text_is_the_one_that_was_read(store: Store, tmp_path: Path, scorer: Scorer) -> None:
    desk = desk_of(store, tmp_path)
    [edited, let_stand] = bring(desk, [mention(1, "kargo gecikti"), mention(2, "kurye kaba")], scorer, AT)
    desk.correct(case_of(store, edited), edited, "topic", "courier", AT + timedelta(minutes=1))
    desk.answer(case_of(store, let_stand), "Bakıyoruz", "", AT + timedelta(minutes=1))
    bring(desk, [mention(1, "fatura yanlış"), mention(2, "kırık parça")], scorer, AT + timedelta(hours=1))
    found = looked(store)
    assert found[edited].text == "kargo gecikti" and found[edited].labels == {"topic": "courier"}
    assert let_stand not in found, "a new text has new labels, which nobody looked at"


def test_what_was_deleted_is_not_learnt_from(store: Store, tmp_path: Path, scorer: Scorer) -> None:
    desk = desk_of(store, tmp_path)
    [gone] = bring(desk, [mention(1, "kargo gecikti")], scorer, AT)
    desk.correct(case_of(store, gone), gone, "topic", "courier", AT + timedelta(minutes=1))
    with store.write() as tx:
        editing.remove_deleted(tx, BRAND, "x", ["1"], AT + timedelta(hours=1))
    assert looked(store) == {}


def test_a_reviewed_mention_counts_for_the_random_sample(store: Store, tmp_path: Path, scorer: Scorer) -> None:
    from desk.quality import quality

    desk = desk_of(store, tmp_path)
    ids = bring(desk, [mention(1, "kargo gecikti"), mention(2, "teşekkürler harika"), mention(3, "kırık")], scorer, AT)
    with store.write() as tx:
        for mention_id in ids[:2]:
            corrections.mark_reviewed(tx, BRAND, mention_id, sample="2026-W36", by="agent:Elif", at=AT)
    desk.correct(case_of(store, ids[0]), ids[0], "topic", "other", AT + timedelta(minutes=1))
    with store.read() as tx:
        [before, week] = quality(tx, BRAND, desk.zone, 2, AT + timedelta(days=1))
    assert before.looked.n == 0 and (week.name, week.looked.hits, week.looked.n) == ("2026-W36", 2, 3)
    assert week.reviewed == 2 and week.models == (TOY.version,)
    topic = week.heads["topic"]
    assert (topic.reviewed.hits, topic.reviewed.n) == (1, 2)
    assert topic.by_label["delivery_delay"].hits == 0 and topic.by_label["praise"].hits == 1
    json.dumps(week.record())


@pytest.fixture
def taught_here(store: Store, tmp_path: Path, scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk that answered 160 mentions by its own convention, with the toy model as the shipped one."""
    work(desk_of(store, tmp_path), toy_desk.lessons(160, toy_desk.own_topic), scorer)
    monkeypatch.setattr(champion, "shipped", lambda *_: TOY)
    monkeypatch.setattr(commands, "load_settings", lambda config: settings_of(store.url, tmp_path))
    monkeypatch.setattr(commands, "written", lambda folder: list(toy_desk.written()))
    monkeypatch.setattr(commands, "HELD", tmp_path / "held")
    monkeypatch.setattr(commands, "utc_now", lambda: toy_desk.NOW)
    (tmp_path / "held").mkdir()
    lines = [json.dumps(record, ensure_ascii=False) for record in toy_desk.evaluation()]
    (tmp_path / "held" / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return champion.models_folder(tmp_path, BRAND)


def test_a_week_of_corrections(
    store: Store, taught_here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG, "nobet")
    present = champion.Champion(taught_here, lambda: TOY)
    assert present.scorer.model == TOY.version
    commands.teach(None, "tr", "")
    said = capsys.readouterr().out
    version = champion.line_of(champion.changes(taught_here))[-1]
    assert "Konu: yeni model devraldı." in said and f"Artık {version} kullanılıyor" in said
    assert "Duygu: öğretilmedi." in said and "30 daha" in said

    # The worker takes it up without a restart, and the next mention shows it.
    assert present.scorer.model == f"{TOY.version}+{version}"
    desk = desk_of(store, tmp_path)
    bring_now = partial(bring, desk, scorer=present.scorer, at=toy_desk.NOW)
    for number in range(3):
        bring_now([mention(900 + number, f"dolap vestiyer gardırop kargo gecikti {number}")])
    with store.read() as tx:
        models = {score.model for number in range(3) for _, score in _newest_scores(tx, number)}
    assert f"{TOY.version}+{version}" in models

    # Nothing a customer wrote is on disk beside the models, or in the log of the process.
    held = b"".join(path.read_bytes() for path in taught_here.rglob("*") if path.is_file())
    lessons = toy_desk.lessons(160, toy_desk.own_topic)
    logged = caplog.text + said
    assert not any(one.text.encode() in held or one.text in logged for one in lessons)

    # A second run has nothing new to measure on, and says how many corrections are missing.
    with pytest.raises(Failure, match=r"Topic: 0 of 30.*30 more"):
        commands.teach(None, "en", "")

    commands.rollback("", None, "en")
    assert present.scorer.model == TOY.version
    commands.promote(version, "", None, "en")
    assert present.scorer.model == f"{TOY.version}+{version}"
    commands.rollback("Nöbetçi", None, "tr")
    with store.read() as tx:
        told = [event for event in event_log.all_events(tx, BRAND, limit=10_000) if event.type.startswith("model_")]
        assert event_log.verify_chain(tx, BRAND) == []
    assert [event.type for event in told] == [
        "model_promoted", "model_rolled_back", "model_promoted", "model_rolled_back"
    ]  # fmt: skip
    assert told[-1].by == "agent:Nöbetçi" and told[0].data["champion"] == version
    capsys.readouterr()
    listed(capsys, version)


def _newest_scores(tx: Any, number: int) -> list[Any]:
    from store import cases
    from store.tables import mentions

    found = tx.execute(mentions.select().where(mentions.c.native_id == str(900 + number))).one()
    pair = cases.mention_of(tx, BRAND, found.id)
    return [pair] if pair is not None and pair[1] is not None else []


class _Context:
    invoked_subcommand = None


def listed(capsys: pytest.CaptureFixture[str], version: str) -> None:
    pages = {
        "en": ["can be promoted", "went back to the shipped model", "Topic: taken over"],
        "tr": ["devralabilir", "ürünle gelen model geri getirildi", "Konu: yeni model devraldı"],
    }
    for lang, words in pages.items():
        commands.list_models(_Context(), False, None, lang)  # type: ignore[arg-type]
        page = capsys.readouterr().out
        assert version in page and all(word in page for word in words), page
    commands.list_models(_Context(), True, None, "en")  # type: ignore[arg-type]
    whole = json.loads(capsys.readouterr().out)
    assert whole["champion"] == "shipped" and whole["models"][0]["heads"]["topic"]["promoted"] is True
    assert len(whole["changes"]) == 4


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=False)
def test_what_may_not_be_promoted(
    tmp_path: Path, sqlite_template: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nlp.adapter import Adapter, print_of

    monkeypatch.setattr(champion, "shipped", lambda *_: TOY)
    monkeypatch.setattr(commands, "load_settings", lambda config: settings_of(f"sqlite:///{tmp_path}/n.db", tmp_path))
    folder = champion.models_folder(tmp_path, BRAND)
    prints = print_of(TOY.spaces)
    refused = Adapter.named(TOY.version, prints, {}, {"promoted": False})
    elsewhere = Adapter.named("linear-1-00000000", prints, {}, {"promoted": True})
    other = Adapter.named(TOY.version, prints[::-1], {}, {"promoted": True, "champion": "desk-1-12345678"})
    for one in (refused, elsewhere, other):
        champion.keep(folder, one)
    for version, sentence in (
        (refused.version, "had not passed"), (elsewhere.version, "another shipped model"),
        (other.version, "was not compared with shipped"), ("desk-1-ffffffff", "no model"),
    ):  # fmt: skip
        with pytest.raises(Failure, match=sentence):
            commands.promote(version, "", None, "en")
    with pytest.raises(champion.ModelError, match="nothing to go back to"):
        commands.rollback("", None, "en")
    for name in ("../elsewhere", "desk-1-xyz", ""):
        with pytest.raises(champion.ModelError):
            champion.promote(folder, name, by="system", at=toy_desk.NOW)
    assert champion.changes(folder) == []


def test_a_champion_that_cannot_be_used_never_stops_the_scoring(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from nlp.adapter import AdaptedHead, Adapter, print_of

    folder = tmp_path / "models"
    one = Adapter.named(TOY.version, print_of(TOY.spaces), {"topic": AdaptedHead({}, 1.5)}, {})
    champion.keep(folder, one)
    champion.promote(folder, one.version, by="system", at=toy_desk.NOW)
    present = champion.Champion(folder, lambda: TOY)
    assert present.scorer.model.endswith(one.version)
    (folder / one.version / "adapter.npz").write_bytes(b"PK not really")
    assert champion.load_champion(folder, lambda: TOY).model == TOY.version and "damaged" in caplog.text
    (folder / champion.POINTER).write_text("{", encoding="utf-8")
    assert present.scorer.model == TOY.version and "cannot be read" in caplog.text
    (folder / champion.POINTER).unlink()
    assert present.scorer.model == TOY.version


def test_looking_at_the_pointer_costs_microseconds(tmp_path: Path) -> None:
    present = champion.Champion(tmp_path / "models", lambda: TOY)
    began = time.perf_counter()
    for _ in range(1_000):
        assert present.scorer
    assert (time.perf_counter() - began) / 1_000 < 0.001


def test_the_worker_scores_with_what_it_is_given(store: Store, tmp_path: Path, scorer: Scorer) -> None:
    """What the worker needs of a champion is a scorer per batch."""
    from store import ingest
    from tests.integration.store_making import fetched

    ingest.save_batch(store, BRAND, "x", fetched(mention(1, "kargo gecikti")), seen_at=AT)
    present = champion.Champion(tmp_path / "models", lambda: TOY)
    assert worker.score_pending(store, BRAND, present.scorer, lambda: AT) == 1
