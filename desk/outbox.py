"""The outbox: an agent presses send once, and the customer gets exactly one message, whenever the process dies.

A reply is a row before it is anything else (`enqueue`, in the transaction of the press). `deliver` takes one at a time
under a claim, and notes that it tries *before* it tries. So after any death one of three things is known: never tried
(send), tried and surely refused (send again, or tell), or tried and nobody knows. In the last case it is looked for on
the platform before anything is sent again; where the platform cannot be asked, it stands as `unsure` until a person has
looked. That it was sent, the event, and what follows from it on the case are one transaction. See docs/why/sending.md.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from desk.sending.protocol import (
    CannotTell,
    MaybeSent,
    NotSent,
    Outgoing,
    Receipt,
    Refused,
    Sender,
    SendError,
)
from desk.sending.registry import SenderError, Senders
from mention import Mention, clean_text
from store import events as event_log
from store import outbox as rows
from store.engine import Store
from store.outbox import OutboxRow

LEASE = timedelta(minutes=5)
"""How long a claim holds. An errand ends within four timeouts of a minute at most, and a claim is renewed between
looking and sending: a process that lives never loses its claim, one that died is followed after this."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
"""Waits between tries: doubled each time, for the platforms' sake."""

GIVE_UP = timedelta(hours=24)
"""After this a person is told: an answer that arrives a day late without anybody's knowledge is worse than none."""

NO_SENDER_PAUSE = timedelta(minutes=5)

log = logging.getLogger("nobet.outbox")

OnSent = Callable[[Connection, OutboxRow], None]
"""Called in the transaction in which a reply is recorded as sent, with the row as it is then."""


class OutboxError(ValueError):
    """Something that cannot be done with this reply; the message is a sentence for the agent."""


