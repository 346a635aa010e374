"""Granting, keeping and cancelling concessions, inside a transaction. The rules are in concessions.py.

Whoever grants takes the head of the brand's log first, reads what was given before, judges, and writes: two grants at
once are one after the other, so no limit is passed by two that were each within it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from desk.approvals import Approvals, Matter, Need, needed, say_needs
from desk.approving import approved_for
from desk.codes import CodeFile, Seal
from desk.concessions import Concessions, Granter, Spent, Wish, judge
from desk.money import Money, total
from desk.roles import Hand, Refused, any_may, require
from playbooks.schema import Bilingual, Playbook
from store import cases as case_store
from store import concessions as ledger_store
from store import events as event_log
from store import joining
from store.concessions import CodesLeft, ConcessionRow, Given
from store.rows import CaseRow

YEAR = timedelta(days=365)
MAX_REASON = 500


class NeedsApproval(Refused):
    """A concession past its granter's own authority. Ask about `matter` (desk.approving.ask), then grant."""

    def __init__(self, matter: Matter, needs: tuple[Need, ...]) -> None:
        super().__init__(say_needs(needs, "tr"), say_needs(needs, "en"))
        self.matter = matter
        self.needs = needs


@dataclass(frozen=True)
class Granted:
    """A line of the ledger, and a warning where its voucher codes run low. `new` is False for one granted before."""

    row: ConcessionRow
    new: bool = True
    warning: Bilingual | None = None


@dataclass(frozen=True)
class Cancelled:
    """What became of a cancelled concession's code: `none` it had none, `returned` to the pool, `lost` (was read)."""

    row: ConcessionRow
    code: str
    said: Bilingual


def matter_of(wish: Wish, case: CaseRow) -> Matter:
    """What an approval of a concession on a case is about."""
    return Matter(
        "concession", wish.text, case.channel, public=False, urgency=case.urgency, playbook=case.playbook,
        money=wish.money,
    )  # fmt: skip


def month_of(now: datetime, zone: ZoneInfo) -> str:
    """The calendar month in the desk's zone whose limits a concession counts in: `2026-11`."""
    return now.astimezone(zone).strftime("%Y-%m")


def spent(
    tx: Connection, brand: str, case: CaseRow, wish: Wish, granted_by: str, now: datetime, zone: ZoneInfo
) -> Spent:
    """What was given before and is not cancelled, as the rules ask for it."""
    same: dict[str, Any] = {"kind": wish.kind, "currency": wish.currency}
    month = month_of(now, zone)
    there = _with_merged(tx, brand, case.id)
    on_case = ledger_store.given(tx, brand, case_id=there, **same)
    mine = ledger_store.given(tx, brand, month=month, granted_by=granted_by, alone=True, **same)
    theirs: Sequence[Given] = ()
    if case.person_id is not None:
        theirs = ledger_store.given(tx, brand, person_id=case.person_id, since=now - YEAR, **same)
    desk = ledger_store.given(tx, brand, month=month, currency=wish.currency) if wish.money is not None else ()
    solved = ledger_store.given(tx, brand, case_id=there, solution=wish.solution) if wish.solution else ()
    alike = ledger_store.given(tx, brand, case_id=there, solution=wish.solution, **same) if wish.solution else ()
    return Spent(
        case=_sum(on_case), month=_sum(mine), person_year=_sum(theirs), budget=_sum(desk), solution=_sum(alike),
        solution_times=sum(each.times for each in solved),
    )  # fmt: skip


def needs_for(
    tx: Connection, brand: str, case: CaseRow, wish: Wish, agent: Granter, now: datetime, zone: ZoneInfo,
    rules: Concessions, approvals: Approvals, playbook: Playbook | None,
) -> tuple[Need, ...]:  # fmt: skip
    """The approvals that a concession would need now. Raises Refused where none would help. It writes nothing."""
    before = spent(tx, brand, case, wish, agent.name, now, zone)
    by_limit = judge(wish, agent, rules, before, playbook)
    return (*by_limit, *needed(matter_of(wish, case), approvals, playbook, agent))


