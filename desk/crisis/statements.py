"""Statements: drafted, checked, approved word for word by those who must, published, and counted as an update.

A text that was asked for is frozen until it is decided or taken back; a changed text needs its approvals again. Who
must approve which kind stands in the settings. A writer who has one of the roles says yes by writing, as long as
somebody else says yes too: nobody's words go out that only they have read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from desk.approvals import Decision, Need, able, counted, need_from, open_of, say_needs, turn, verdict
from desk.crisis.acting import SHORT, Acting, Held, presence_of, typed
from desk.crisis.running import web_link
from desk.crisis.settings import STATEMENTS
from desk.crisis.words import STATEMENT_WORDS
from desk.replies.check import Finding, check
from desk.replies.context import Reader, context_for
from desk.roles import NotAllowed, Refused, said
from mention import CHANNEL_FAMILY, LANGUAGES
from playbooks.crisis.events import Event
from playbooks.crisis.plan import Plan
from playbooks.schema import Bilingual
from store.rows import EventRow

COUNTS_AS_UPDATE = ("holding", "update")
PLACES = ("web", "press")
"""Where a statement stands beside the channels that mentions come from."""

_PATIENCE = timedelta(minutes=10)
"""How long an approver is waited for where the plan says nothing: a seat's own default."""


@dataclass(frozen=True)
class Publication:
    """Where a statement was published: its channel and link, by whom, when."""

    channel: str
    url: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Statement:
    """A statement as it stands. `state` is draft, asked, approved, rejected or published."""

    id: int
    kind: str
    language: str
    text: str
    channels: tuple[str, ...]
    text_hash: str
    written_by: str
    written_at: datetime
    version: int = 1
    state: str = "draft"
    asked_by: str = ""
    asked_at: datetime | None = None
    needs: tuple[Need, ...] = ()
    decisions: tuple[Decision, ...] = ()
    approved_at: datetime | None = None
    note: str = ""
    published: tuple[Publication, ...] = ()

    @property
    def may_go_out(self) -> bool:
        """Whether these very words are approved."""
        return self.state in ("approved", "published")


def text_hash(kind: str, language: str, text: str, channels: Sequence[str]) -> str:
    """SHA-256, in hex, over everything that an approval is about: one changed character is another text."""
    about = [kind, language, text, sorted(channels)]
    return hashlib.sha256(json.dumps(about, ensure_ascii=True).encode("ascii")).hexdigest()


def statements_of(log: Iterable[EventRow]) -> tuple[Statement, ...]:
    """The statements of a crisis, in the order in which they were first drafted. Pure."""
    found: dict[int, Statement] = {}
    for row in log:
        name = row.type.removeprefix("crisis_statement_")
        if name == row.type:
            continue
        if name == "drafted":
            told = row.data
            found[row.id] = Statement(
                row.id, told["kind"], told["language"], told["text"], tuple(told["channels"]), told["text_hash"],
                row.by, row.at,
            )  # fmt: skip
        elif (one := found.get(int(row.data["statement"]))) is not None:
            found[one.id] = _moved(one, name, row)
    return tuple(found.values())


def _moved(one: Statement, name: str, row: EventRow) -> Statement:
    told = row.data
    blank: dict[str, Any] = {"needs": (), "decisions": (), "asked_by": "", "asked_at": None, "approved_at": None}
    if name == "changed":
        return replace(
            one, text=told["text"], channels=tuple(told["channels"]), text_hash=told["text_hash"], written_by=row.by,
            written_at=row.at, version=one.version + 1, state="draft", note="", **blank,
        )  # fmt: skip
    if name == "asked":
        needs = tuple(need_from(need) for need in told["needs"])
        return replace(one, **blank | {"state": "asked", "asked_by": row.by, "asked_at": row.at, "needs": needs})
    if name in ("step", "approved", "rejected"):
        made = tuple(
            Decision(place, row.by, role, name != "rejected", row.at, told.get("note", ""))
            for place, role in zip(told["needs"], told["roles"], strict=True)
        )
        decided = replace(one, decisions=(*one.decisions, *made))
        if name == "step":
            return decided
        approved = row.at if name == "approved" else None
        return replace(decided, state=name, approved_at=approved, note=told.get("note", ""))
    if name == "withdrawn":
        return replace(one, state="draft", **blank)
    gone = Publication(told["channel"], told["url"], row.by, row.at)
    return replace(one, state="published", published=(*one.published, gone))