@dataclass(frozen=True)
class Delivered:
    """What one call came to: numbers of replies. `found` of `sent` were there already when they were looked for."""

    sent: int = 0
    found: int = 0
    later: int = 0
    failed: int = 0
    unsure: int = 0

    def __add__(self, other: Delivered) -> Delivered:
        return Delivered(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


def text_hash(text: str) -> str:
    """SHA-256 of a text, in hex: what was approved and what is sent are compared by it."""
    return hashlib.sha256(clean_text(text).encode()).hexdigest()


def enqueue(
    tx: Connection,
    brand: str,
    *,
    send_key: str,
    case_id: int,
    mention_id: int,
    mention: Mention,
    sender: Sender,
    private: bool,
    text: str,
    by: str,
    now: datetime,
    approval_id: int | None = None,
    approved_hash: str | None = None,
    hash_of: Callable[[str], str] = text_hash,
) -> OutboxRow:
    """Puts a reply to `mention` on its way, in the caller's transaction; the row, the same however often it is asked.

    `send_key` names this press of the button for ever (unique in the brand), `by` is `agent:NAME`, `now` aware. Where
    an approval is named, `hash_of(text)` must be its hash. Raises OutboxError where it is not, where the key was used
    for other words, and where the sender cannot reach the customer this way.
    """
    text = clean_text(text)
    if not text.strip():
        raise OutboxError("The reply is empty.")
    if approval_id is not None and (not approved_hash or hash_of(text) != approved_hash):
        raise OutboxError("The reply is not word for word what was approved. Ask for approval again; nothing was sent.")
    try:
        address = sender.address(mention, private)
    except Refused as refused:
        raise OutboxError(str(refused)) from None
    row, new = rows.add(
        tx, brand, send_key=send_key, case_id=case_id, mention_id=mention_id, channel=mention.channel,
        sender=sender.settings.sender, private=private, address=address, text=text, text_hash=text_hash(text),
        approval_id=approval_id, by=by, created_at=now, ends_at=now + GIVE_UP,
    )  # fmt: skip
    if not new:
        if (row.case_id, row.text_hash) != (case_id, text_hash(text)):
            raise OutboxError("This reply is on its way already, in other words. Write a new one instead.")
        return row
    _log(tx, row, "send_queued", by, now)
    return row


def deliver(
    store: Store, brand: str, senders: Senders, now: datetime, *, on_sent: OnSent | None = None, limit: int = 100
) -> Delivered:
    """Sends what is due, at most `limit` replies, one after the other; what became of them.

    `now` is aware; time that passes meanwhile is added. May run in several processes at once. Raises SenderError where
    `senders` may not send (a drill), and StoreError; a sender's own failure is the row's, and never raised.
    """
    if not senders.allow:
        raise SenderError("Nothing is sent here: this is a rehearsal.")
    began = time.monotonic()

    def at() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    total = Delivered()
    for _ in range(limit):
        with store.read() as tx:
            if not rows.is_due(tx, brand, at()):
                break
        with store.write() as tx:
            row = rows.claim(tx, brand, at(), at() + LEASE)
            known = rows.known_names(tx, row) if row else frozenset()
        if row is None:
            break
        total += _Errand(store, senders, row, known, at, on_sent).done()
    return total


class _Errand:
    """One claimed reply. `row` is as it was before the claim; `row.tried_at` says whether it may be there already."""

    def __init__(
        self, store: Store, senders: Senders, row: OutboxRow, known: frozenset[str], at: Callable[[], datetime],
        on_sent: OnSent | None,
    ) -> None:  # fmt: skip
        self.store, self.senders, self.row, self.known, self.at, self.on_sent = store, senders, row, known, at, on_sent
        self.claim = row.tries + 1

    def done(self) -> Delivered:
        """Looks where it must, sends where it may, and writes down what became of it."""
        row = self.row
        sender = self.senders.named(row.sender)
        if sender is None:
            sentence = f'There is no sender "{row.sender}" any more. Configure it again, or answer by hand.'
            return self._later(sentence, row.tried_at, self.at() + NO_SENDER_PAUSE)
        if text_hash(row.text) != row.text_hash:
            return self._over("failed", "The text was changed after it was written. Write a new reply.", row.tried_at)
        if row.tried_at is not None:
            settled = row.tried_at + settles(sender)
            if self.at() < settled:
                return self._later(row.error, row.tried_at, settled)
            found = self._look(sender)
            if not isinstance(found, bool):
                return found
        return self._send(sender)

    def _look(self, sender: Sender) -> Delivered | bool:
        """What became of it when it was there or cannot be known; True where it surely is not there."""
        row = self.row
        try:
            receipt = sender.find(self._outgoing(), self.at())
        except CannotTell as cannot:
            return self._over("unsure", str(cannot), row.tried_at)
        except Refused as refused:
            return self._over("failed", str(refused), None)
        except SendError as error:
            return self._later(str(error), row.tried_at, getattr(error, "retry_at", None))
        except Exception:
            log.exception("looking for reply %s with sender %s went wrong", row.id, row.sender)
            return self._later(f'Sender "{row.sender}" failed while it looked (see the log).', row.tried_at, None)
        if receipt is not None:
            return self._sent(receipt, receipt.at or row.tried_at or self.at(), found=True)
        with self.store.write() as tx:
            now = self.at()
            if not rows.renew(tx, row.id, self.claim, now, now + LEASE):
                return Delivered()  # somebody else has it now
        return True

    def _send(self, sender: Sender) -> Delivered:
        try:
            receipt = sender.send(self._outgoing(), self.at())
        except NotSent as error:
            return self._later(str(error), None, error.retry_at, error.everybody)
        except Refused as error:
            return self._over("failed", str(error), None)
        except SendError as error:
            tried = self.at()  # until now it may have been handed over: what a platform needs to show it begins here
            return self._later(str(error), tried, self._look_at(sender, tried, error))
        except Exception:
            log.exception("sending reply %s with sender %s went wrong", self.row.id, self.row.sender)
            tried = self.at()
            sentence = f'Sender "{self.row.sender}" failed (see the log); it is looked for before anything is sent.'
            return self._later(sentence, tried, tried + max(settles(sender), pause(self.row.tries)))
        return self._sent(receipt, receipt.at or self.at(), found=False)

    def _look_at(self, sender: Sender, tried: datetime, error: SendError) -> datetime:
        """When it may be looked for: not before the platform shows it, nor before it wants to be asked."""
        asked = error.retry_at if isinstance(error, MaybeSent) else None
        return max(tried + settles(sender), tried + pause(self.row.tries), asked or tried)

    def _outgoing(self) -> Outgoing:
        row = self.row
        return Outgoing(row.brand, row.send_key, row.text, row.private, row.address, row.created_at, self.known)

    def _sent(self, receipt: Receipt, sent_at: datetime, *, found: bool) -> Delivered:
        row, now = self.row, self.at()
        # A platform's clock may differ from ours; no answer was given before the press, nor after now.
        sent_at = min(max(sent_at, row.created_at), now)
        with self.store.write() as tx:
            event_log.hold(tx, row.brand)
            columns: dict[str, Any] = {"native_id": receipt.native_id, "url": receipt.url, "sent_at": sent_at}
            columns["error"] = ""
            if not rows.finish(tx, row.id, self.claim, state="sent", **columns):
                return Delivered()
            self._record(tx, replace(row, state="sent", tries=self.claim, **columns), sent_at, now, found)
        return Delivered(sent=1, found=int(found))

    def _record(self, tx: Connection, row: OutboxRow, sent_at: datetime, now: datetime, found: bool) -> None:
        _log(tx, row, "sent", row.by, now, sent_at, {"native_id": row.native_id, "link": row.url, "found": found})
        if self.on_sent is not None:
            self.on_sent(tx, row)

    def _later(
        self, sentence: str, tried_at: datetime | None, retry_at: datetime | None, everybody: bool = False
    ) -> Delivered:
        row, now = self.row, self.at()
        if now >= row.ends_at:
            over = f"{sentence} It was tried for {GIVE_UP.total_seconds() / 3600:.0f} hours."
            if tried_at is None:
                return self._over("failed", f"{over} Nothing was sent.", None)
            return self._over("unsure", f"{over} Look whether it is there; then say so, or send it again.", tried_at)
        next_at = max(retry_at or now + pause(row.tries), now)
        with self.store.write() as tx:
            event_log.hold(tx, row.brand)  # other replies' rows may be touched too: one order of locks for all
            columns = {"next_at": next_at, "tried_at": tried_at, "error": sentence}
            if rows.finish(tx, row.id, self.claim, state="queued", **columns) and everybody and retry_at:
                rows.hold_back(tx, row.brand, row.sender, retry_at)
        return Delivered(later=1)

    def _over(self, state: str, sentence: str, tried_at: datetime | None) -> Delivered:
        row, now = self.row, self.at()
        with self.store.write() as tx:
            event_log.hold(tx, row.brand)
            if not rows.finish(tx, row.id, self.claim, state=state, error=sentence, tried_at=tried_at):
                return Delivered()
            _log(tx, row, f"send_{state}", "system", now, None, {"error": sentence})
        return Delivered(failed=int(state == "failed"), unsure=int(state == "unsure"))


def settles(sender: Sender) -> timedelta:
    """How long after a try a message may be there and not be shown yet."""
    own = sender.settings.settles
    return sender.about.settles if own is None else timedelta(seconds=own)


def pause(tries: int) -> timedelta:
    """The wait after a try that follows `tries` others."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(tries, 20)
    return min(doubled, LONGEST_PAUSE)


# --- what a person does ---


def it_is_there(
    tx: Connection, brand: str, row_id: int, link: str, by: str, now: datetime, on_sent: OnSent | None = None
) -> OutboxRow:
    """A person looked and found the reply: it counts as sent when it was tried. `link` is the proof, '' for mails.

    Raises OutboxError where the reply does not wait for that, or the link is none.
    """
    link = link.strip()
    if link and (urlsplit(link).scheme not in ("http", "https") or not urlsplit(link).netloc or len(link) > 2000):
        raise OutboxError("The link must begin with https:// or http://.")
    row = _held(tx, brand, row_id)
    columns: dict[str, Any] = {"url": link or None, "sent_at": min(row.tried_at or now, now), "error": ""}
    _moved(tx, row, ("unsure", "failed"), state="sent", **columns)
    row = replace(row, state="sent", **columns)
    _log(tx, row, "sent", row.by, now, columns["sent_at"], {"link": row.url, "found_by": by})
    if on_sent is not None:
        on_sent(tx, row)
    return row


def send_again(tx: Connection, brand: str, row_id: int, by: str, now: datetime) -> OutboxRow:
    """A person looked, and the reply is not there: it goes out anew. Raises OutboxError where it does not wait."""
    row = _held(tx, brand, row_id)
    columns: dict[str, Any] = {"next_at": now, "tried_at": None, "ends_at": now + GIVE_UP, "error": ""}
    _moved(tx, row, ("unsure", "failed"), state="queued", **columns)
    _log(tx, row, "send_again", by, now)
    return replace(row, state="queued", **columns)


def cancel(tx: Connection, brand: str, row_id: int, by: str, now: datetime) -> OutboxRow:
    """A person takes the reply back. Raises OutboxError where it is being sent, may be there, or is."""
    row = _held(tx, brand, row_id)
    if row.state == "queued" and row.tried_at is not None:
        raise OutboxError("The reply may be there already; it is being looked for. Wait until that is known.")
    _moved(tx, row, ("queued", "failed", "unsure"), state="cancelled")
    _log(tx, row, "send_cancelled", by, now)
    return replace(row, state="cancelled")


def _held(tx: Connection, brand: str, row_id: int) -> OutboxRow:
    event_log.hold(tx, brand)
    row = rows.row(tx, brand, row_id)
    if row is None:
        raise OutboxError(f"There is no reply {row_id}.")
    return row


def _moved(tx: Connection, row: OutboxRow, states: tuple[str, ...], **columns: Any) -> None:
    if row.state not in states or not rows.move(tx, row.id, row.tries, states, **columns):
        raise OutboxError(f"The reply is {row.state} by now; look at the case again.")


def _log(
    tx: Connection, row: OutboxRow, type: str, by: str, now: datetime, at: datetime | None = None,
    data: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    about = {"reply": row.id, "sender": row.sender, "channel": row.channel, "private": row.private}
    event_log.append(
        tx, row.brand, type=type, at=at or now, by=by, recorded_at=now, case_id=row.case_id, mention_id=row.mention_id,
        data={**about, "text_hash": row.text_hash, **(data or {})},
    )  # fmt: skip
