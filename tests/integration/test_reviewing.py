"""A review's way on real stores: drafted once, written by several, signed once, followed to the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text, update

from desk.crisis.review_reading import SECTIONS, digest
from desk.crisis.reviewing import draft_closed
from desk.roles import NotAllowed, Refused
from store import Store, subjects
from store import events as event_log
from store import reviews as review_store
from store.tables_crisis import crisis_reviews
from tests.integration.reviewed_crisis import START, Story, at, plan

FULL = {name: f"{name} – yazıldı" for name in SECTIONS}
HOSTILE = "<script>alert(1)</script> @ayse_y bana 0532 111 22 33'ten ya da ayse@ornek.com.tr adresinden yazın | **koş**"


def closed(store: Store) -> Story:
    """A crisis with one customer, closed after two hours and a bit; nothing of it is reviewed yet."""
    story = Story(store)
    _, case_id = story.said(0, "ayse_y", text=HOSTILE)
    assert case_id is not None
    story.suspected(5)
    story.event(6, "taken")
    story.event(7, "declared", "agent:Elif", why="bir kişi yeter")
    story.answer(case_id, 20)
    story.close(140)
    return story


def log(story: Story, *types: str) -> list[Any]:
    with story.store.read() as tx:
        events = subjects.events_of(tx, story.brand, f"crisis:{story.crisis}")
    return [event for event in events if event.type in types]


def refused(words: str, act: Callable[..., object], *arguments: Any, **more: Any) -> None:
    with pytest.raises(Refused) as error:
        act(*arguments, **more)
    assert words in error.value.say("tr") and error.value.say("en") != error.value.say("tr")


def test_the_way_of_a_review(store: Store) -> None:
    story = closed(store)
    elif_, mert, can = story.reviews, story.reviews.as_agent("Mert"), story.reviews.as_agent("Can")

    # Drafted once, by whoever comes first; a worker that was killed asks again.
    assert draft_closed(store, story.settings, at(141)) == 1 and draft_closed(store, story.settings, at(142)) == 0
    assert not elif_.draft(story.crisis, at(143)) and len(log(story, "review_drafted")) == 1

    # Two editors: the second learns of the first, and nothing of the first is lost.
    assert mert.save(story.crisis, {"summary": " Kargo durdu "}, 1, at(150)) == 2
    refused("Mert değerlendirmeyi kaydetti (sürüm 2)", elif_.save, story.crisis, FULL, 1, at(151))
    seen = elif_.review(story.crisis, at(152))
    assert (seen.version, seen.edited_by, seen.sections["summary"]) == (2, "Mert", "Kargo durdu")
    assert [said.tr for said in seen.missing] == ["Şu bölümler boş: Nedenler, İyi gidenler, Değişecekler."]
    with pytest.raises(NotAllowed):
        can.save(story.crisis, FULL, 2, at(152))
    refused("diye bir bölüm yok", elif_.save, story.crisis, {"kişiler": "x"}, 2, at(152))

    # Nothing is signed that is not whole; a refusal leaves nothing behind.
    refused("Şu bölümler boş", elif_.sign, story.crisis, "tamam", at(160))
    assert elif_.save(story.crisis, {**FULL, "summary": "Kargo durdu"}, 2, at(161)) == 3
    [*_, last] = log(story, "review_saved")
    with store.read() as tx:
        kept = review_store.review(tx, story.brand, story.crisis)
    assert kept is not None and last.data == {"version": 3, "sha256": digest(kept.body)}
    action = elif_.add_action(story.crisis, "Telefon zinciri her hafta denensin", at(162))
    refused("için sahip ve gün yazın", elif_.sign, story.crisis, "tamam", at(163))
    elif_.edit_action(action, at(164), owner="Can", due_on="2026-11-25")
    with pytest.raises(NotAllowed):
        mert.sign(story.crisis, "tamam", at(165))
    refused("sürüm 3", elif_.sign, story.crisis, "tamam", at(165), version=2)
    refused("Eksik: gerekçe", elif_.sign, story.crisis, "  ", at(165))
    assert not log(story, "crisis_reviewed", "review_signed", "crisis_done")

    # The signature ends the step of the review, the run and the review, all of one moment.
    elif_.sign(story.crisis, "sayılar doğru", at(170), version=3)
    done = log(story, "crisis_done", "crisis_reviewed", "review_signed")
    assert [(e.type, e.data.get("step")) for e in done] == [
        ("crisis_done", "review"), ("crisis_reviewed", None), ("review_signed", None),
    ]  # fmt: skip
    assert {e.at for e in done} == {at(170)} and {e.by for e in done} == {"agent:Elif"}
    signed = mert.review(story.crisis, at(5000))
    assert signed.crisis.stage == "reviewed" and signed.crisis.next_at is None and signed.intact
    assert (signed.signed_by, signed.signed_at, signed.signed_why) == ("Elif", at(170), "sayılar doğru")
    assert signed.draft.numbers.at == at(170) and signed.draft.stage == "reviewed"

    # Nothing changes any more, a correction stands beside it.
    refused("artık değişmez", elif_.save, story.crisis, FULL, 3, at(180))
    refused("artık değişmez", elif_.sign, story.crisis, "yine", at(180))
    refused("artık değişmez", elif_.add_action, story.crisis, "bir şey daha", at(180))
    refused("yalnız sahibi ve günü", elif_.edit_action, action, at(180), what="başka bir şey")
    mert.note(story.crisis, "Özetteki saat 22.45 olmalı.", at(181))
    later = elif_.review(story.crisis, at(5000))
    assert [(note.by, note.text) for note in later.notes] == [("Mert", "Özetteki saat 22.45 olmalı.")]
    assert later.sections == signed.sections and later.draft == signed.draft
    with store.read() as tx:
        assert event_log.verify_chain(tx, story.brand) == []

    # Who goes around the program is seen.
    with store.write() as tx:
        body = {**kept.body, "draft": later.draft.model_dump(mode="json"), "sections": {**FULL, "causes": "hiç"}}
        tx.execute(update(crisis_reviews).values(body=body))
    assert not elif_.review(story.crisis, at(5000)).intact
    assert "UYARI" in elif_.export(story.crisis, "md", "tr", at(5000)).decode()
    with store.write() as tx:
        tx.execute(update(crisis_reviews).values(body={"draft": 1}))
    damaged = elif_.review(story.crisis, at(5000))
    assert not damaged.intact and damaged.draft.numbers.at == at(5000)


def test_what_must_be_done_first(store: Store) -> None:
    story = Story(store)
    story.suspected(0)
    refused("kriz kapatıldıktan sonra", story.reviews.save, story.crisis, FULL, 0, at(1))
    refused("numaralı bir kriz yok", story.reviews.review, 99, at(1))
    story.event(1, "declared", "agent:Elif", why="var")
    story.close(90)
    assert [(line.crisis_id, line.version) for line in story.reviews.reviews()] == [(story.crisis, 0)]
    refused("henüz yazılmadı", story.reviews.sign, story.crisis, "tamam", at(91))
    refused("henüz imzalanmadı", story.reviews.note, story.crisis, "bir not", at(91))
    assert story.reviews.save(story.crisis, FULL, 0, at(92)) == 2  # on demand: drafted and saved at once


def test_steps_that_are_no_review_are_done_by_people(store: Store) -> None:
    story = Story(store, plan=plan(when_closed=["finish", "review"], when_contained=[]))
    story.suspected(0)
    story.event(1, "declared", "agent:Elif", why="var")
    story.close(90)
    story.written(91)
    refused("Önce şu adımlar bitmeli: Kapanışa hazırla", story.reviews.sign, story.crisis, "tamam", at(92))
    assert not log(story, "crisis_done", "crisis_reviewed")
    story.event(93, "done", "agent:Can", step="finish")
    story.reviews.sign(story.crisis, "tamam", at(94))
    assert log(story, "crisis_reviewed")


def test_actions_are_followed_to_the_end(store: Store) -> None:
    story = closed(store)
    reviews, can = story.reviews, story.reviews.as_agent("Can")
    first = reviews.add_action(
        story.crisis, "Metni kısaltın", at(150), "Can", "2026-11-24", "late_delivery", "2. yanıt"
    )
    second = reviews.add_action(story.crisis, "Depoyu arayın", at(150), "Mert", "2026-11-22")
    refused("geçmişte kaldı", reviews.add_action, story.crisis, "x", at(150), "Can", "2026-11-20")
    refused("bir gün değil", reviews.add_action, story.crisis, "x", at(150), "Can", "yarın")
    refused("ne yapılacağı", reviews.add_action, story.crisis, "  ", at(150))
    assert [each.id for each in reviews.open_actions()] == [second, first]
    assert [each.id for each in reviews.open_actions("Can")] == [first]
    assert reviews.overdue_actions(START) == ()
    monday = datetime.fromisoformat("2026-11-23T00:30:00+03:00")  # in UTC it is still Sunday the 22nd
    assert [each.id for each in reviews.overdue_actions(monday)] == [second]
    [proposed] = reviews.proposals("late_delivery")
    assert proposed.change == "2. yanıt" and reviews.proposals("any_crisis") == ()

    with pytest.raises(NotAllowed):
        can.settle_action(second, "done", "", at(200))  # it is Mert's, and Can writes no reviews
    refused("hangi sürümde", can.settle_action, first, "done", "", at(200))
    refused("son sürümü", can.settle_action, first, "done", "", at(200), version=999)
    can.settle_action(first, "done", "kısaldı", at(200), version=1)
    refused("Eksik: not", reviews.settle_action, second, "dropped", " ", at(201))
    reviews.settle_action(second, "dropped", "depo kapandı", at(202))
    refused("artık değişmez", reviews.settle_action, second, "done", "", at(203))
    settled = {
        each.id: (each.state, each.note, each.settled_at) for each in reviews.review(story.crisis, at(300)).actions
    }
    assert settled == {first: ("done", "kısaldı (v1)", at(200)), second: ("dropped", "depo kapandı", at(202))}
    told = log(story, "review_action_added", "review_action_settled")
    assert [event.data["action"] for event in told] == [first, second, first, second]
    assert told[2].data == {"action": first, "state": "done", "note": "kısaldı", "version": 1}


def test_who_customers_are_is_left_out(store: Store) -> None:
    story = closed(store)
    story.written(150)
    story.reviews.sign(story.crisis, "tamam", at(160))
    told = {name: story.reviews.export(story.crisis, name, "tr", at(200)).decode() for name in ("html", "md", "json")}
    for said in told.values():
        assert not [word for word in ("ayse_y", "0532", "ornek.com", "Yılmaz") if word in said]
        assert "yazın" in said
    assert "<script>" not in told["html"] and "&lt;script&gt;" in told["html"]
    assert "<script>" not in told["md"] and "\\*\\*koş\\*\\*" in told["md"]
    assert story.reviews.export(story.crisis, "pdf", "en", at(200)).startswith(b"%PDF-")
    named = json.loads(story.reviews.export(story.crisis, "json", "tr", at(200), names=True))
    assert named["quotes"][0]["author"] == "ayse_y" and named["quotes"][0]["text"] == HOSTILE
    with store.write() as tx:  # erased since: gone from the signed review too, which still is what was signed
        tx.execute(text("DELETE FROM incident_mentions"))
        tx.execute(text("DELETE FROM case_mentions"))
        tx.execute(text("DELETE FROM scores"))
        tx.execute(text("DELETE FROM mention_persons"))
        tx.execute(text("DELETE FROM mentions"))
    after = json.loads(story.reviews.export(story.crisis, "json", "tr", at(200), names=True))
    assert after["quotes"] == [] and after["review"]["intact"] and after["numbers"] == named["numbers"]
