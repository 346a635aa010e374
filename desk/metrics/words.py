"""How the pieces of a wait, the causes of a breach and the dimensions are said, and what could be changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from babel.dates import get_day_names
from babel.numbers import format_decimal

from desk.metrics.figures import Group
from playbooks.schema import Bilingual


def _said(**pairs: tuple[str, str]) -> Mapping[str, Bilingual]:
    return {key: Bilingual(tr=tr, en=en) for key, (tr, en) in pairs.items()}


PIECE_NAMES = _said(
    source=("kaynağın getirmesi", "source delay"),
    routing=("kayda dönüşmesi", "routing"),
    pick_up=("ele alınması", "pick-up"),
    thinking=("karara kadar", "thinking"),
    writing=("yazma", "writing"),
    approval=("onay bekleme", "waiting for approval"),
    posting=("gönderme", "posting"),
    closed=("mesai dışı", "outside staffed hours"),
)

CAUSE_NAMES = _said(
    source=("kaynak geç getirdi", "the source brought it late"),
    routing=("kayda dönüşmesi uzun sürdü", "it took long to become a case"),
    pick_up=("kimse ele almadı", "nobody took it up"),
    thinking=("karar bekledi", "it waited for a decision"),
    writing=("yanıtın yazılması uzun sürdü", "the answer took long to write"),
    approval=("onay bekledi", "it waited for approval"),
    posting=("gönderme uzun sürdü", "sending took long"),
    closed=("mesai dışına denk geldi", "it fell outside staffed hours"),
    elsewhere=("platformda geç yanıtlandı", "it was answered late on the platform itself"),
    unanswered=("ilk yanıt bile süresinde verilmedi", "not even a first answer came in time"),
    unresolved=("yanıtlandı, süresinde çözülmedi", "answered, not resolved in time"),
)

DIMENSION_NAMES = _said(
    channel=("kanal", "channel"),
    topic=("konu", "topic"),
    playbook=("senaryo", "playbook"),
    team=("ekip", "team"),
    language=("dil", "language"),
    urgency=("aciliyet", "urgency"),
    hour=("yazıldığı saat", "hour posted"),
    weekday=("yazıldığı gün", "weekday posted"),
    agent=("kişi", "person"),
)

CHANGES = _said(
    source=(
        "En yavaş kaynağı daha sık yoklayın ya da anlık bildirim veren bir bağlantıya geçirin.",
        "Ask the slowest source more often, or take it from a connection that pushes.",
    ),
    routing=(
        "Arka plan sürecinin yükünü ve karantinada bekleyenleri azaltın; gelenler kayda dönüşmeden bekliyor.",
        "Relieve the worker and clear the quarantine: what comes in waits before it becomes a case.",
    ),
    pick_up=(
        "Yeni kayıtlar için atama kuralı koyun ve her saat için kuyruğun bir sorumlusunu belirleyin.",
        "Give new cases to somebody by an assignment rule, and name who watches the queue each hour.",
    ),
    thinking=(
        "Bu kayıtların senaryosuna hazır çözüm ve karar sınırı ekleyin; karar için gereken bilgi kaydın başında "
        "dursun.",
        "Give the playbook of these cases a ready solution and limits within which anybody may decide; put the facts "
        "that decide it first.",
    ),
    writing=(
        "En sık verilen yanıtlar için senaryoya hazır metin ekleyin; yalnızca müşteriye özgü kısım yazılsın.",
        "Add ready texts for the most frequent answers to the playbook, so that only the customer's own part is "
        "written.",
    ),
    approval=(
        "Onay kuralını daraltın ya da vekilin devreye girme süresini kısaltın; hep onaylanan metin türünü serbest "
        "bırakın.",
        "Narrow the approval rule or let the deputy step in sooner; free the kind of text that is always approved.",
    ),
    posting=(
        "Gönderim hatalarını giderin; sınırına takılan kanal için ikinci bir yol tanımlayın.",
        "Mend what fails in sending; give a channel that meets its limit a second way.",
    ),
)
"""One change per avoidable piece. They are about rules, sources and texts, never about a person."""


def time_said(seconds: float, language: str) -> str:
    """A length as people read it: `45 sn`, `12,5 dk`, `3,4 saat`; `45 s`, `12.5 min`, `3.4 h`."""
    tr = language == "tr"
    if seconds < 60:
        size, unit = 1.0, "sn" if tr else "s"
    elif seconds < 3600:
        size, unit = 60.0, "dk" if tr else "min"
    else:
        size, unit = 3600.0, "saat" if tr else "h"
    return f"{format_decimal(round(seconds / size, 1), locale=language)} {unit}"


def place_said(group: Group, language: str) -> str:
    """A group as part of a sentence: `09:00–09:59`, `Pazartesi`, a channel's name."""
    if group.dimension == "hour" and group.key is not None:
        return f"{int(group.key):02d}:00–{int(group.key):02d}:59"
    if group.dimension == "weekday" and group.key is not None:
        names: Mapping[int, str] = get_day_names("wide", locale=language)
        return names[int(group.key)]
    return group.name(language)
