"""What the log of a crisis says, a sentence an event, in Turkish and English. Pure.

What people typed stands in the sentences as they typed it: text, never markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk.crisis.course import PREFIX
from playbooks.crisis.plan import Plan
from playbooks.schema import Bilingual
from playbooks.words import name_of
from store.rows import EventRow

STAGE_WORDS: Mapping[str, Bilingual] = {
    "suspected": Bilingual(tr="şüphe", en="suspected"),
    "declared": Bilingual(tr="ilan edildi", en="declared"),
    "contained": Bilingual(tr="kontrol altında", en="contained"),
    "closed": Bilingual(tr="kapandı", en="closed"),
    "reviewed": Bilingual(tr="değerlendirildi", en="reviewed"),
    "dismissed": Bilingual(tr="asılsız çıktı", en="dismissed"),
}

FACT_WORDS: Mapping[str, Bilingual] = {
    "known": Bilingual(tr="bilinen", en="known"),
    "unknown": Bilingual(tr="bilinmeyen", en="not known"),
    "refuted": Bilingual(tr="yanlış çıkan", en="refuted"),
}

STATEMENT_WORDS: Mapping[str, Bilingual] = {
    "holding": Bilingual(tr="ilk açıklama", en="holding statement"),
    "update": Bilingual(tr="güncelleme", en="update"),
    "apology": Bilingual(tr="özür", en="apology"),
    "correction": Bilingual(tr="düzeltme", en="correction"),
    "answer": Bilingual(tr="toplu yanıt", en="answer for many"),
}

_SAID = {
    "suspected": ("Kriz şüphesi doğdu: {why}", "A crisis is suspected: {why}"),
    "taken": ("Kriz şüphesi üstlenildi", "The suspected crisis was taken"),
    "declared": ("Kriz ilan edildi: {why}", "The crisis was declared: {why}"),
    "dismissed": ("Kriz şüphesi asılsız çıktı: {why}", "The suspected crisis was dismissed: {why}"),
    "contained": ("Kriz kontrol altına alındı: {why}", "The crisis is contained: {why}"),
    "closed": ("Kriz kapatıldı: {why}", "The crisis was closed: {why}"),
    "reviewed": ("Kriz değerlendirildi: {why}", "The crisis was reviewed: {why}"),
    "severity": ("Seviye {severity} oldu: {why}", "The severity became {severity}: {why}"),
    "handed_over": ("“{role}” rolü {person} adlı kişiye geçti{note}", "The role {role} went to {person}{note}"),
    "absent": ("{person} yerinde değil", "{person} is away"),
    "present": ("{person} yerinde", "{person} is there"),
    "seen": ("Görüldü: {duty}", "Seen: {duty}"),
    "collected": ("Kanıt saklandı: {evidence} – {where}", "Evidence was kept: {evidence} – {where}"),
    "done": ("Adım bitti: {step}{note}", "Step done: {step}{note}"),
    "decided": ("Karar, {step}: {option}. Gerekçe: {why}", "Decision, {step}: {option}. Reason: {why}"),
    "updated": ("Güncelleme yayımlandı ({channel}){url}", "An update was published ({channel}){url}"),
    "told": ("Haber verildi: {notice}", "Told: {notice}"),
    "notice_seen": ("Uyarı açıldı: {notice}", "Alert opened: {notice}"),
    "notice_acknowledged": ("Uyarı onaylandı: {notice}", "Alert confirmed: {notice}"),
    "unreached": ("Adı geçen kişiye ulaşılamıyor: {notice}", "The person named cannot be reached: {notice}"),
    "review_drafted": ("Değerlendirme taslağı hazır", "The review is drafted"),
    "review_saved": ("Değerlendirme kaydedildi", "The review was saved"),
    "review_signed": ("Değerlendirme imzalandı", "The review was signed"),
    "review_noted": ("Değerlendirmeye not eklendi: {text}", "A note was added to the review: {text}"),
    "review_action_added": ("Değerlendirme eylemi eklendi", "An action of the review was added"),
    "review_action_changed": ("Değerlendirme eylemi değişti", "An action of the review changed"),
    "review_action_settled": ("Değerlendirme eylemi sonuçlandı", "An action of the review was settled"),
    "fact_added": ("Bilgi ({status}): {text}{source}", "Fact ({status}): {text}{source}"),
    "fact_changed": ("Bilgi değişti ({status}): {text}{source}", "Fact changed ({status}): {text}{source}"),
    "statement_drafted": ("Taslak yazıldı: {kind} ({language})", "Drafted: {kind} ({language})"),
    "statement_changed": ("Metin değişti: {kind}", "Text changed: {kind}"),
    "statement_asked": ("Onaya sunuldu: {kind}", "Approval asked: {kind}"),
    "statement_step": ("Onayların biri verildi: {kind}", "One of the approvals given: {kind}"),
    "statement_approved": ("Onaylandı: {kind}", "Approved: {kind}"),
    "statement_rejected": ("Onaylanmadı: {kind}{note}", "Not approved: {kind}{note}"),
    "statement_withdrawn": ("Onaydan geri çekildi: {kind}", "Withdrawn from approval: {kind}"),
    "statement_published": ("Yayımlandı: {kind} ({channel}){url}", "Published: {kind} ({channel}){url}"),
    "stakeholder_told": ("{stakeholder} bilgilendirildi ({by_what}){note}",
                         "{stakeholder} was told ({by_what}){note}"),
    "post_paused": ("Planlı paylaşım durduruldu: {post}", "Scheduled post paused: {post}"),
    "post_resumed": ("Planlı paylaşım yeniden başladı: {post}", "Scheduled post resumed: {post}"),
    "answer_applied": ("Onaylı yanıt N-{case} kaydına uygulandı ({way})",
                       "The approved answer was applied to case N-{case} ({way})"),
}  # fmt: skip
_WAYS = {"send": ("gönderiliyor", "being sent"), "by_hand": ("elle yazılacak", "to be posted by hand")}

_DUTIES = {
    "take": ("kriz şüphesini üstlenme", "taking the suspected crisis"),
    "declare": ("krizi ilan etme ya da kapatma", "declaring or dismissing it"),
    "first": ("ilk bilgilendirme", "first informing"),
    "update": ("güncelleme", "update"),
    "stage": ("krizin durumu", "the stage of the crisis"),
}

ROOM_EVENTS = tuple(name if name.startswith("review_") else PREFIX + name for name in _SAID)
"""Every event of a crisis that is said here, as the log calls it."""


def stage_words(stage: str) -> Bilingual:
    """A stage as people say it."""
    return STAGE_WORDS.get(stage) or Bilingual(tr=stage or "–", en=stage or "–")


def say_event(row: EventRow, plan: Plan, kinds: Mapping[int, str] | None = None) -> Bilingual:
    """One event of a crisis as a sentence; one of a type not known here is called by its type.

    `kinds` are the kinds of the statements by their ids.
    """
    name = row.type.removeprefix(PREFIX)
    if name not in _SAID or row.type not in ROOM_EVENTS:
        return Bilingual(tr=row.type, en=row.type)
    return Bilingual(
        tr=_SAID[name][0].format_map(_Told(row.data, plan, kinds or {}, "tr")),
        en=_SAID[name][1].format_map(_Told(row.data, plan, kinds or {}, "en")),
    )


class _Told(dict[str, str]):
    """The values of a sentence's slots, in one language; what is not known is a dash or nothing."""

    def __init__(self, data: Mapping[str, Any], plan: Plan, kinds: Mapping[int, str], language: str) -> None:
        super().__init__()
        self.data, self.plan, self.kinds, self.language = data, plan, kinds, language

    def __missing__(self, slot: str) -> str:
        value = self.data.get(slot)
        plain = "" if value is None else str(value)
        found = getattr(self, f"_{slot}", None)
        if found is not None:
            return str(found(plain))
        return plain or "–"

    def _say(self, both: Bilingual | None, plain: str) -> str:
        return both.say(self.language) if both is not None else plain or "–"

    def _role(self, plain: str) -> str:
        seat = self.plan.seat(plain)
        return seat.title.say(self.language) if seat and seat.title else name_of("role", plain, self.language)

    def _step(self, plain: str) -> str:
        step = self.plan.by_id.get(plain)
        return self._say(step.title if step else None, plain)

    def _option(self, plain: str) -> str:
        step = self.plan.by_id.get(str(self.data.get("step")))
        found = next((option for option in step.options if option.id == plain), None) if step else None
        return self._say(found.title if found else None, plain)

    def _evidence(self, plain: str) -> str:
        found = next((part.what for part in self.plan.evidence if part.id == plain), None)
        return self._say(found, plain)

    def _duty(self, plain: str) -> str:
        kind, _, rest = plain.partition(".")
        if kind == "step":
            return self._step(rest.rpartition(".")[0])
        both = _DUTIES.get(kind, (plain, plain))
        return both[0] if self.language == "tr" else both[1]

    def _notice(self, plain: str) -> str:
        """A notice by its key, `crisis-3/step.hold.1/legal:Hakan`: who, and of what."""
        _, _, rest = plain.partition("/")
        duty, _, holder = rest.partition("/")
        role, _, person = holder.partition(":")
        # The key goes on with `#2` for a second time, `/r1` for a reminder, `@NAME` for whoever was told instead.
        who = person.partition("/r")[0].partition("#")[0] or self._role(role)
        return f"{who} – {self._duty(duty)}"

    def _status(self, plain: str) -> str:
        return self._say(FACT_WORDS.get(plain), plain)

    def _kind(self, plain: str) -> str:
        kind = plain or self.kinds.get(int(self.data.get("statement") or 0), "")
        return self._say(STATEMENT_WORDS.get(kind), kind)

    def _way(self, plain: str) -> str:
        both = _WAYS.get(plain, (plain, plain))
        return both[0] if self.language == "tr" else both[1]

    def _note(self, plain: str) -> str:
        return f": {plain}" if plain else ""

    def _source(self, plain: str) -> str:
        return "" if not plain else f" (kaynak: {plain})" if self.language == "tr" else f" (source: {plain})"

    def _url(self, plain: str) -> str:
        return f": {plain}" if plain else ""
