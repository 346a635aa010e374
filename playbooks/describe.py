"""A playbook as plain text that a person can read on a terminal or print, in Turkish or English."""

from __future__ import annotations

import textwrap

from mention import FAMILIES
from playbooks.drafts import render
from playbooks.facts import FACTS
from playbooks.schema import Bilingual, Limit, Playbook, Step
from playbooks.words import name_of, say_duration, say_money

WIDTH = 100

_SAID: dict[str, tuple[str, str]] = {
    "version": ("sürüm", "version"),
    "when": ("Ne zaman", "When"),
    "topics": ("Konu", "Topic"),
    "urgencies": ("Aciliyet", "Urgency"),
    "sentiments": ("Duygu", "Sentiment"),
    "channels": ("Kanal", "Channel"),
    "any": ("Metinde şunlardan biri", "One of these words"),
    "also": ("ve şunlardan biri", "and one of these"),
    "none": ("ve şunların hiçbiri", "and none of these"),
    "floors": ("En az", "At least"),
    "priority": ("öncelik {}", "priority {}"),
    "inform_first": ("İlk kime haber verilir", "Who is informed first"),
    "within": ("en geç {}", "within {}"),
    "nobody": ("Kimseye haber verilmesi gerekmez.", "Nobody needs to be informed."),
    "decides": ("Kim karar verir", "Who decides"),
    "deputy": ("ulaşılamazsa {} sonra: {}", "if not reached, after {}: {}"),
    "solutions": ("Çözümler ve sınırları", "Solutions and their limits"),
    "no_solutions": ("Verilecek bir şey yok.", "Nothing is given."),
    "times": ("en çok {} kez", "up to {}"),
    "up_to": ("en çok {}", "up to {}"),
    "granted_by": ("veren", "granted by"),
    "steps": ("Adımlar (süreler başlangıçtan sayılır, {})", "Steps (times count from the start, {})"),
    "to": ("kime", "to"),
    "why": ("Neden", "Why"),
    "replies": ("Yanıt şablonları", "Reply templates"),
    "apology": ("Her yanıtta özür dilenir.", "Every reply apologises."),
    "no_apology": (
        "Özür, kararla birlikte gelir ya da gerekmez.",
        "An apology comes with the decision, or is not due.",
    ),
    "snippets": ("Hazır cümleler", "Snippets"),
    "offered": ("müşteriye", "to the customer"),
    "in_public": ("herkese açık", "in public"),
    "do_not_say": ("Söylenmeyecekler", "Not to be said"),
    "source": ("Dayanak", "Source of the practice"),
}

_CONDITIONS = (("topics", "topic"), ("urgencies", "urgency"), ("sentiments", "sentiment"), ("channels", "channel"))


def describe(playbook: Playbook, language: str) -> str:
    """The whole playbook as plain text in Turkish (`tr`) or English; facts in templates stand as their slots."""
    lines = [f"{playbook.title.say(language)}  ({playbook.id}, {_said('version', language)} {playbook.version})", ""]
    lines += _wrap(playbook.summary.say(language), "")
    lines += _when(playbook, language)
    lines += _people(playbook, language)
    lines += _solutions(playbook, language)
    lines += ["", _said("steps", language).format(name_of("clock", playbook.clock, language))]
    for number, step in enumerate(playbook.steps, start=1):
        lines += _step(playbook, number, step, language)
    lines += ["", _said("do_not_say", language)]
    for entry in playbook.do_not_say:
        lines += _wrap(f"✗ {entry.say.say(language)}", "  ")
        lines += _wrap(entry.why.say(language), "    ")
    lines += ["", _said("replies", language), f"  {_said('apology' if playbook.apology else 'no_apology', language)}"]
    for family in FAMILIES:
        lines += ["", f"  [{name_of('family', family, language)}]"]
        text: Bilingual = playbook.replies.of(family)
        for line in _with_slots(text.say(language), language).split("\n"):
            lines += _wrap(line, "  ") if line.strip() else [""]
    lines += _snippets(playbook, language)
    lines += ["", _said("source", language), *_wrap(playbook.source.say(language), "  ")]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _said(key: str, language: str) -> str:
    return _SAID[key][0 if language == "tr" else 1]


