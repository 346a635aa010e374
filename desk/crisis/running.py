"""What people do in a crisis that moves its plan: stages, severity, steps, decisions, evidence, roles, updates.

One transaction each. Whether it can be done is asked of the run as it is in that transaction, and whether I may, of my
roles: those of the house and those that I was given in this crisis.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from desk.answering import is_web_link
from desk.crisis.acting import SHORT, Acting, Held, presence_of, role_name, typed
from desk.crisis.alert_words import base_key
from desk.crisis.opening import plans_of, suspect
from desk.roles import Refused, any_may, require
from playbooks.crisis.plan import Plan
from playbooks.crisis.state import Duty
from store import crises as crisis_store
from store import events as event_log

MAX_TITLE = 200


class Running(Acting):
    """A crisis from its suspicion to its review."""

    _plans: Mapping[str, Plan] | None = None

    def plans(self) -> Mapping[str, Plan]:
        """Every plan by which a crisis can be run, by id, for a page that lets somebody choose; read once."""
        if self._plans is None:
            self._plans = plans_of(self.settings, self.library)
        return self._plans

    # --- stages ---

    def open_by_hand(
        self, title: str, plan: str, why: str, now: datetime, incident_id: int | None = None, severity: int = 0,
        key: str = "",
    ) -> int:  # fmt: skip
        """Say that it may be a crisis; answers its id. `key` names this press of the button: pressed twice is once.

        Raises Refused for an unknown plan or level, and where a crisis of this incident is under way already.
        """
        require(self.agent(), "report_crisis")
        title, why = typed(title, MAX_TITLE, "başlık", "title"), self._why(why)
        found = self.plans().get(plan)
        if found is None:
            raise Refused(f"“{plan}” adında bir kriz planı yok.", f"There is no crisis plan {plan!r}.")
        if severity and severity not in {level.level for level in found.severity}:
            raise Refused(f"Bu planda {severity} seviyesi yok.", f"This plan has no level {severity}.")
        by_hand = max((one.severity for one in found.triggers if one.kind == "person"), default=0)
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            key = f"hand:{key or f'{self.me}:{now.isoformat()}'}"
            before = [one for one in crisis_store.all_of(tx, self.brand) if one.key == key]
            if before:
                return before[0].id
            if incident_id is not None:
                earlier = crisis_store.of_incident(tx, self.brand, incident_id)
                running = [one for one in earlier if one.stage not in ("dismissed", "reviewed", "closed")]
                if running:
                    raise Refused(
                        f"Bu olay için {running[0].id} numaralı kriz sürüyor.",
                        f"Crisis {running[0].id} of this incident is under way.",
                    )
                key = f"incident:{incident_id}" + (f"#{len(earlier) + 1}" if earlier else "")
            made = suspect(
                tx, self.settings, self.clocks.deadlines(), found, key=key, title=title, why=why, by=self.by,
                now=now, severity=severity or by_hand, incident_id=incident_id,
            )  # fmt: skip
            if made is None:
                raise Refused("Bu kriz az önce açıldı.", "This crisis was opened a moment ago.")
            return made

    def take(self, crisis_id: int, now: datetime, expected: str | None = None) -> None:
        """I take the suspected crisis: it, and the declaring that follows, lie with me from now on."""
        with self._held(crisis_id, now, "declare_crisis", expected) as held:
            taken = [duty for duty in held.state.duties if duty.kind == "take"]
            if taken and taken[-1].ended_at is not None and held.state.stage == "suspected":
                who, at = taken[-1].ended_by, taken[-1].ended_at
                if who == self.by:
                    return
                raise Refused(
                    f"Şüpheyi {self._who(who, 'tr')} üstlendi ({self._clock(at)}).",
                    f"{self._who(who, 'en')} took it at {self._clock(at)}.",
                )
            self._write(held, "taken", now)
            role = held.run.plan.take
            if presence_of(held.run).holder(role, held.state.now) != self.me:
                self._write(held, "handed_over", now, role=role, person=self.me)
            for duty in held.state.open:
                if duty.kind == "declare":
                    self._write(held, "seen", now, duty=duty.key)

    def declare(self, crisis_id: int, why: str, now: datetime, severity: int = 0, expected: str | None = None) -> None:
        """It is a crisis (or, once contained, one again). `severity` is a level of the plan, 0 for as it is."""
        with self._held(crisis_id, now, "declare_crisis", expected) as held:
            if severity:
                self._level(held, severity)
            self._stage(held, "declared", why, now, severity=severity)

    def dismiss(self, crisis_id: int, why: str, now: datetime, expected: str | None = None) -> None:
        """It was suspected, and it is nothing."""
        with self._held(crisis_id, now, "declare_crisis", expected) as held:
            self._stage(held, "dismissed", why, now)

    def contain(self, crisis_id: int, why: str, now: datetime, expected: str | None = None) -> None:
        """It grows no more, and nobody is in danger."""
        with self._held(crisis_id, now, "contain_crisis", expected) as held:
            self._stage(held, "contained", why, now)

    def close(self, crisis_id: int, why: str, now: datetime, expected: str | None = None) -> None:
        """It is over; its review begins."""
        with self._held(crisis_id, now, "close_crisis", expected) as held:
            self._stage(held, "closed", why, now)

    def severity(self, crisis_id: int, level: int, why: str, now: datetime, expected: str | None = None) -> None:
        """How bad it is by now; roles of that level are told."""
        with self._held(crisis_id, now, "declare_crisis", expected) as held:
            self._level(held, level)
            if held.state.stage not in ("suspected", "declared", "contained"):
                self._refuse_stage(held)
            if held.state.severity == level:
                raise Refused(f"Seviye zaten {level}.", f"The severity is {level} already.")
            self._write(held, "severity", now, severity=level, why=self._why(why))

    def _level(self, held: Held, level: int) -> None:
        if level not in {one.level for one in held.run.plan.severity}:
            raise Refused(f"Bu planda {level} seviyesi yok.", f"This plan has no level {level}.")

    def _stage(self, held: Held, type: str, why: str, now: datetime, **fields: Any) -> None:
        why = self._why(why)
        if held.state.stage == type:
            self._refuse_stage(held)
        self._write(held, type, now, why=why, **fields)

    # --- steps ---

    def step_done(
        self, crisis_id: int, step: str, note: str, now: datetime, expected: str | None = None
    ) -> None:  # fmt: skip
        """A step is done. `expected` is the key of the duty that I saw (`step.hold.2`): in a loop the same step comes
        again, and a late press must not end the next one."""
        note = typed(note, SHORT, "not", "note", needed=False)
        with self._held(crisis_id, now, "work_crisis") as held:
            self._open_step(held, step, expected, decides=False)
            self._write(held, "done", now, {"note": note} if note else None, step=step)

    def decide(
        self, crisis_id: int, step: str, option: str, why: str, now: datetime, expected: str | None = None
    ) -> None:
        """Decide a step for one of its options, with the reason. Only who has the role, or to whom it came."""
        why = self._why(why)
        with self._held(crisis_id, now, "work_crisis") as held:
            self._open_step(held, step, expected, decides=True)
            self._write(held, "decided", now, step=step, option=option, why=why)

    def _open_step(self, held: Held, step: str, expected: str | None, decides: bool) -> Duty:
        duties = [duty for duty in held.state.duties if duty.step == step]
        running = next((duty for duty in duties if duty.ended_at is None), None)
        if running is None or (expected is not None and running.key != expected):
            ended = next((duty for duty in duties if duty.key == expected), duties[-1] if duties else None)
            raise self._step_is_over(held, step, ended)
        if not self._may_end(held, running, decides):
            raise self._not_yours(held, running)
        return running

    def _step_is_over(self, held: Held, step: str, last: Duty | None) -> Refused:
        known = held.run.plan.by_id.get(step)
        if known is None or known.title is None:
            return Refused(f"Bu planda “{step}” diye bir adım yok.", f"This plan has no step {step!r}.")
        title = known.title
        if last is None or last.ended_at is None:
            return Refused(f"“{title.tr}” adımı henüz açık değil.", f"The step {title.en!r} is not open yet.")
        chosen = next((option.title for option in known.options if option.id == last.option), None)
        at, tr, en = self._clock(last.ended_at), "", ""
        if chosen is not None:
            tr, en = f": {chosen.tr}", f": {chosen.en}"
        return Refused(
            f"“{title.tr}” adımı saat {at} itibarıyla bitti ({self._who(last.ended_by, 'tr')}){tr}.",
            f"The step {title.en!r} ended at {at} ({self._who(last.ended_by, 'en')}){en}.",
        )

    def seen(self, crisis_id: int, duty: str, now: datetime) -> None:
        """I have seen what is mine; it stays with me for its whole time box. My notices of it are acknowledged."""
        with self._held(crisis_id, now, "see_crisis") as held:
            found = next((one for one in held.state.duties if one.key == duty), None)
            if found is None:
                raise Refused("Böyle bir iş yok; odayı yenileyin.", "There is no such duty; read the room again.")
            if not self._mine(held, found):
                raise self._not_yours(held, found)
            for notice in crisis_store.notices_of(held.tx, self.brand, crisis_id):
                mine = notice.person == self.me or (not notice.person and notice.role in held.seats)
                if notice.duty == duty and mine and notice.acknowledged_at is None:
                    crisis_store.mark_notice(held.tx, notice.id, seen_at=now, acknowledged_at=now)
                    told = {"notice": base_key(notice), "duty": duty, "kind": notice.kind, "role": notice.role}
                    self._tell(held, "crisis_notice_acknowledged", now, told)
            if found.ended_at is None:
                self._write(held, "seen", now, duty=duty)

    def collected(self, crisis_id: int, evidence: str, where: str, now: datetime) -> None:
        """Evidence was kept, and where it lies."""
        where = typed(where, SHORT, "saklandığı yer", "place where it is kept")
        with self._held(crisis_id, now, "work_crisis") as held:
            self._write(held, "collected", now, {"where": where}, evidence=evidence)

    def update_published(self, crisis_id: int, channel: str, url: str, text: str, now: datetime) -> None:
        """An update went out that was not written here: which channel, its link, its words."""
        channel, url = typed(channel, 100, "kanal", "channel"), web_link(url)
        with self._held(crisis_id, now, "publish_statement") as held:
            self._write(held, "updated", now, {"channel": channel, "url": url, "text": self._text(text)})

    # --- who ---

    def assume_role(self, crisis_id: int, role: str, now: datetime) -> None:
        """I take a role in this crisis: one that I have, was named for, or stand above in the plan; whoever may give
        out roles takes any."""
        with self._held(crisis_id, now, "work_crisis") as held:
            self._seat(held, role)
            chain = {seat.role for seat in held.run.plan.chain(role)}
            if not chain & held.seats and not any_may(held.seats, "assign_crisis_role"):
                name = role_name(held.run.plan, role)
                raise Refused(f"“{name.tr}” rolü size devredilmeden üstlenilemez.",
                              f"The role {name.en} must be handed to you first.")  # fmt: skip
            self._give(held, role, self.me, "", now)

    def hand_over(self, crisis_id: int, role: str, person: str, note: str, now: datetime) -> None:
        """Give a role of this crisis to somebody: whoever has it, stands above it in the plan, or gives out roles."""
        note = typed(note, SHORT, "not", "note", needed=False)
        with self._held(crisis_id, now, "work_crisis") as held:
            self._seat(held, role)
            if not {seat.role for seat in held.run.plan.chain(role)} & held.seats:
                self._need(held, "assign_crisis_role")
            if person not in self._people(held.run):
                raise Refused(f"{person or '–'} ekipte değil.", f"{person or '–'} is not on the desk.")
            self._give(held, role, person, note, now)

    def _seat(self, held: Held, role: str) -> None:
        if held.run.plan.seat(role) is None:
            raise Refused(f"“{role}” bu planın rolü değil.", f"{role!r} is no role of this plan.")
        if held.state.stage in ("reviewed", "dismissed"):
            self._refuse_stage(held)

    def _give(self, held: Held, role: str, person: str, note: str, now: datetime) -> None:
        if presence_of(held.run).holder(role, held.state.now) == person:
            name = role_name(held.run.plan, role)
            raise Refused(f"“{name.tr}” rolü zaten {person} adlı kişide.", f"{person} has the role {name.en} already.")
        self._write(held, "handed_over", now, {"note": note} if note else None, role=role, person=person)

    def absent(self, crisis_id: int, person: str, now: datetime) -> None:
        """Somebody is not there; what lies with them goes on. Myself, or anybody where I may declare a crisis."""
        self._presence(crisis_id, "absent", person, now)

    def present(self, crisis_id: int, person: str, now: datetime) -> None:
        """Somebody is there (again)."""
        self._presence(crisis_id, "present", person, now)

    def _presence(self, crisis_id: int, type: str, person: str, now: datetime) -> None:
        with self._held(crisis_id, now, "work_crisis") as held:
            if person != self.me:
                self._need(held, "declare_crisis")
            if person not in self._people(held.run) and held.run.plan.seat(person) is None:
                raise Refused(f"{person or '–'} ekipte değil.", f"{person or '–'} is not on the desk.")
            if held.state.stage in ("reviewed", "dismissed"):
                self._refuse_stage(held)
            self._write(held, type, now, person=person)


def web_link(url: str) -> str:
    """A link as it was pasted, or empty. Raises Refused for anything but http and https."""
    url = url.strip()
    if url and not is_web_link(url):
        raise Refused("Bağlantı https:// ya da http:// ile başlamalı.", "The link must begin with https:// or http://.")
    return url
