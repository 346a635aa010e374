"""Asking for approvals and deciding them, inside a transaction. The rules are in approvals.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk.approvals import (
    Approvals,
    Count,
    Decision,
    Matter,
    Need,
    able,
    counted,
    covers,
    need_from,
    open_of,
    turn,
    verdict,
)
from desk.roles import Hand, NotAllowed, Refused, any_may, said
from mention import clean_text
from store import approvals as approval_store
from store import cases as case_store
from store import events as event_log
from store.approvals import ApprovalRow

MAX_TEXT = 20_000
"""Characters of a text to be approved; longer than any channel takes."""

MAX_NOTE = 1000


@dataclass(frozen=True)
class Waiting:
    """A question in somebody's inbox: the places of the needs they may decide now, and whether as a deputy."""

    row: ApprovalRow
    needs: tuple[int, ...]
    as_deputy: bool


def needs_of(row: ApprovalRow) -> tuple[Need, ...]:
    """What a question needs, as it was asked."""
    return tuple(need_from(need) for need in row.needs)


def decisions_of(row: ApprovalRow) -> tuple[Decision, ...]:
    """What was decided so far."""
    return tuple(Decision(each.need, each.by, each.role, each.approve, each.at, each.note) for each in row.decisions)


def ask(
    tx: Connection,
    brand: str,
    case_id: int,
    matter: Matter,
    needs: Sequence[Need],
    writer: Hand,
    now: datetime,
    rules: Approvals,
    count: Count | None = None,
) -> ApprovalRow:
    """Asks for the approvals that `needed` or `judge` found. The same matter asked twice is one question.

    An older open question of the same writer about the same kind of thing in the same channel is withdrawn: its text
    was changed. `count` is how the deputies' time runs (on the wall clock when left out). Raises Refused for a text
    that cannot be sent as it stands, or where there is nothing to ask.
    """
    event_log.hold(tx, brand)
    if case_store.case(tx, brand, case_id) is None:
        raise Refused(f"{case_id} numaralı kayıt yok.", f"There is no case {case_id}.")
    if not needs:
        raise Refused("Bunun için onay gerekmiyor.", "This needs no approval.")
    if not matter.text.strip() or len(matter.text) > MAX_TEXT:
        raise Refused(
            f"Metin boş ya da {MAX_TEXT} karakterden uzun.", f"The text is empty or over {MAX_TEXT} characters."
        )
    if clean_text(matter.text) != matter.text:
        raise Refused("Metinde gönderilemeyen bir karakter var.", "The text holds a character that cannot be sent.")
    timed = counted(needs, now, count)
    before = approval_store.of_case(tx, brand, case_id)
    for row in before:
        same_place = (row.kind, row.channel, row.public) == (matter.kind, matter.channel, matter.public)
        mine = row.state == "asked" and row.asked_by == writer.name and same_place
        if mine and row.text_hash != matter.text_hash and matter.kind != "concession":
            _close(tx, row, "withdrawn", writer.name, now, "superseded")
    approval_id = approval_store.ask(
        tx, brand, case_id, matter.text_hash, kind=matter.kind, channel=matter.channel, public=matter.public,
        text=matter.text, needs=[need.json() for need in timed], asked_by=writer.name, asked_at=now,
        deputy_from=min((need.deputy_from for need in timed if need.deputy_from is not None), default=None),
        expires_at=now + rules.good_for,
    )  # fmt: skip
    if all(row.id != approval_id for row in before):
        wanted = [{"by": list(need.by), "deputy": need.deputy, "people": need.people} for need in timed]
        data = {"approval": approval_id, "kind": matter.kind, "channel": matter.channel, "public": matter.public,
                "text_hash": matter.text_hash, "needs": wanted}  # fmt: skip
        _log(tx, brand, case_id, "approval_asked", writer.name, now, data)
    return _found(tx, brand, approval_id)


def decide(
    tx: Connection, brand: str, approval_id: int, hand: Hand, approve: bool, now: datetime, note: str = ""
) -> ApprovalRow:
    """Says yes or no to every need whose turn is this person's; atomic, so that of two the second sees the first.

    Raises NotAllowed for the writer themselves, for a role whose turn it is not (yet) and for who decided before;
    Refused where the question is closed or out of time, or a no has no reason.
    """
    event_log.hold(tx, brand)
    row = _found(tx, brand, approval_id)
    note = note.strip()[:MAX_NOTE]
    if row.state != "asked":
        raise Refused(
            f"Bu onay kapandı: {_STATES[row.state][0]} ({row.decided_by}).",
            f"This question is closed: {_STATES[row.state][1]} ({row.decided_by}).",
        )
    if now >= row.expires_at:
        raise Refused("Onayın süresi doldu; yeniden istenmeli.", "The question is out of time; it must be asked again.")
    if row.asked_by == hand.name:
        raise NotAllowed("Kendi yazdığınızı siz onaylayamazsınız.", "Nobody approves what they wrote themselves.")
    if not approve and not note:
        raise Refused("Neden onaylamadığınızı yazın.", "Say why it is not approved.")
    mine = _turns(row, hand, now)
    if not mine:
        if any(each.by == hand.name for each in row.decisions):
            raise NotAllowed(
                "Siz kararınızı verdiniz; şimdi başkası bakmalı.", "You have decided; now it is another's turn."
            )
        raise NotAllowed(_not_your_turn(row, "tr"), _not_your_turn(row, "en"))
    for at, role in mine:
        approval_store.decide(tx, brand, approval_id, at, hand.name, role, approve, now, note)
    row = _found(tx, brand, approval_id)
    state = verdict(needs_of(row), decisions_of(row))
    data: dict[str, Any] = {"approval": row.id, "kind": row.kind, "roles": [role for _, role in mine]}
    if state == "asked":
        _log(tx, brand, row.case_id, "approval_step", hand.name, now, data)
    elif approval_store.close(tx, brand, approval_id, state, hand.name, now, note):
        type = "approved" if state == "approved" else "approval_rejected"
        _log(tx, brand, row.case_id, type, hand.name, now, {**data, "text_hash": row.text_hash})
    return _found(tx, brand, approval_id)