def _wrap(text: str, indent: str, hang: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + hang, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _when(playbook: Playbook, language: str) -> list[str]:
    when = playbook.when
    lines = ["", _said("when", language)]
    for condition, what in _CONDITIONS:
        values: tuple[str, ...] = getattr(when, condition)
        if values:
            names = ", ".join(name_of(what, value, language) for value in values)
            lines += _wrap(f"{_said(condition, language)}: {names}", "  ")
    for condition in ("any", "also", "none"):
        words: tuple[str, ...] = getattr(when.words, condition)
        if words:
            lines += _wrap(f"{_said(condition, language)}: {', '.join(words)}", "  ")
    floors = []
    if playbook.urgency_floor:
        floors.append(name_of("urgency", playbook.urgency_floor, language))
    if playbook.priority_floor < 5:
        floors.append(_said("priority", language).format(playbook.priority_floor))
    if floors:
        lines.append(f"  {_said('floors', language)}: {', '.join(floors)}")
    return lines


def _party(playbook: Playbook, name: str, language: str) -> str:
    outside = playbook.outside.get(name)
    return outside.say(language) if outside else name_of("role", name, language)


def _people(playbook: Playbook, language: str) -> list[str]:
    lines = ["", _said("inform_first", language)]
    if not playbook.inform_first:
        lines.append(f"  {_said('nobody', language)}")
    for informed in playbook.inform_first:
        within = _said("within", language).format(say_duration(informed.within, language))
        lines.append(f"  {_party(playbook, informed.role, language)} – {within}")
        if informed.why:
            lines += _wrap(informed.why.say(language), "    ")
    decides = playbook.decides
    deputy = _said("deputy", language).format(
        say_duration(decides.hand_over_after, language), name_of("role", decides.deputy, language)
    )
    return [*lines, "", _said("decides", language), f"  {name_of('role', decides.role, language)}; {deputy}"]


def say_limit(limit: Limit, language: str) -> str:
    """A limit in words: `en çok 250,00 TL`, `up to 1`."""
    if limit.amount is not None and limit.currency is not None:
        return _said("up_to", language).format(say_money(limit.amount, limit.currency, language))
    return _said("times", language).format(limit.count)


def _solutions(playbook: Playbook, language: str) -> list[str]:
    lines = ["", _said("solutions", language)]
    if not playbook.solutions:
        return [*lines, f"  {_said('no_solutions', language)}"]
    for solution in playbook.solutions:
        who = ", ".join(name_of("role", role, language) for role in solution.who)
        limit = say_limit(solution.limit, language)
        lines += _wrap(
            f"• {solution.title.say(language)} – {limit} ({_said('granted_by', language)}: {who})", "  ", "  "
        )
        if solution.note:
            lines += _wrap(solution.note.say(language), "    ")
        for key, words in (("offered", solution.offer), ("in_public", solution.public_offer)):
            if words:
                lines += _wrap(f"{_said(key, language)}: {_with_slots(words.say(language), language)}", "    ")
    return lines


def _step(playbook: Playbook, number: int, step: Step, language: str) -> list[str]:
    within = _said("within", language).format(say_duration(step.within, language))
    if playbook.clock_of(step) != playbook.clock:
        within += f" ({name_of('clock', playbook.clock_of(step), language)})"
    who = _party(playbook, step.who, language)
    if step.to:
        parties = ", ".join(_party(playbook, party, language) for party in step.to)
        who += f"; {_said('to', language)}: {parties}"
    head = f"{number}. [{name_of('kind', step.kind, language)}] {step.title.say(language)} – {who}, {within}"
    lines = [*_wrap(head, "  ", "   "), *_wrap(step.text.say(language), "     ")]
    if step.why:
        lines += _wrap(f"{_said('why', language)}: {step.why.say(language)}", "     ")
    return lines


def _snippets(playbook: Playbook, language: str) -> list[str]:
    lines = ["", _said("snippets", language)] if playbook.snippets else []
    for snippet in playbook.snippets:
        lines += _wrap(f"• {snippet.title.say(language)}", "  ")
        lines += _wrap(_with_slots(snippet.text.say(language), language), "    ")
    return lines


def _with_slots(template: str, language: str) -> str:
    return render(template, language, {name: fact.slot(language) for name, fact in FACTS.items()})
