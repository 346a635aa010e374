"""One person's matter is one case: cases that are merged, mentions that are split off, and both taken back.

Nothing is rewritten. What moves to another case is told there by copies that name where they come from, and no longer
counted where it was (see lineage.py): each case can be reckoned from its own events, before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk.case_clocks import refresh
from desk.lineage import COPIED, SPLIT, UNDONE, counted, first_post
from desk.moves import CLOSED, Moves, restored
from desk.room import DeskError
from mention import URGENCIES
from playbooks.routing import History, route
from store import cases as case_store
from store import events as event_log
from store import joining
from store.rows import CaseRow, EventRow, NewEvent

_POSTS = ("customer_posted", "customer_wrote")


class Together(Moves):
    """Merging and splitting cases."""

    def merge(self, case_id: int, other_id: int, now: datetime) -> None:
        """Take the mentions of another case of the same person into this one; the clock starts with the earliest post.

        What was answered there was answered here. Raises DeskError where it cannot be done: the same case, another
        person, a case that is part of another one already.
        """
        self._may("split_merge")
        with self._case(case_id) as (tx, row):
            other = self._row(tx, other_id)
            self._may_merge(row, other)
            theirs = counted(event_log.of_case(tx, other_id))
            ours = counted(event_log.of_case(tx, case_id))
            urgency = max(row.urgency, other.urgency, key=URGENCIES.index)
            copies = self._copy(tx, row, theirs, ours, urgency, now)
            mentions = [stored.id for stored, _ in case_store.mentions_of(tx, other_id)]
            joining.move_mentions(tx, self.brand, mentions, other_id, case_id)
            changed = []
            if urgency != row.urgency or urgency != other.urgency:
                # Whichever post comes first now: the case stands under the more urgent of the two promises.
                changed.append(self._log(tx, case_id, "urgency_changed", now, {"urgency": urgency, "old": row.urgency}))
            columns: dict[str, Any] = {
                "urgency": urgency, "priority": min(row.priority, other.priority),
                "posted_at": min(row.posted_at, other.posted_at), "status": _status_of(row, other),
                "answered_at": min((at for at in (row.answered_at, other.answered_at) if at), default=None),
            }  # fmt: skip
            told = {"from": other_id, "mentions": mentions, "events": [*copies, *changed]}
            self._act(tx, row, "merged", now, told, **columns)
            away = {"reason": f"N-{case_id}", "merged": case_id}
            self._act(tx, other, "set_aside", now, away, status="set_aside", merged_into=case_id, snoozed_until=None)

    def _may_merge(self, row: CaseRow, other: CaseRow) -> None:
        if row.id == other.id:
            raise DeskError("A case cannot be merged into itself.")
        for one in (row, other):
            if one.merged_into is not None:
                raise DeskError(f"Case {one.id} is part of case {one.merged_into} already.")
        if row.status in CLOSED:
            raise DeskError("The case is closed; reopen it first.")
        if row.person_id is None or row.person_id != other.person_id:
            raise DeskError("The two cases are of two persons; link the persons first.")

    def unmerge(self, case_id: int, other_id: int, now: datetime) -> None:
        """Take a case that was merged into this one out again, as if it never had been; what came in since stays.

        Raises DeskError where either was merged or split again since: that is taken back first.
        """
        self._may("split_merge")
        with self._case(case_id) as (tx, row):
            other = self._row(tx, other_id)
            if other.merged_into != case_id:
                raise DeskError(f"Case {other_id} is not part of this one.")
            ours = counted(event_log.of_case(tx, case_id))
            merged = _latest(ours, "merged", "from", other_id)
            theirs = counted(event_log.of_case(tx, other_id))
            away = _latest(theirs, "set_aside", "merged", case_id)
            _nothing_since(ours, merged)
            _nothing_since(theirs, away)
            self._log(tx, case_id, UNDONE, now, {"events": [merged.id, *merged.data["events"]], "what": "merged"})
            self._log(tx, other_id, UNDONE, now, {"events": [away.id], "what": "merged"})
            joining.move_mentions(tx, self.brand, merged.data["mentions"], case_id, other_id)
            refresh(tx, self.clocks, case_id, now, **restored(row, merged))
            refresh(tx, self.clocks, other_id, now, **restored(other, away))

    def split(self, case_id: int, mention_ids: Sequence[int], now: datetime) -> int:
        """Make a case of its own of some of a case's mentions: another matter of the same person. Answers its id.

        The new case's clock starts when the first of them was posted; answers that were given here do not count there.
        """
        self._may("split_merge")
        with self._case(case_id) as (tx, row):
            return self._split(tx, row, mention_ids, now)

    def _split(
        self, tx: Connection, row: CaseRow, mention_ids: Sequence[int], now: datetime, of_closed: bool = False
    ) -> int:
        held = {stored.id: (stored, score) for stored, score in case_store.mentions_of(tx, row.id)}
        wanted = [number for number in held if number in set(mention_ids)]
        if not wanted or len(wanted) != len(set(mention_ids)):
            raise DeskError("Choose mentions of this case.")
        if len(wanted) == len(held):
            raise DeskError("Leave at least one mention in the case.")
        if row.status in CLOSED and not of_closed:
            raise DeskError("The case is closed; reopen it first.")
        ours = counted(event_log.of_case(tx, row.id))
        gone = [e for e in ours if e.type in _POSTS and e.mention_id in wanted]
        if not gone:
            raise DeskError("Those mentions did not open or move this case.")
        post = first_post(ours)
        policy = post.data.get("policy") if post else None
        new_id = self._open_split(tx, row, held[wanted[0]], gone, policy, now)
        joining.move_mentions(tx, self.brand, wanted, row.id, new_id)
        dropped = [e.id for e in gone]
        left = [e for e in ours if e.id not in dropped]
        copies = []
        first = first_post(left)
        rest = sorted((e for e in left if e.type in _POSTS), key=lambda e: e.at)
        if first is None and rest:  # the post that started the clock is gone: the next one starts it now
            start = {**(post.data if post else {}), **rest[0].data, "urgency": row.urgency, "of_event": rest[0].id}
            copies.append(self._told_again(tx, row.id, rest[0], "customer_posted", start, now))
            dropped.append(rest[0].id)
        told = {"to": new_id, "mentions": wanted, "events": dropped, "copies": copies}
        earliest = min((e.at for e in rest), default=row.posted_at)
        self._act(tx, row, SPLIT, now, told, posted_at=earliest)
        refresh(tx, self.clocks, new_id, now)
        return new_id

    def _open_split(
        self, tx: Connection, row: CaseRow, first: Any, gone: Sequence[EventRow], policy: str | None, now: datetime
    ) -> int:
        stored, score = first
        if score is not None and score.urgency.label == "none":
            # somebody says that it is a matter of its own, so an answer is due, whatever the classifier thought
            score = score.model_copy(update={"urgency": score.urgency.model_copy(update={"label": "same_day"})})
        decision = route(stored.mention, score, self.library, History()) if score is not None else None
        urgency = decision.urgency if decision else "same_day"
        posted = min(event.at for event in gone)
        new_id = case_store.open_case(
            tx, self.brand, person_id=row.person_id, status="assigned" if row.assignee else "new", urgency=urgency,
            priority=min(decision.priority, row.priority) if decision else row.priority,
            topic=score.topic.label if score else row.topic,
            sentiment=score.sentiment.label if score else row.sentiment,
            language=score.language if score else row.language, channel=stored.mention.channel,
            source=stored.mention.source, playbook=decision.playbook if decision else None, assignee=row.assignee,
            reasons=[reason.record() for reason in decision.reasons] if decision else [], posted_at=posted,
            opened_at=now, updated_at=now, team=row.team,
        )  # fmt: skip
        for number, event in enumerate(sorted(gone, key=lambda e: e.at)):
            type = "customer_wrote" if number else "customer_posted"
            data = {**event.data, "from_case": row.id, "of_event": event.id}
            if not number:
                data |= {"urgency": urgency, "channel": stored.mention.channel}
                data |= {"policy": policy}  # the promise that the customer was given when they wrote
            self._told_again(tx, new_id, event, type, data, now)
        self._log(tx, new_id, "split_off", now, {"from": row.id})
        if decision is not None:
            started = self._intake.start_playbook(tx, new_id, decision.playbook, None, now)
            event_log.append_all(tx, self.brand, started)
        return new_id

    def unsplit(self, case_id: int, other_id: int, now: datetime) -> None:
        """Take a case that was split off this one back, as if it never had been.

        Raises DeskError once it was answered: then merge the two, so that the answer is kept.
        """
        self._may("split_merge")
        with self._case(case_id) as (tx, row):
            other = self._row(tx, other_id)
            ours = counted(event_log.of_case(tx, case_id))
            split = _latest(ours, SPLIT, "to", other_id)
            theirs = counted(event_log.of_case(tx, other_id))
            if other.merged_into is not None:
                raise DeskError(f"Case {other_id} is part of case {other.merged_into} already.")
            if any(event.type == "answered" for event in theirs):
                raise DeskError("The case that was split off has been answered; merge the two instead.")
            _nothing_since(ours, split)
            _nothing_since(theirs, None)
            mentions = [stored.id for stored, _ in case_store.mentions_of(tx, other_id)]
            newer = [e for e in theirs if e.type in _POSTS and e.mention_id not in split.data["mentions"]]
            self._log(tx, case_id, UNDONE, now, {"events": [split.id, *split.data["copies"]], "what": SPLIT})
            for event in newer:  # written since to the case that was split off
                data = {**event.data, "from_case": other_id, "of_event": event.id}
                self._told_again(tx, case_id, event, "customer_wrote", data, now)
            joining.move_mentions(tx, self.brand, mentions, other_id, case_id)
            refresh(tx, self.clocks, case_id, now, **restored(row, split))
            away = {"reason": f"N-{case_id}", "merged": case_id}
            self._act(tx, other, "set_aside", now, away, status="set_aside", merged_into=case_id)

    def join(self, case_id: int, mention_id: int, now: datetime) -> None:
        """Put a mention that was set aside into a case of its author by hand."""
        self._may("split_merge")
        with self._case(case_id) as (tx, row):
            found = case_store.mention_of(tx, self.brand, mention_id)
            if found is None or found[0].stage != "set_aside":
                raise DeskError("There is no such mention, or it is in a case already.")
            stored = found[0]
            if row.status in CLOSED:
                raise DeskError("The case is closed; reopen it first.")
            person = case_store.person_for(
                tx, self.brand, stored.mention.source, stored.mention.author or f"unknown:{stored.mention.native_id}",
                stored.mention.author_name, now,
            )  # fmt: skip
            if person != row.person_id:
                raise DeskError("The two cases are of two persons; link the persons first.")
            case_store.attach(tx, self.brand, case_id, mention_id, now)
            case_store.set_stage(tx, mention_id, "routed")
            wrote = NewEvent("customer_wrote", stored.mention.published_at, "customer", now, case_id, mention_id)
            event_log.append_all(tx, self.brand, [wrote])
            self._log(tx, case_id, "joined_by_hand", now, {"mention": mention_id}, mention_id)
            refresh(tx, self.clocks, case_id, now)

    def _copy(
        self, tx: Connection, row: CaseRow, theirs: Sequence[EventRow], ours: Sequence[EventRow], urgency: str,
        now: datetime,
    ) -> list[int]:  # fmt: skip
        """Tell in this case what its customer wrote in the other one and what they were answered there."""
        post = first_post(ours)
        copies = []
        for event in theirs:
            if event.type not in COPIED:
                continue
            type, data = event.type, {**event.data, "from_case": event.case_id, "of_event": event.id}
            if type == "customer_posted":
                if post is None or event.at < post.at:
                    data["urgency"] = urgency
                else:
                    type = "customer_wrote"
            copies.append(self._told_again(tx, row.id, event, type, data, now))
        return copies

    def _told_again(
        self, tx: Connection, case_id: int, event: EventRow, type: str, data: dict[str, Any], now: datetime
    ) -> int:
        return event_log.append(
            tx, self.brand, type=type, at=event.at, by=event.by, recorded_at=now, case_id=case_id,
            mention_id=event.mention_id, data=data,
        )  # fmt: skip


def _status_of(row: CaseRow, other: CaseRow) -> str:
    """Where the merged case stands: it is answered only where both were."""
    if row.status == "answered" and other.status not in ("answered", *CLOSED):
        return "assigned" if row.assignee else "new"
    return row.status


def _latest(events: Iterable[EventRow], type: str, name: str, value: int) -> EventRow:
    found = [event for event in events if event.type == type and event.data.get(name) == value]
    if not found:
        raise DeskError("There is nothing to take back on this case.")
    return max(found, key=lambda event: event.id)


def _nothing_since(events: Iterable[EventRow], act: EventRow | None) -> None:
    """Merges and splits are taken back in turn, the last one first: a later one stands on what an earlier one moved."""
    later = [e.id for e in events if e.type in ("merged", SPLIT) or (e.type == "set_aside" and e.data.get("merged"))]
    if max(later, default=0) > (act.id if act else 0):
        raise DeskError("The case was merged or split again since; take that back first.")