class Statements(Acting):
    """Writing, checking, approving and publishing what the brand says."""

    reader: Reader | None = None

    # --- writing ---

    def draft(self, crisis_id: int, kind: str, language: str, text: str, channels: Sequence[str], now: datetime) -> int:
        """Write a statement; answers its id. `kind` is one of STATEMENTS, `channels` where it is to stand."""
        told = self._words(kind, language, text, channels)
        with self._held(crisis_id, now, "work_crisis") as held:
            if held.state.stage in ("reviewed", "dismissed"):
                self._refuse_stage(held)
            return self._tell(held, "crisis_statement_drafted", now, told)

    def change(
        self, crisis_id: int, statement_id: int, text: str, channels: Sequence[str], now: datetime,
        expected: int | None = None,
    ) -> None:  # fmt: skip
        """Write a statement anew; its approvals are over. `expected` is the version that I saw."""
        with self._held(crisis_id, now, "work_crisis") as held:
            one = self._statement(held, statement_id)
            if expected is not None and one.version != expected:
                who, at = self._who(one.written_by, "tr"), self._clock(one.written_at)
                raise Refused(f"Metni {who} saat {at} itibarıyla değiştirdi; önce onu okuyun.",
                              f"{who} changed the text at {at}; read that first.")  # fmt: skip
            if one.state == "asked":
                raise Refused("Metin onayda bekliyor; değiştirmek için önce geri çekin.",
                              "The text waits for approval; withdraw it before you change it.")  # fmt: skip
            if one.published:
                raise Refused("Yayımlanan metin değişmez; bir düzeltme yazın.",
                              "What was published is not changed; write a correction.")  # fmt: skip
            told = self._words(one.kind, one.language, text, channels)
            if told["text_hash"] != one.text_hash:
                self._tell(held, "crisis_statement_changed", now, {"statement": one.id, **told})

    def _words(self, kind: str, language: str, text: str, channels: Sequence[str]) -> dict[str, Any]:
        if kind not in STATEMENTS:
            raise Refused(f"“{kind}” diye bir açıklama türü yok.", f"There is no kind of statement {kind!r}.")
        if language not in LANGUAGES:
            raise Refused("Dil tr ya da en olmalı.", "The language is tr or en.")
        where = tuple(dict.fromkeys(channels))
        unknown = [channel for channel in where if channel not in CHANNEL_FAMILY and channel not in PLACES]
        if unknown or (not where and kind != "answer"):
            raise Refused(f"Kanal seçin; bilinmeyen: {', '.join(unknown) or '–'}.",
                          f"Choose a channel; not known: {', '.join(unknown) or '–'}.")  # fmt: skip
        words = self._text(text)
        return {
            "kind": kind, "language": language, "text": words, "channels": list(where),
            "text_hash": text_hash(kind, language, words, where),
        }  # fmt: skip

    def check_statement(
        self, crisis_id: int, kind: str, language: str, text: str, channels: Sequence[str], now: datetime
    ) -> tuple[Finding, ...]:
        """What is wrong with a text before it is asked for, the blocking findings first: promises, banned words, what
        the plan says must not be said, what no stranger may read."""
        plan = Plan.model_validate(self.crisis(crisis_id).body)
        return self._findings(plan, kind, language, text, channels, now)

    def _findings(
        self, plan: Plan, kind: str, language: str, text: str, channels: Sequence[str], now: datetime
    ) -> tuple[Finding, ...]:
        found: dict[tuple[str, int, int], Finding] = {}
        for channel in [one for one in channels if one in CHANNEL_FAMILY] or ["news"]:
            context = context_for(
                channel, "en" if language == "en" else "tr", now=now, zone=self.zone, public=True, agent=self.me,
                colleagues=tuple(name for name in self.agents() if name != self.me), brand=self.brand_name,
                apology=kind == "apology", contact=self.settings.brand.contact,
                do_not_say=tuple(each.say.say(language) for each in plan.do_not_say),
            )  # fmt: skip
            for one in check(text, context, self.reader):
                found.setdefault((one.rule, one.start, one.end), one)
        return tuple(sorted(found.values(), key=lambda one: (not one.blocks, one.start, one.end, one.rule)))

    # --- approving ---

    def ask(self, crisis_id: int, statement_id: int, now: datetime) -> str:
        """Ask for the approvals that a statement needs; answers `asked`. Its text is frozen from here on.

        Raises Refused where the check blocks, and where nobody but its writer could approve it.
        """
        with self._held(crisis_id, now, "work_crisis") as held:
            one = self._statement(held, statement_id)
            if one.state == "asked":
                return "asked"
            if one.state not in ("draft", "rejected"):
                raise Refused("Bu metin zaten onaylandı.", "This text is approved already.")
            wrong = [
                each
                for each in self._findings(held.run.plan, one.kind, one.language, one.text, one.channels, now)
                if each.blocks
            ]
            if wrong:
                raise Refused(" ".join(f.say("tr") for f in wrong[:3]), " ".join(f.say("en") for f in wrong[:3]))
            needs = counted(self._needs(held, one), now)
            told = {"statement": one.id, "text_hash": one.text_hash, "needs": [need.json() for need in needs]}
            self._tell(held, "crisis_statement_asked", now, told)
            return "asked"

    def needs_of(self, crisis_id: int, statement_id: int, now: datetime, language: str) -> str:
        """Who must approve a statement, as a sentence."""
        with self.store.read() as tx:
            held = self._read(tx, crisis_id, now)
            one = self._statement(held, statement_id)
            return say_needs(one.needs or self._needs(held, one), language)

    def _needs(self, held: Held, one: Statement) -> tuple[Need, ...]:
        writer = one.written_by.removeprefix("agent:")
        theirs = self.as_agent(writer)._seats(held.run, held.state.now) if writer in self.agents() else frozenset()
        groups = self.settings.crisis.statement_approvals.of(one.kind)
        asked = [group for group in groups if not set(group) & theirs] or list(groups[-1:])
        return tuple(self._reachable(held, group, writer, one.kind) for group in asked)

    def _reachable(self, held: Held, group: tuple[str, ...], writer: str, kind: str) -> Need:
        """A need as somebody can meet it now: by the roles asked for, else by their deputies in the plan, else by
        whoever may approve a statement at all."""
        presence = presence_of(held.run)
        why = STATEMENT_WORDS[kind]
        chain = [seat for role in group for seat in held.run.plan.chain(role)]
        deputy = next((role for role in able([s.role for s in chain], "statement") if role not in group), None)
        patience = next((s.hand_over_after for s in chain if s.role in group), _PATIENCE)
        away = {name for name in self.agents() if self._away(held, presence, name)}
        for others in (
            [n for n in self.agents() if n not in (writer, *away)],
            [n for n in self.agents() if n != writer],
        ):
            roles = {role for name in others for role in self.as_agent(name)._seats(held.run, held.state.now)}
            if set(group) & roles:
                return Need(group, why, deputy if deputy in roles else None, patience)
            rest = [deputy] if deputy in roles else list(able(sorted(roles), "statement"))
            if rest:
                return Need(tuple(role for role in rest if role), why)
        wanted = [said(group, language) for language in ("tr", "en")]
        raise Refused(
            f"Bunu yazandan başka onaylayabilecek kimse yok; ayarlarda birine şu rolü verin: {wanted[0]}.",
            f"Nobody but its writer may approve this; give somebody this role in the settings: {wanted[1]}.",
        )

    def _away(self, held: Held, presence: Any, name: str) -> bool:
        known = [e for e in presence.changes if e.person == name and e.type in ("absent", "present", "handed_over")]
        if known:
            return bool(known[-1].type == "absent")
        return name in held.row.people.get("away", ())

    def approve(self, crisis_id: int, statement_id: int, note: str, now: datetime, expected: str | None = None) -> None:
        """Say yes in every role whose turn is mine. `expected` is the `text_hash` of the words that I read."""
        self._decide(crisis_id, statement_id, True, note, now, expected)

    def reject(self, crisis_id: int, statement_id: int, note: str, now: datetime, expected: str | None = None) -> None:
        """Say no, and why; one no is enough."""
        typed(note, SHORT, "gerekçe", "reason")
        self._decide(crisis_id, statement_id, False, note, now, expected)

    def _decide(
        self, crisis_id: int, statement_id: int, yes: bool, note: str, now: datetime, expected: str | None
    ) -> None:
        note = typed(note, SHORT, "not", "note", needed=False)
        with self._held(crisis_id, now, "approve_statement") as held:
            one = self._statement(held, statement_id)
            if one.state != "asked" or (expected is not None and expected != one.text_hash):
                raise Refused("Bu metin onay beklemiyor ya da bu arada değişti; yenileyip okuyun.",
                              "This text does not wait for approval, or it changed; read it again.")  # fmt: skip
            if one.written_by == self.by:
                raise NotAllowed("Kendi yazdığınızı onaylayamazsınız.", "Nobody approves what they wrote themselves.")
            mine = [
                (place, role)
                for place, need in enumerate(one.needs)
                if open_of(place, need, one.decisions)
                and not any(each.need == place and each.by == self.by for each in one.decisions)
                and (role := turn(need, able(sorted(held.seats), "statement"), now)) is not None
            ]
            if not mine:
                raise NotAllowed(f"Sıra sizde değil. {say_needs(one.needs, 'tr')}",
                                 f"It is not your turn. {say_needs(one.needs, 'en')}")  # fmt: skip
            made = tuple(Decision(place, self.by, role, yes, now, note) for place, role in mine)
            state = verdict(one.needs, (*one.decisions, *made))
            type = {"approved": "crisis_statement_approved", "rejected": "crisis_statement_rejected"}
            told = {
                "statement": one.id, "text_hash": one.text_hash, "needs": [place for place, _ in mine],
                "roles": [role for _, role in mine], "note": note,
            }  # fmt: skip
            self._tell(held, type.get(state, "crisis_statement_step"), now, told)

    def withdraw(self, crisis_id: int, statement_id: int, now: datetime) -> None:
        """Take a text back from its approvers, to change it: its writer, whoever asked, or who may undo others."""
        with self._held(crisis_id, now, "work_crisis") as held:
            one = self._statement(held, statement_id)
            if one.state != "asked":
                raise Refused("Bu metin onay beklemiyor.", "This text does not wait for approval.")
            if self.by not in (one.written_by, one.asked_by):
                self._need(held, "undo_other")
            self._tell(held, "crisis_statement_withdrawn", now, {"statement": one.id})

    # --- publishing ---

    def published(
        self, crisis_id: int, statement_id: int, channel: str, url: str, now: datetime, at: datetime | None = None
    ) -> None:
        """An approved statement stands in a channel now; the first time is the run's update for the kinds that are one.

        `at`: when it was published, not before it was approved and not later than now. The same channel is told once.
        """
        url, at = web_link(url), at or now
        with self._held(crisis_id, now, "publish_statement") as held:
            one = self._statement(held, statement_id)
            before = next((each for each in one.published if each.channel == channel), None)
            if before is not None:
                if (before.by, before.url) == (self.by, url):
                    return
                who, when = self._who(before.by, "tr"), self._clock(before.at)
                raise Refused(f"{channel} kanalında zaten yayımlandı ({who}, {when}).",
                              f"It was published on {channel} already ({who}, {when}).")  # fmt: skip
            if one.kind == "answer":
                raise Refused("Toplu yanıt yayımlanmaz; kayıtlara uygulanır.",
                              "An answer for many is applied to cases, and not published.")  # fmt: skip
            if not one.may_go_out or one.approved_at is None:
                raise Refused("Bu metin onaylanmadan yayımlanamaz.", "This text is not approved yet.")
            if channel not in one.channels:
                raise Refused(f"Bu metin {channel} için onaylanmadı.", f"This text was not approved for {channel}.")
            if at.tzinfo is None or not one.approved_at <= at <= now:
                raise Refused("Yayım saati onaydan önce ya da gelecekte olamaz.",
                              "It cannot be published before it was approved, nor later than now.")  # fmt: skip
            told = {"statement": one.id, "text_hash": one.text_hash, "channel": channel, "url": url}
            self._tell(held, "crisis_statement_published", at, told, recorded_at=now)
            event = Event(at, "updated", self.by)
            if one.kind in COUNTS_AS_UPDATE and not one.published and held.run.refusal(event) is None:
                more = {"channel": channel, "url": url, "statement": one.id}
                self._write(held, "updated", now, more, happened_at=at)

    def _statement(self, held: Held, statement_id: int) -> Statement:
        found = next((one for one in statements_of(held.log) if one.id == statement_id), None)
        if found is None:
            raise Refused("Böyle bir açıklama yok.", "There is no such statement.")
        return found


def needs_open(one: Statement) -> tuple[Bilingual, ...]:
    """The roles that a statement still waits for."""
    waits = [need for place, need in enumerate(one.needs) if open_of(place, need, one.decisions)]
    return tuple(Bilingual(tr=said(need.by, "tr"), en=said(need.by, "en")) for need in waits)
