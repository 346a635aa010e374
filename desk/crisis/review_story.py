"""The story of a crisis for its review: the timeline, promises still open, and what the facts suggest to change. Pure.

Everything is said in both languages; what people wrote (a reason, a fact) stays in the words in which they wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from desk.crisis.course import PREFIX, event_of
from desk.crisis.review_numbers import LateDuty, Material, Matter, Numbers
from desk.crisis.words import say_event
from playbooks.crisis.plan import Plan
from playbooks.crisis.run import Run
from playbooks.crisis.state import Duty, State
from playbooks.schema import Bilingual
from playbooks.words import name_of, say_duration
from store.rows import EventRow

UNREHEARSED = timedelta(days=90)
"""A plan that was not rehearsed for so long is as good as new to whoever runs it."""

SOON_ENOUGH = timedelta(minutes=15)
"""A detection that took longer is worth a question: it is the alarm's own window."""

Kind = Literal[
    "mention", "alarm", "stage", "taken", "informed", "decision", "step", "hand_over", "presence", "update",
    "evidence", "late", "answer", "statement", "room",
]  # fmt: skip


class _Form(BaseModel):
    # a review that was signed long ago may hold fields that a later version knows no more
    model_config = ConfigDict(frozen=True, extra="ignore")


class Line(_Form):
    """One line of the timeline: when, what, by whom (empty: the system), and why, as they wrote it."""

    at: datetime
    kind: Kind
    who: str
    title: Bilingual
    why: Bilingual | None = None
    late_s: int = 0


class OpenPromise(_Form):
    """Something that somebody was promised and does not have yet: an answer, a concession, what a statement said would
    come, a stakeholder who was never told, a post that is still paused. `due_at` is None where no time was named."""

    kind: Literal["case", "concession", "statement", "stakeholder", "post"]
    what: Bilingual
    case_id: int | None = None
    due_at: datetime | None = None
    late: bool = False


class Suggestion(_Form):
    """Something that the facts ask to change. `key` names it within the review, `playbook` is what it would change."""

    key: str
    what: Bilingual
    playbook: str | None = None


def both(tr: str, en: str) -> Bilingual:
    """One text in both languages; never empty."""
    return Bilingual(tr=tr or "–", en=en or "–")


def role_name(plan: Plan, role: str) -> Bilingual:
    """A role as people say it: its title in the plan, else the house's name for it."""
    seat = plan.seat(role)
    if seat is not None and seat.title is not None:
        return seat.title
    return both(name_of("role", role, "tr"), name_of("role", role, "en"))


def timeline(
    of: Material, log: Sequence[EventRow], numbers: Numbers, alarm_why: Bilingual | None = None
) -> tuple[Line, ...]:
    """Everything that happened until `of.now`, in its order; `log` are the events about the crisis."""
    state = of.run.state(of.now)
    kinds = {row.id: str(row.data.get("kind", "")) for row in log if row.type == f"{PREFIX}statement_drafted"}
    found = [line for row in log if row.at <= of.now and (line := _told(row, of.run, state, kinds)) is not None]
    found += [line for duty in state.duties for line in _of_duty(duty, of.run.plan, of.now)]
    for name, kind, title, why in (
        ("first_mention", "mention", both("İlk ileti yazıldı", "The first mention was posted"), None),
        ("alarm", "alarm", both("Alarm verildi", "The alarm was raised"), alarm_why),
        ("first_answer", "answer", both("İlk müşteri yanıtını aldı", "The first customer had an answer"), None),
    ):
        at = numbers.milestone(name)
        if at is not None:
            found.append(Line(at=at, kind=kind, who="", title=title, why=why))  # type: ignore[arg-type]
    return tuple(sorted(found, key=lambda line: line.at))


def _told(row: EventRow, run: Run, state: State, kinds: Mapping[int, str]) -> Line | None:
    """An event of the log as a line; None for what nobody reads in a review: who was told, who has seen what."""
    if row.type in UNTOLD or row.type.startswith("review_"):
        return None  # the review tells of the crisis and not of itself
    event = event_of(row)
    if event is not None and any(refusal.event == event for refusal in state.refused):
        return None
    who = row.by.removeprefix("agent:") if row.by.startswith("agent:") else ""
    kind = _KINDS.get(row.type.removeprefix(PREFIX), "room")
    return Line(at=row.at, kind=kind, who=who, title=say_event(row, run.plan, kinds))


