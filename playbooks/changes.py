"""What changed between two versions of a playbook or a crisis plan, said so that a person can read it."""

from __future__ import annotations

import re

from playbooks.crisis.plan import Plan
from playbooks.crisis.shelf import difference
from playbooks.schema import Playbook

_FIELDS: dict[str, tuple[str, str]] = {
    "version": ("sürüm", "version"), "order": ("sıra", "order"), "title": ("başlık", "title"),
    "summary": ("özet", "summary"), "when": ("ne zaman", "when"), "topics": ("konular", "topics"),
    "urgencies": ("aciliyetler", "urgencies"), "sentiments": ("duygular", "sentiments"),
    "channels": ("kanallar", "channels"), "words": ("sözcükler", "words"), "any": ("biri", "any of"),
    "also": ("ve biri", "and any of"), "none": ("hiçbiri", "none of"), "clock": ("saat", "clock"),
    "priority_floor": ("en az öncelik", "lowest priority"), "urgency_floor": ("en az aciliyet", "lowest urgency"),
    "outside": ("dışarıdaki taraf", "outside party"), "inform_first": ("ilk haber", "informed first"),
    "decides": ("karar veren", "who decides"), "role": ("rol", "role"), "deputy": ("vekil", "deputy"),
    "hand_over_after": ("devir süresi", "handed over after"), "solutions": ("çözüm", "solution"),
    "limit": ("sınır", "limit"), "amount": ("tutar", "amount"), "currency": ("para birimi", "currency"),
    "count": ("adet", "count"), "who": ("kim", "who"), "concession": ("jest türü", "concession"),
    "offer": ("öneri cümlesi", "offer"), "public_offer": ("herkese açık öneri", "public offer"),
    "note": ("not", "note"), "steps": ("adım", "step"), "kind": ("tür", "kind"), "within": ("süre", "time box"),
    "to": ("kime", "to"), "text": ("metin", "text"), "why": ("neden", "why"), "apology": ("özür", "apology"),
    "replies": ("yanıt metni", "reply"), "snippets": ("hazır cümle", "snippet"), "families": ("kanallar", "families"),
    "do_not_say": ("söylenmeyecekler", "not to be said"), "say": ("cümle", "sentence"), "source": ("dayanak", "source"),
    "triggers": ("tetikleyici", "trigger"), "mentions": ("ileti sayısı", "mentions"),
    "times_usual": ("olağanın katı", "times the usual"), "certainty": ("kesinlik", "certainty"),
    "severity": ("seviye", "severity"), "level": ("seviye", "level"), "inform": ("haber verilir", "told"),
    "roles": ("rol", "role"), "people": ("kişiler", "people"), "take": ("üstlenen", "taken by"),
    "take_within": ("üstlenme süresi", "taken within"), "declare_within": ("ilan süresi", "declared within"),
    "what": ("ne", "what"), "updates": ("bilgilendirme", "updates"), "first_within": ("ilki", "the first within"),
    "every": ("aralık", "every"), "lasting": ("ne kadar", "for"), "then_every": ("sonraki aralık", "then every"),
    "evidence": ("kanıt", "evidence"), "begins": ("ilan edilince", "begins with"),
    "when_contained": ("kontrol altına alınınca", "when contained"), "when_closed": ("kapanınca", "when closed"),
    "blocks": ("blok", "block"), "options": ("seçenek", "option"), "means": ("sonucu", "consequence"),
    "next": ("sonra", "next"), "join": ("birleşme", "join"), "use": ("kullandığı blok", "uses"),
    "remind_every": ("hatırlatma", "reminded every"), "playbook": ("senaryo", "playbook"),
    "social": ("sosyal medya", "social media"), "forum": ("forum", "forum"), "portal": ("şikâyet platformu", "portal"),
    "email": ("e-posta", "e-mail"), "marketplace": ("pazaryeri", "marketplace"), "direct": ("özel mesaj", "message"),
    "phone": ("telefon", "telephone"), "tr": ("Türkçe", "Turkish"), "en": ("İngilizce", "English"),
}  # fmt: skip

_LINE = re.compile(r"(?s)(?:([+-]) )?([\w\[\].]+): (.*)")
_PART = re.compile(r"(\w+)|\[(\w+)\]")
_ORDER = "the order is now "


def said_changes(old: Plan | Playbook, new: Plan | Playbook, language: str) -> tuple[str, ...]:
    """What changed, a line each, in Turkish (`tr`) or English: `adım hold, süre: 15m → 10m`. None: they are equal."""
    return tuple(said_line(line, language) for line in difference(old, new))


def said_line(line: str, language: str) -> str:
    """One line of `playbooks.crisis.shelf.difference`, said in Turkish (`tr`) or English."""
    match = _LINE.fullmatch(line)
    if match is None:
        return line
    sign, path, rest = match.groups()
    turkish = language == "tr"
    names = []
    for word, key in _PART.findall(path):
        if word:
            names.append(_FIELDS.get(word, (word, word))[0 if turkish else 1])
        else:
            names[-1] = f"{names[-1]} {key}"
    if rest.startswith(_ORDER):
        rest = f"{'yeni sıra: ' if turkish else 'new order: '}{rest.removeprefix(_ORDER)}"
    else:
        rest = rest.replace(" -> ", " → ", 1)
        if turkish:
            rest = re.sub(r"^nothing(?= → )|(?<= → )nothing$", "yok", rest)
    added = {"+": ("eklendi: ", "added: "), "-": ("çıkarıldı: ", "taken out: ")}.get(sign or "", ("", ""))
    return f"{added[0 if turkish else 1]}{', '.join(names)}: {rest}"