def withdraw(tx: Connection, brand: str, approval_id: int, hand: Hand, now: datetime, why: str = "") -> None:
    """Takes a question back: whoever asked, or who may undo what others did. Raises NotAllowed and Refused."""
    event_log.hold(tx, brand)
    row = _found(tx, brand, approval_id)
    if row.asked_by != hand.name and not any_may(hand.roles, "undo_other"):
        raise NotAllowed(
            f"Bunu {row.asked_by} istedi; geri çekmek ona düşer.", f"{row.asked_by} asked; it is theirs to withdraw."
        )
    if row.state != "asked":
        raise Refused("Bu onay zaten kapandı.", "This question is closed already.")
    _close(tx, row, "withdrawn", hand.name, now, why.strip()[:MAX_NOTE])


def expire(tx: Connection, brand: str, now: datetime) -> int:
    """Closes the questions that nobody answered in time; says how many. For the sweeper."""
    event_log.hold(tx, brand)
    rows = approval_store.past(tx, brand, now)
    for row in rows:
        if approval_store.close(tx, brand, row.id, "expired", "system", now, ""):
            data = {"approval": row.id, "kind": row.kind}
            event_log.append(
                tx, brand, type="approval_expired", at=now, by="system", recorded_at=now, case_id=row.case_id, data=data
            )
    return len(rows)


def approved_for(
    tx: Connection, brand: str, case_id: int, matter: Matter, needs: Sequence[Need], now: datetime
) -> ApprovalRow | None:
    """The approval of exactly this matter that is good now and enough for its needs as they are now; else None."""
    row = approval_store.approved_for(tx, brand, case_id, matter.text_hash, now)
    return row if row is not None and covers(needs, decisions_of(row)) else None


def waiting(tx: Connection, brand: str, hand: Hand, now: datetime) -> list[Waiting]:
    """What somebody may decide now, the oldest first: their roles' questions, and as deputy those whose time came."""
    found = []
    for row in approval_store.asked(tx, brand):
        mine = _turns(row, hand, now)
        if mine and row.asked_by != hand.name and now < row.expires_at:
            needs = needs_of(row)
            as_deputy = all(role not in needs[at].by for at, role in mine)
            found.append(Waiting(row, tuple(at for at, _ in mine), as_deputy))
    return found


_STATES = {
    "asked": ("bekliyor", "asked"), "approved": ("onaylandı", "approved"), "rejected": ("onaylanmadı", "rejected"),
    "withdrawn": ("geri çekildi", "withdrawn"), "expired": ("süresi doldu", "out of time"),
}  # fmt: skip


def _turns(row: ApprovalRow, hand: Hand, now: datetime) -> list[tuple[int, str]]:
    """The open needs that this person may decide now, each with the role in which they do."""
    decisions = decisions_of(row)
    roles = able(hand.roles, row.kind)
    found = []
    for at, need in enumerate(needs_of(row)):
        role = turn(need, roles, now)
        decided = any(each.need == at and each.by == hand.name for each in decisions)
        if role is not None and not decided and open_of(at, need, decisions):
            found.append((at, role))
    return found


def _not_your_turn(row: ApprovalRow, language: str) -> str:
    tr = language == "tr"
    parts = []
    for need in needs_of(row):
        words = said(need.by, language)
        if need.deputy is not None and need.deputy_from is not None:
            deputy, since = said([need.deputy], language), need.deputy_from.isoformat(timespec="minutes")
            words += f", {since} sonrasında {deputy}" if tr else f", and from {since} the {deputy}"
        parts.append(words)
    return f"Onay yetkisi: {'; '.join(parts)}." if tr else f"It is for the {'; '.join(parts)} to decide."


def _close(tx: Connection, row: ApprovalRow, state: str, by: str, now: datetime, why: str) -> None:
    if approval_store.close(tx, row.brand, row.id, state, by, now, why):
        _log(tx, row.brand, row.case_id, f"approval_{state}", by, now, {"approval": row.id, "kind": row.kind})


def _found(tx: Connection, brand: str, approval_id: int) -> ApprovalRow:
    row = approval_store.approval(tx, brand, approval_id)
    if row is None:
        raise Refused(f"{approval_id} numaralı onay yok.", f"There is no approval {approval_id}.")
    return row


def _log(
    tx: Connection, brand: str, case_id: int, type: str, by: str, now: datetime, data: dict[str, Any]
) -> None:  # fmt: skip
    event_log.append(
        tx, brand, type=type, at=now, by=f"agent:{by}", recorded_at=now, case_id=case_id, data=data
    )  # fmt: skip
