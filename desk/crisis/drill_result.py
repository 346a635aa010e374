"""How a drill went: its scorecard, out of the drill's own store, as JSON and as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk.crisis.course import read_run, subject_of
from desk.crisis.drill_home import Script
from desk.crisis.drill_script import STEPPED_IN, main_crisis, surprised
from desk.crisis.review_draft import matter_of
from desk.deadline import Deadlines
from desk.in_force import ClocksInForce
from desk.lineage import counted, first_post
from desk.settings import Settings
from playbooks.crisis.run import Run
from playbooks.crisis.scorecard import Answered, Scorecard, numbers, scorecard
from playbooks.drills import mentions_of
from store import events as event_log
from store import subjects
from store.engine import Store
from store.rows import EventRow


def result_of(store: Store, settings: Settings, script: Script, now: datetime) -> dict[str, Any]:
    """The scorecard of a drill at the drill's `now`, as it is kept in the brand's store: from the drill's events alone.

    Lengths are seconds since the first mention, shares lie in [0, 1], goals count from the drill's beginning.
    """
    drill, brand = script.drill, settings.brand.key
    clocks = ClocksInForce(settings.desk, store, brand)
    with store.read() as tx:
        row = main_crisis(tx, brand, script)
        run = Run(script.plan) if row is None else read_run(tx, row, Deadlines(settings.desk))
        log = [] if row is None else subjects.events_of(tx, brand, subject_of(row.id))
        answers = list(answers_of(tx, brand, clocks, now))
        handed = 0 if row is None else len(surprised(tx, brand, row.id))
    began = mentions_of(drill, script.language)[0].published_at
    card = scorecard(run, began, now, answers, drill.goals, drill.starts)
    stages = run.state(now).stages
    by_hand = bool(stages) and stages[0].by.startswith("agent:")
    by_script = any(event.type == STEPPED_IN for event in log)
    return {
        "drill": drill.id, "version": drill.version, "plan": script.plan.id, "at": now.isoformat(),
        "found_by": (
            "nobody" if not stages else "script" if by_script else "person" if by_hand else "detection"
        ),
        "numbers": numbers(card), "cases": len(answers), "surprises": handed,
        "script_roles": sorted(script.roles),
        "roles": [
            {"role": one.role, "ended": one.ended, "late": one.late, "handed_on": one.handed_on,
             "still_open": one.still_open}
            for one in card.roles
        ],
        "goals": _goals(card, drill.starts),
    }  # fmt: skip


def _goals(card: Scorecard, begins: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": one.goal.id, "what": one.goal.what.model_dump(), "role": one.goal.role,
            "by_s": int(one.goal.by.total_seconds()),
            "at_s": None if one.at is None else int((one.at - begins).total_seconds()), "in_time": one.in_time,
        }
        for one in card.goals
    ]  # fmt: skip


def answers_of(tx: Connection, brand: str, clocks: ClocksInForce, now: datetime) -> Iterator[Answered]:
    """Each case that wanted an answer, read as a review reads those of its crisis; here are those of ordinary mentions
    too, whose customers waited no less."""
    cases: dict[int, list[EventRow]] = {}
    after_id = 0
    while page := event_log.all_events(tx, brand, after_id):
        after_id = page[-1].id
        for event in page:
            if event.case_id is not None and event.at <= now:
                cases.setdefault(event.case_id, []).append(event)
    for case_id, events in cases.items():
        post = first_post(counted(events))
        if post is None:
            continue
        matter = matter_of(case_id, post.at, sorted(events, key=lambda event: (event.at, event.id)), clocks, now)
        if matter.wants_answer:
            live = (c for c in matter.clocks if c.clock == "first_answer" and c.state != "cancelled")
            due = next((clock.due_at for clock in live), None)
            yield Answered(post.at, matter.answered_at, due, matter.same_day_by)


# --- in sentences ---

_NAMES = {
    "detection": ("Kriz fark edildi", "Detected"),
    "first_informed": ("İlk kişi haberdar oldu", "First informed"),
    "declared": ("İlan edildi", "Declared"),
    "decision": ("İlk karar", "First decision"),
    "first_answer": ("İlk yanıt", "First answer"),
    "answered_same_day": ("Aynı gün yanıtlanan", "Answered the same day"),
    "promises_kept": ("Tutulan sözler", "Promises kept"),
    "updates_late": ("Geciken güncelleme", "Updates late"),
    "steps_late": ("Geciken adım", "Steps late"),
}
_WORDS = {
    "better": ("daha iyi", "better"),
    "worse": ("daha kötü", "worse"),
    "same": ("aynı", "the same"),
    "unknown": ("", ""),
}
_ALONE = ("Kıyaslanacak bir tatbikat yok.", "There is no drill to compare it with.")
_FOUND = {
    "detection": ("algılama buldu", "the detection found it"),
    "script": ("algılama bulamadı, senaryo bildirdi", "the detection did not find it; the script reported it"),
    "person": ("bir kişi bildirdi", "a person reported it"),
    "nobody": ("kriz hiç fark edilmedi", "nobody saw the crisis"),
}


def sentences(result: Mapping[str, Any], language: str, role_name: Callable[[str], str]) -> list[str]:
    """A result in lines for people; `compared`, where it is there, says how it stands to the last one."""
    turkish = language == "tr"
    at = 0 if turkish else 1
    compared: Mapping[str, str] = result.get("compared") or {}
    lines = []
    for name in _NAMES:  # in this order: a store may give them back in another
        said = _said(name, result["numbers"].get(name), turkish)
        against = _WORDS[compared.get(name, "unknown")][at]
        lines.append(f"{_NAMES[name][at]}: {said}" + (f" ({against})" if against else ""))
    lines[0] += f" · {_FOUND[result['found_by']][at]}"
    last = result.get("compared_with")
    lines.insert(1, f"{('Kıyaslanan tatbikat', 'Compared with')[at]}: {last}" if last else _ALONE[at])
    lines.append("Hedefler:" if turkish else "Goals:")
    for goal in result["goals"]:
        mark = "✓" if goal["in_time"] else "✗"
        when = _length(goal["at_s"], turkish) if goal["at_s"] is not None else ("hiç" if turkish else "never")
        lines.append(f"  {mark} {goal['what']['tr' if turkish else 'en']} ({when} / {_length(goal['by_s'], turkish)})")
    lines.append("Roller (bitirdiği, geciken, elinden giden, bekleyen):" if turkish
                 else "Roles (ended, late, lost to a deputy, still open):")  # fmt: skip
    for one in result["roles"]:
        script = (" · senaryo" if turkish else " · script") if one["role"] in result["script_roles"] else ""
        told = f"{one['ended']}, {one['late']}, {one['handed_on']}, {one['still_open']}"
        lines.append(f"  {role_name(one['role'])}{script}: {told}")
    return lines


def _said(name: str, value: float | None, turkish: bool) -> str:
    if value is None:
        return "yok" if turkish else "none"
    if name in ("answered_same_day", "promises_kept"):
        return f"%{value * 100:.0f}" if turkish else f"{value * 100:.0f}%"
    return str(int(value)) if name in ("updates_late", "steps_late") else _length(value, turkish)


def _length(seconds: float, turkish: bool) -> str:
    minutes = round(timedelta(seconds=seconds) / timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    if turkish:
        return f"{hours} sa {minutes} dk" if hours else f"{minutes} dk"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