def grant(
    tx: Connection,
    brand: str,
    key: str,
    case_id: int,
    wish: Wish,
    agent: Granter,
    now: datetime,
    *,
    zone: ZoneInfo,
    rules: Concessions,
    approvals: Approvals,
    playbook: Playbook | None = None,
    due_by: datetime | None = None,
) -> Granted:
    """Gives a concession on a case, once for each `key` (a name that the hand gives this grant, such as a draft's id).

    A voucher takes a code of exactly its value once the brand has imported codes; it is then `granted`. Everything
    else is `promised` until `keep` says that it was done; `due_by` is by when that was promised. Raises NotAllowed,
    NeedsApproval, and Refused for a limit that no approval passes, a spent approval or an empty pool.
    """
    require(agent, "grant_within_limit")
    event_log.hold(tx, brand)
    known = ledger_store.by_key(tx, brand, key)
    if known is not None:
        if (known.case_id, known.kind, known.amount, known.currency, known.count) != (case_id, *_size(wish)):
            raise Refused(
                "Bu istek daha önce başka bir telafi için kullanıldı.", "This request was used for another concession."
            )
        return Granted(known, new=False)
    case = case_store.case(tx, brand, case_id)
    if case is None:
        raise Refused(f"{case_id} numaralı kayıt yok.", f"There is no case {case_id}.")
    if case.merged_into is not None:
        raise Refused(
            f"Bu kayıt {case.merged_into} ile birleştirildi; telafiyi orada verin.",
            f"This case was merged into {case.merged_into}; grant the concession there.",
        )
    needs = needs_for(tx, brand, case, wish, agent, now, zone, rules, approvals, playbook)
    approval_id = _approval(tx, brand, case, wish, needs, now) if needs else None
    code_id = _take_code(tx, brand, wish, now)
    columns: dict[str, Any] = {
        "case_id": case_id, "person_id": case.person_id, "kind": wish.kind, "currency": wish.currency,
        "amount": wish.money.amount if wish.money is not None else None, "count": wish.count, "code_id": code_id,
        "playbook": case.playbook, "solution": wish.solution, "granted_by": agent.name, "role": agent.roles[0],
        "state": "promised" if code_id is None else "granted", "approval_id": approval_id, "at": now,
        "month": month_of(now, zone), "due_by": due_by if code_id is None else None, "changed_at": now,
    }  # fmt: skip
    row = _found(tx, brand, ledger_store.add(tx, brand, key, **columns))
    data = {**_told(row), "state": row.state, "solution": row.solution, "approval": approval_id}
    _log(tx, row, "concession_granted", agent.name, now, data)
    return Granted(row, warning=_low(tx, brand, wish, rules, now) if code_id is not None else None)


def keep(tx: Connection, brand: str, concession_id: int, hand: Hand, now: datetime) -> ConcessionRow:
    """A promise was kept: refunded, sent, called, credited. Raises NotAllowed and Refused."""
    require(hand, "grant_within_limit")
    return _move(tx, brand, concession_id, hand, now, ("promised",), "granted", "concession_kept")


def redeem(tx: Connection, brand: str, concession_id: int, hand: Hand, now: datetime) -> ConcessionRow:
    """The customer used it. Raises NotAllowed and Refused."""
    require(hand, "grant_within_limit")
    return _move(tx, brand, concession_id, hand, now, ("promised", "granted"), "redeemed", "concession_redeemed")


