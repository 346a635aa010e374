"""Why a mention went where it went: stable codes with their values, said as sentences in Turkish and English.

A code is stored, counted and tested; the sentence is made when somebody reads it, in their language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playbooks.words import name_of, say_number

Value = str | int | float | None

SENTENCES: dict[str, tuple[str, str]] = {
    "case_open": (
        "Bu kişinin açık bir kaydı var (no {case}).",
        "This person has an open case (no. {case}).",
    ),
    "urgency_unsure": (
        "Aciliyetten emin olunamadı (tahmin: {label}); en az {urgency} sayıldı, kararı bir kişi verir.",
        "The urgency is not certain (guess: {label}); taken as at least {urgency}, and a person decides.",
    ),
    "topic_unsure": (
        "Konudan emin olunamadı (tahmin: {topic}); seçim bir öneridir, kararı bir kişi verir.",
        "The topic is not certain (guess: {topic}); the choice is a suggestion, and a person decides.",
    ),
    "sentiment_unsure": (
        "Senaryo duyguya göre seçildi, ama duygudan emin olunamadı ({sentiment}); kararı bir kişi verir.",
        "The playbook was chosen by a sentiment that is not certain ({sentiment}); a person decides.",
    ),
    "no_answer_due": (
        "Yanıt gerekmiyor (konu: {topic}); kenara ayrıldı.",
        "No answer is due (topic: {topic}); set aside.",
    ),
    "praise_no_clock": (
        "Teşekkür: bir kişi karşılık verir, süre işlemez.",
        "Praise: a person thanks them, and no clock runs.",
    ),
    "praise_doubtful": (
        "Sözler teşekkür gibi, ama {sign}; iğneleme olabilir, teşekkür etmeden önce bir kişi okusun.",
        "The words read as praise, but {sign}; it may be sarcasm, so a person reads it before thanking.",
    ),
    "own_post": ("Markanın kendi gönderisi; kenara ayrıldı.", "A post of the brand's own; set aside."),
    "before_watch": (
        "Kaynak {since} tarihinde izlenmeye başladı; {days} günden eski iletiler saklanır, kayıt açılmaz.",
        "The source has been watched since {since}; mentions more than {days} days older are kept and open no case.",
    ),
    "topic_fits": ("Konu: {topic}.", "The topic is {topic}."),
    "urgency_fits": ("Aciliyet: {urgency}.", "The urgency is {urgency}."),
    "sentiment_fits": ("Duygu: {sentiment}.", "The sentiment is {sentiment}."),
    "channel_fits": ("Kanal: {channel}.", "The channel is {channel}."),
    "words_fit": ("Metinde '{word}' geçiyor.", "The text says '{word}'."),
    "playbook_chosen": (
        "Seçilen senaryo: {title_tr} (sürüm {version}).",
        "The playbook chosen is {title_en} (version {version}).",
    ),
    "more_specific": (
        "{other_tr} de uyuyor; seçilen senaryo daha belirli ({more} koşul, diğeri {fewer}).",
        "{other_en} fits too; the chosen one is more specific ({more} conditions against {fewer}).",
    ),
    "earlier_in_order": (
        "{other_tr} de aynı ölçüde uyuyor; seçilen senaryo sırada önce geliyor.",
        "{other_en} fits as well; the chosen one comes first in the library's order.",
    ),
    "word_forbids": (
        "{title_tr} konuya uyuyor, ama metinde '{word}' geçtiği için kullanılmadı.",
        "{title_en} is for this topic, but is not used because the text says '{word}'.",
    ),
    "condition_missing": (
        "{title_tr} konuya uyuyor, ama {condition} koşulu tutmuyor.",
        "{title_en} is for this topic, but its condition on {condition} does not hold.",
    ),
    "no_playbook": (
        "Bu konuda uyan bir senaryo yok (konu: {topic}); kararı bir kişi verir.",
        "No playbook fits this topic ({topic}); a person decides.",
    ),
    "urgency_floor": (
        "Senaryo en az {urgency} aciliyet ister; {label} yerine {urgency} sayıldı.",
        "The playbook asks for at least {urgency}; raised from {label}.",
    ),
    "priority_from_urgency": (
        "Aciliyete göre öncelik {priority} ({urgency}).",
        "Priority {priority} by its urgency ({urgency}).",
    ),
    "priority_floor": (
        "Senaryo en az {priority} önceliğini ister.",
        "The playbook asks for at least priority {priority}.",
    ),
    "raised_by_reach": (
        "Öncelik yükseldi: {followers} takipçi (sınır {limit}).",
        "Priority raised: {followers} followers (from {limit}).",
    ),
    "raised_by_shares": (
        "Öncelik yükseldi: {shares} kez paylaşıldı (sınır {limit}).",
        "Priority raised: shared {shares} times (from {limit}).",
    ),
    "raised_by_contacts": (
        "Öncelik yükseldi: bu kişinin {number}. başvurusu.",
        "Priority raised: contact number {number} by this person.",
    ),
    "raised_by_rating": (
        "Öncelik yükseldi: düşük puan ({rating}).",
        "Priority raised: a low rating ({rating}).",
    ),
    "priority_final": ("Öncelik {priority} oldu.", "The priority is {priority}."),
    "critical_informs": (
        "Kritik: hemen haber verilir ({roles}).",
        "Critical: informed at once: {roles}.",
    ),
}

_NAMED = {"topic": "topic", "urgency": "urgency", "label": "urgency", "sentiment": "sentiment"}
_SIGNS = {
    "negative": ("duygu olumsuz", "the sentiment is negative"),
    "low_rating": ("puan düşük", "the rating is low"),
}
_CONDITIONS = {
    "topics": ("konu", "the topic"),
    "urgencies": ("aciliyet", "the urgency"),
    "sentiments": ("duygu", "the sentiment"),
    "channels": ("kanal", "the channel"),
    "words": ("metindeki sözler", "the words of the text"),
}


@dataclass(frozen=True)
class Reason:
    """One reason: a stable `code` of SENTENCES and the values its sentence tells. `str()` is the English sentence."""

    code: str
    params: Mapping[str, Value] = field(default_factory=dict, hash=False)

    def say(self, language: str) -> str:
        """The sentence in Turkish (`tr`) or English; the code itself where a later version no longer knows it."""
        pair = SENTENCES.get(self.code)
        if pair is None:
            return self.code
        values = {name: _say(name, value, language) for name, value in self.params.items()}
        try:
            return pair[0 if language == "tr" else 1].format_map(values)
        except KeyError:
            return self.code

    def __str__(self) -> str:
        return self.say("en")

    def record(self) -> dict[str, Any]:
        """The reason as JSON-able values, for the store; `from_record` reads it back."""
        return {"code": self.code, "params": dict(self.params)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Reason:
        """The reason that `record` wrote down."""
        return cls(str(record["code"]), dict(record.get("params") or {}))


def _say(name: str, value: Value, language: str) -> str:
    side = 0 if language == "tr" else 1
    if name in _NAMED:
        return name_of(_NAMED[name], str(value), language)
    if name == "roles":
        return ", ".join(name_of("role", role, language) for role in str(value).split())
    if name == "sign":
        return _SIGNS[str(value)][side] if str(value) in _SIGNS else str(value)
    if name == "condition":
        return _CONDITIONS[str(value)][side] if str(value) in _CONDITIONS else str(value)
    if name in ("followers", "shares", "limit", "rating") and isinstance(value, int | float):
        return say_number(int(value) if float(value).is_integer() else value, language)
    return str(value)