UNTOLD = (f"{PREFIX}told", f"{PREFIX}seen", f"{PREFIX}statement_step", f"{PREFIX}answer_applied")
"""Events of which there are hundreds, and which tell a reader nothing that is not said elsewhere."""

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("suspected", "declared", "dismissed", "contained", "closed", "reviewed", "severity"), "stage"),
    "taken": "taken", "updated": "update", "done": "step", "decided": "decision", "handed_over": "hand_over",
    "absent": "presence", "present": "presence", "collected": "evidence", "statement_published": "statement",
}  # fmt: skip


def _of_duty(duty: Duty, plan: Plan, now: datetime) -> Iterable[Line]:
    if duty.kind == "first" and duty.seen_at is not None:
        role = role_name(plan, duty.role)
        title = both(f"Haberdar: {role.tr}", f"Informed: {role.en}")
        seen_by = duty.ended_by if duty.how == "seen" else ""
        yield Line(at=duty.seen_at, kind="informed", who=seen_by.removeprefix("agent:"), title=title)
    for before, leg in zip(duty.legs, duty.legs[1:], strict=False):
        if before.role != leg.role:
            a, b = role_name(plan, before.role), role_name(plan, leg.role)
            title = both(f"{duty.title.tr}: {a.tr} → {b.tr}", f"{duty.title.en}: {a.en} → {b.en}")
            yield Line(at=leg.since, kind="hand_over", who="", title=title, why=_BECAUSE.get(leg.because))
    late = duty.late_by(now)
    if late > timedelta(0):
        role = role_name(plan, duty.holder.role)
        title = both(f"Süresi doldu: {duty.title.tr} ({role.tr})", f"Time ran out: {duty.title.en} ({role.en})")
        yield Line(at=duty.due_at, kind="late", who="", title=title, late_s=int(late.total_seconds()))


_BECAUSE = {
    "deputy": both("süresinde ele alınmadı", "it was not taken up in time"),
    "absent": both("yerinde değildi", "they were away"),
    "nobody": both("kimseye ulaşılamadı", "nobody could be reached"),
}


def promises_open(matters: Sequence[Matter]) -> tuple[OpenPromise, ...]:
    """The cases on which a promise still runs, the nearest first; late ones are there until they are kept."""
    words = {
        "first_answer": both("İlk yanıt bekliyor", "Waits for a first answer"),
        "next_answer": both("Yeni yanıt bekliyor", "Waits for another answer"),
        "resolution": both("Çözüm bekliyor", "Waits for a solution"),
    }
    found = [
        OpenPromise(kind="case", what=words[c.clock], case_id=each.case_id, due_at=c.due_at, late=c.state == "breached")
        for each in matters
        for c in each.clocks
        if c.state in ("running", "breached") and c.due_at is not None
    ]
    return tuple(sorted(found, key=lambda one: (one.due_at is None, one.due_at, one.case_id)))


def suggestions(of: Material, numbers: Numbers, rehearsed: datetime | None, opened: datetime) -> tuple[Suggestion, ...]:
    """What the facts ask to change, a line each: late steps, lost duties, evidence, updates, promises, rehearsal."""
    plan = of.run.plan
    return tuple([
        *_of_detection(numbers), *(_of_late(plan, each) for each in numbers.late),
        *_of_roles(plan, numbers), *_of_evidence(plan, numbers), *_of_updates(plan, numbers),
        *_of_promises(numbers), *_of_rehearsal(plan, rehearsed, opened),
    ])  # fmt: skip


def long(seconds: int, language: str) -> str:
    """A length for a sentence: `12 dakika`, `45 seconds`."""
    if abs(seconds) < 60:
        return f"{seconds} saniye" if language == "tr" else f"{seconds} second{'' if seconds == 1 else 's'}"
    return say_duration(timedelta(seconds=seconds), language)


def _of_detection(numbers: Numbers) -> Iterable[Suggestion]:
    lag = numbers.detection_s
    if lag is not None and timedelta(seconds=lag) > SOON_ENOUGH:
        yield Suggestion(key="detection", what=both(
            f"İlk iletiyle fark edilmesi arasında {long(lag, 'tr')} geçti; hangi kaynağın geç geldiğine, eşiğin yüksek "
            "olup olmadığına bakın.",
            f"{long(lag, 'en')} lay between the first mention and its detection; see which source came late, and "
            "whether the threshold is too high.",
        ))  # fmt: skip