def cancel(tx: Connection, brand: str, concession_id: int, hand: Hand, reason: str, now: datetime) -> Cancelled:
    """Takes a concession back, by whoever granted it or may cancel any. Its sum no longer counts for the limits.

    A code that nobody has read goes back into the pool; one that was read may be with the customer and does not.
    Raises NotAllowed, and Refused without a reason or for one that was redeemed or cancelled.
    """
    event_log.hold(tx, brand)
    row = _found(tx, brand, concession_id)
    if not (row.granted_by == hand.name and any_may(hand.roles, "grant_within_limit")):
        require(hand, "cancel_concession")
    reason = reason.strip()[:MAX_REASON]
    if not reason:
        raise Refused("Neden iptal edildiğini yazın.", "Say why it is cancelled.")
    if row.state not in ("promised", "granted"):
        raise _closed(row)
    code = "none"
    if row.code_id is not None:
        code = "returned" if ledger_store.return_code(tx, brand, row.code_id) else "lost"
    columns: dict[str, Any] = {"state": "cancelled", "reason": reason, "changed_at": now}
    if code == "returned":
        columns["code_id"] = None
    ledger_store.move(tx, brand, row.id, (row.state,), **columns)
    _log(tx, row, "concession_cancelled", hand.name, now, {**_told(row), "code": code})
    return Cancelled(_found(tx, brand, concession_id), code, _CODE_SAID[code])


def see_code(tx: Connection, brand: str, concession_id: int, hand: Hand, seal: Seal, now: datetime) -> str:
    """The voucher's code in the clear, to be handed to the customer; who looked and when is an event.

    Raises NotAllowed, and Refused where the concession has no code or is cancelled.
    """
    require(hand, "see_code")
    event_log.hold(tx, brand)
    row = _found(tx, brand, concession_id)
    if row.state == "cancelled":
        raise _closed(row)
    if row.code_id is None:
        raise Refused("Bu telafinin kodu yok.", "This concession has no code.")
    sealed, _ = ledger_store.see_code(tx, brand, row.code_id, now)
    code = seal.open(sealed)
    _log(tx, row, "voucher_code_seen", hand.name, now, {"concession": row.id})
    return code


def import_codes(
    tx: Connection, brand: str, file: CodeFile, seal: Seal, by: str, now: datetime
) -> tuple[int, int]:  # fmt: skip
    """Puts the codes of a file into the pool: how many were new, how many known before. `by` is a hand of the log."""
    rows = [
        {"digest": seal.digest(new.code), "sealed": seal.close(new.code), "amount": new.worth.amount,
         "currency": new.worth.currency, "expires_at": new.expires_at, "imported_at": now, "imported_by": by}
        for new in file.codes
    ]  # fmt: skip
    event_log.hold(tx, brand)
    new = ledger_store.add_codes(tx, brand, rows)
    if new:
        data = {"new": new, "known": len(rows) - new}
        event_log.append(tx, brand, type="voucher_codes_imported", at=now, by=by, recorded_at=now, data=data)
    return new, len(rows) - new


def low_codes(tx: Connection, brand: str, rules: Concessions, now: datetime) -> list[CodesLeft]:
    """The values of which fewer codes are left than the settings want; none where no code was ever imported."""
    return [each for each in ledger_store.codes_left(tx, brand, now) if each.left < rules.warn_below]


_CODE_SAID = {
    "none": Bilingual(tr="Telafi iptal edildi.", en="The concession is cancelled."),
    "returned": Bilingual(
        tr="Telafi iptal edildi; kodu kimse görmemişti, havuza geri döndü.",
        en="The concession is cancelled; nobody had seen its code, which is back in the pool.",
    ),
    "lost": Bilingual(
        tr="Telafi iptal edildi; kodu görüldüğü için havuza dönmez, mağaza sisteminde siz iptal edin.",
        en="The concession is cancelled; its code was seen and stays out of the pool: void it in the shop's system.",
    ),
}

_STATES = {
    "promised": ("söz verildi", "promised"), "granted": ("verildi", "granted"), "redeemed": ("kullanıldı", "redeemed"),
    "cancelled": ("iptal edildi", "cancelled"),
}  # fmt: skip


def _with_merged(tx: Connection, brand: str, case_id: int) -> list[int]:
    """A case and all that were merged into it, directly or not: what was given on them was given on this one."""
    found = [case_id]
    for each in found:  # grows while it is walked
        found += [merged for merged in joining.merged_from(tx, brand, each) if merged not in found]
    return found