def _of_late(plan: Plan, late: LateDuty) -> Suggestion:
    role = role_name(plan, late.role)
    tr, en = long(late.late_s, "tr"), long(late.late_s, "en")
    if late.ended_at is None:
        what = both(
            f"“{late.title.tr}” hiç bitmedi, süresini {tr} aştı ({role.tr}); gerekli mi, kimin işi, karar verin.",
            f"“{late.title.en}” never ended, {en} past its time ({role.en}); decide whether it is needed, and whose.",
        )
    else:
        what = both(
            f"“{late.title.tr}” {tr} geç bitti ({role.tr}); süresi mi kısa, sahibi mi yalnız, yoksa bilgi mi eksikti?",
            f"“{late.title.en}” ended {en} late ({role.en}); was its time too short, its owner alone, or something "
            "unknown?",
        )
    return Suggestion(key=f"late:{late.key}", what=what, playbook=plan.id)


def _of_roles(plan: Plan, numbers: Numbers) -> Iterable[Suggestion]:
    for each in numbers.roles:
        if each.handed_on:
            role = role_name(plan, each.role)
            yield Suggestion(key=f"role:{each.role}", playbook=plan.id, what=both(
                f"{role.tr} rolünden {each.handed_on} iş vekile geçti; ulaşılabilirliği, vardiyayı, telefon zincirini "
                "gözden geçirin.",
                f"{each.handed_on} {'duty' if each.handed_on == 1 else 'duties'} went on from {role.en} to the deputy; "
                "look at how they are reached, at the shift and at the phone tree.",
            ))  # fmt: skip


def _of_evidence(plan: Plan, numbers: Numbers) -> Iterable[Suggestion]:
    for each in numbers.evidence:
        if each.kept_at is None:
            yield Suggestion(key=f"evidence:{each.id}", playbook=plan.id, what=both(
                f"Delil saklanmadı: {each.what.tr} Kim, ne zaman saklayacak?",
                f"Evidence was not kept: {each.what.en} Who keeps it, and when?",
            ))  # fmt: skip
        elif each.late_s:
            yield Suggestion(key=f"evidence:{each.id}", playbook=plan.id, what=both(
                f"Delil {long(each.late_s, 'tr')} geç saklandı: {each.what.tr}",
                f"Evidence was kept {long(each.late_s, 'en')} late: {each.what.en}",
            ))  # fmt: skip


def _of_updates(plan: Plan, numbers: Numbers) -> Iterable[Suggestion]:
    late, missed = numbers.updates.late, numbers.updates.missed
    if late or missed:
        yield Suggestion(key="updates", playbook=plan.id, what=both(
            f"Güncelleme ritmi tutmadı: {late} geç, {missed} hiç yayımlanmadı. Yazan kişiyi ve hazır metni belirleyin.",
            f"Updates missed their cadence: {late} late, {missed} never published. Name a writer, keep a text ready.",
        ))  # fmt: skip


def _of_promises(numbers: Numbers) -> Iterable[Suggestion]:
    broken, of = numbers.cases.broken, numbers.cases.broken + numbers.cases.kept
    if broken:
        yield Suggestion(key="promises", what=both(
            f"Süresi dolan {of} sözden {broken} tanesi tutulmadı; kriz sırasında kaç kişinin yanıtladığına bakın.",
            f"{broken} of {of} promises were broken; look at how many people answered during the crisis.",
        ))  # fmt: skip


def _of_rehearsal(plan: Plan, rehearsed: datetime | None, opened: datetime) -> Iterable[Suggestion]:
    if rehearsed is None:
        yield Suggestion(key="rehearse", playbook=plan.id, what=both(
            "Bu plan kriz öncesinde hiç tatbik edilmemişti; bir tatbikat günü belirleyin.",
            "This plan had never been rehearsed before the crisis; set a day for a drill.",
        ))  # fmt: skip
    elif opened - rehearsed > UNREHEARSED:
        days = (opened - rehearsed).days
        yield Suggestion(key="rehearse", playbook=plan.id, what=both(
            f"Bu plan krizden önce {days} gündür tatbik edilmemişti; bir tatbikat günü belirleyin.",
            f"This plan had not been rehearsed for {days} days before the crisis; set a day for a drill.",
        ))  # fmt: skip