def _approval(
    tx: Connection, brand: str, case: CaseRow, wish: Wish, needs: tuple[Need, ...], now: datetime
) -> int:  # fmt: skip
    matter = matter_of(wish, case)
    approval = approved_for(tx, brand, case.id, matter, needs, now)
    used = {row.approval_id for row in ledger_store.of_case(tx, brand, case.id)}
    if approval is None or approval.id in used:  # one yes is for one grant
        raise NeedsApproval(matter, needs)
    return approval.id


def _take_code(tx: Connection, brand: str, wish: Wish, now: datetime) -> int | None:
    if wish.kind != "voucher" or wish.money is None or not ledger_store.has_codes(tx, brand):
        return None
    code_id = ledger_store.take_code(tx, brand, wish.money.amount, wish.money.currency, now)
    if code_id is not None:
        return code_id
    others = [
        f"{each.amount} {each.currency} ({each.left})" for each in ledger_store.codes_left(tx, brand, now) if each.left
    ]
    raise Refused(
        f"{wish.money} değerinde kupon kodu kalmadı. Havuzdakiler: {', '.join(others) or 'yok'}. "
        "Yenilerini `nobet concessions codes` ile yükletin; hiçbir şey verilmedi.",
        f"No voucher code worth {wish.money} is left. In the pool: {', '.join(others) or 'none'}. "
        "Have new ones imported with `nobet concessions codes`; nothing was granted.",
    )


def _low(tx: Connection, brand: str, wish: Wish, rules: Concessions, now: datetime) -> Bilingual | None:
    for each in low_codes(tx, brand, rules, now):
        if wish.money == Money(each.amount, each.currency):
            return Bilingual(
                tr=f"{wish.money} değerinde {each.left} kupon kodu kaldı; yenilerini yükletin.",
                en=f"{each.left} voucher codes worth {wish.money} are left; have new ones imported.",
            )
    return None


def _move(
    tx: Connection, brand: str, concession_id: int, hand: Hand, now: datetime, expected: tuple[str, ...], state: str,
    type: str,
) -> ConcessionRow:  # fmt: skip
    event_log.hold(tx, brand)
    row = _found(tx, brand, concession_id)
    if not ledger_store.move(tx, brand, row.id, expected, state=state, changed_at=now):
        raise _closed(row)
    _log(tx, row, type, hand.name, now, _told(row))
    return _found(tx, brand, concession_id)


def _closed(row: ConcessionRow) -> Refused:
    tr, en = _STATES[row.state]
    return Refused(
        f"Bu telafi için artık olmaz; durumu: {tr}.", f"This concession is {en}; that cannot be done any more."
    )


def _found(tx: Connection, brand: str, concession_id: int) -> ConcessionRow:
    row = ledger_store.concession(tx, brand, concession_id)
    if row is None:
        raise Refused(f"{concession_id} numaralı telafi yok.", f"There is no concession {concession_id}.")
    return row


def _size(wish: Wish) -> tuple[str, Decimal | None, str | None, int]:
    return wish.kind, wish.money.amount if wish.money is not None else None, wish.currency, wish.count


def _sum(rows: Sequence[Given]) -> Decimal:
    return total((each.amount if each.amount is not None else Decimal(each.count)) * each.times for each in rows)


def _told(row: ConcessionRow) -> dict[str, Any]:
    amount = None if row.amount is None else format(row.amount, "f")
    return {"concession": row.id, "kind": row.kind, "amount": amount, "currency": row.currency, "count": row.count}


def _log(tx: Connection, row: ConcessionRow, type: str, by: str, now: datetime, data: dict[str, Any]) -> None:
    event_log.append(
        tx, row.brand, type=type, at=now, by=f"agent:{by}", recorded_at=now, case_id=row.case_id, data=data
    )  # fmt: skip
