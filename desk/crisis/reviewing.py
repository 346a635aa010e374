"""The review after a crisis: drafted from the log, written by people, signed once, and its actions followed to the end.

Numbers are reckoned from the log each time they are shown. What people write is kept with a version, so that two who
write at once notice. Signing freezes words and numbers together; from then on corrections are appended as notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from desk.crisis.course import keep_place, read_run, subject_of, write
from desk.crisis.review_draft import drafted
from desk.crisis.review_paper import export, quotes
from desk.crisis.review_reading import (
    SECTIONS,
    Review,
    ReviewLine,
    digest,
    lines,
    missing,
    person_in,
    read,
    row_of,
    sections_of,
)
from desk.in_force import ClocksInForce
from desk.roles import Refused
from desk.room import Room
from desk.settings import Settings
from playbooks.crisis.events import Event
from store import crises as crisis_store
from store import events as event_log
from store import reviews as review_store
from store import subjects
from store.columns import plain_json
from store.crises import CrisisRow
from store.engine import Store
from store.reviews import ActionRow, ReviewRow, WordsRow

LONGEST = 20_000
"""Characters of a section; a review that is longer is read by nobody."""

SHORT = 500
"""Characters of an action, a reason, a name."""


class Reviews(Room):
    """One person's hands on the brand's reviews."""

    # --- looking ---

    def reviews(self) -> tuple[ReviewLine, ...]:
        """Every crisis that is closed or reviewed, the newest first."""
        self._may("see_reports")
        with self.store.read() as tx:
            return lines(tx, self.brand)

    def review(self, crisis_id: int, now: datetime) -> Review:
        """The review of a crisis as it stands; of one that is still under way, its numbers so far."""
        self._may("see_reports")
        with self.store.read() as tx:
            return read(tx, self.settings, crisis_id, self.clocks, now)

    def export(self, crisis_id: int, format: str, language: str, now: datetime, names: bool = False) -> bytes:
        """The review as a file: html, pdf, json or md. `names`: who customers are, for those who may read of them."""
        self._may("see_reports")
        if names:
            self._may("see_customer_notes")
        return exported(self.store, self.settings, self.clocks, crisis_id, format, language, now, names)

    def quotes(
        self, crisis_id: int, now: datetime, names: bool = False, review: Review | None = None
    ) -> tuple[WordsRow, ...]:
        """Examples of what customers wrote, without who they are unless asked for and allowed.

        `review` is the one that is shown with them, where it was read already.
        """
        self._may("see_reports")
        if names:
            self._may("see_customer_notes")
        with self.store.read() as tx:
            found = review or read(tx, self.settings, crisis_id, self.clocks, now)
            return quotes(tx, self.brand, found.draft, names)

    def overdue_actions(self, now: datetime) -> tuple[ActionRow, ...]:
        """Open actions whose day is past in the desk's zone, the oldest day first."""
        today = now.astimezone(self.zone).date().isoformat()
        return tuple(each for each in self.open_actions() if each.due_on and each.due_on < today)

    def open_actions(self, owner: str | None = None) -> tuple[ActionRow, ...]:
        """Open actions of every review, the nearest day first; one person's alone where they are named."""
        self._may("see_reports")
        with self.store.read() as tx:
            found = review_store.open_actions(tx, self.brand)
        return tuple(each for each in found if owner is None or each.owner == owner)

    def proposals(self, playbook: str) -> tuple[ActionRow, ...]:
        """Open actions that propose to change a playbook or plan; adopting one is a human edit of the file."""
        self._may("see_reports")
        with self.store.read() as tx:
            return tuple(review_store.open_actions(tx, self.brand, playbook))

    # --- writing ---

    def draft(self, crisis_id: int, now: datetime) -> bool:
        """Begin the review of a closed crisis; False where it was begun before."""
        self._may("write_review")
        with self._crisis(crisis_id) as (tx, row):
            return begin(tx, row, self.by, now)

    def save(self, crisis_id: int, sections: Mapping[str, str], version: int, now: datetime) -> int:
        """Keep what somebody wrote over the version they had before them; answers the new version.

        `sections` are some or all of SECTIONS; those left out stay. Raises Refused where somebody else saved since.
        """
        self._may("write_review")
        for name, text in sections.items():
            if name not in SECTIONS:
                raise Refused(f"“{name}” diye bir bölüm yok.", f"There is no section {name!r}.")
            if len(text) > LONGEST:
                raise Refused(f"Bir bölüm en çok {LONGEST} karakter olabilir.",
                              f"A section has at most {LONGEST} characters.")  # fmt: skip
        with self._crisis(crisis_id) as (tx, row):
            begin(tx, row, self.by, now)
            kept = self._unsigned(tx, crisis_id)
            body = plain_json({"sections": {**sections_of(kept), **{k: v.strip() for k, v in sections.items()}}})
            if not review_store.save(tx, self.brand, crisis_id, body, version or 1, self.by, now):
                raise _overtaken(kept)
            told = {"version": kept.version + 1, "sha256": digest(body)}
            self._tell(tx, crisis_id, "review_saved", now, told)
            return kept.version + 1

    def sign(self, crisis_id: int, why: str, now: datetime, version: int | None = None) -> None:
        """Sign the review: its words and numbers are frozen, and the crisis is reviewed, all at once or not at all.

        `why` is what the signer says of it; `version` the one they read (the newest when left out). Raises Refused
        with what is missing.
        """
        self._may("sign_review")
        said = _words(why, "gerekçe", "a reason", SHORT)
        with self._crisis(crisis_id) as (tx, row):
            kept = self._unsigned(tx, crisis_id)
            if version is not None and version != kept.version:
                raise _overtaken(kept)
            if wanting := missing(kept, review_store.actions_of(tx, self.brand, crisis_id)):
                raise Refused(" ".join(each.tr for each in wanting), " ".join(each.en for each in wanting))
            self._end(tx, row, said, now)
            made = drafted(tx, row, self.clocks, self.settings.crisis, now)
            actions = [_frozen(each) for each in review_store.actions_of(tx, self.brand, crisis_id)]
            body = plain_json(
                {"sections": sections_of(kept), "actions": actions, "draft": made.model_dump(mode="json"), "why": said}
            )
            if not review_store.sign(tx, self.brand, crisis_id, body, kept.version, self.by, now):
                raise _overtaken(kept)
            told = {"version": kept.version, "sha256": digest(body), "why": said}
            self._tell(tx, crisis_id, "review_signed", now, told)

    def note(self, crisis_id: int, text: str, now: datetime) -> None:
        """Append a correction to a signed review."""
        self._may("write_review")
        said = _words(text, "not", "a note", LONGEST)
        with self._crisis(crisis_id) as (tx, _):
            kept = review_store.review(tx, self.brand, crisis_id)
            if kept is None or kept.signed_at is None:
                raise Refused("Değerlendirme henüz imzalanmadı; metni düzeltin.",
                              "The review is not signed yet; correct its text.")  # fmt: skip
            self._tell(tx, crisis_id, "review_noted", now, {"text": said})

    # --- actions ---

    def add_action(
        self, crisis_id: int, what: str, now: datetime, owner: str = "", due_on: str = "", playbook: str | None = None,
        change: str | None = None,
    ) -> int:  # fmt: skip
        """Write an action down; answers its id. `due_on` is a day (YYYY-MM-DD); owner and day may follow later, before
        the signature. `playbook` and `change` propose a change to a playbook or plan."""
        self._may("write_review")
        columns = self._columns(now, what=what, owner=owner, due_on=due_on, playbook=playbook, change=change)
        with self._crisis(crisis_id) as (tx, row):
            begin(tx, row, self.by, now)
            self._unsigned(tx, crisis_id)
            action_id = review_store.add_action(tx, self.brand, crisis_id, now, **columns)
            self._tell(tx, crisis_id, "review_action_added", now, {"action": action_id, **_some(columns)})
            return action_id

    def edit_action(self, action_id: int, now: datetime, **changes: str | None) -> None:
        """Change an open action: what, owner, due_on, playbook, change. Once the review is signed, only who does it and
        by when."""
        self._may("write_review")
        with self._action(action_id) as (tx, action):
            kept = review_store.review(tx, self.brand, action.crisis_id)
            columns = {
                name: value for name, value in self._columns(now, **changes).items() if getattr(action, name) != value
            }
            if kept is not None and kept.signed_at is not None and set(columns) - {"owner", "due_on"}:
                raise Refused("Değerlendirme imzalandı; eylemin yalnız sahibi ve günü değişebilir.",
                              "The review is signed; only the action's owner and day can change.")  # fmt: skip
            if not columns:
                return
            if not review_store.change_action(tx, self.brand, action_id, **columns):
                raise _settled()
            was = {name: getattr(action, name) for name in columns}
            told = {"action": action_id, "was": was, "is": columns}
            self._tell(tx, action.crisis_id, "review_action_changed", now, told)

    def settle_action(self, action_id: int, state: str, note: str, now: datetime, version: int | None = None) -> None:
        """An open action is done, or dropped with the reason in `note`; its owner may say so too.

        One that proposes a change to a playbook is done with the `version` of the playbook that contains it.
        """
        if state not in ("done", "dropped"):
            raise Refused(f"“{state}” bir sonuç değil: done ya da dropped.", f"{state!r} is neither done nor dropped.")
        said = _words(note, "not", "a note", SHORT) if state == "dropped" else " ".join(note.split())[:SHORT]
        with self._action(action_id) as (tx, action):
            if action.owner != self.me:
                self._may("write_review")
            told: dict[str, Any] = {"action": action_id, "state": state, "note": said}
            if action.playbook is not None and state == "done":
                told["version"] = self._adopted(action.playbook, version)
                said = f"{said} (v{version})".strip()
            if not review_store.change_action(tx, self.brand, action_id, state=state, settled_at=now, note=said):
                raise _settled()
            self._tell(tx, action.crisis_id, "review_action_settled", now, told)

    def _adopted(self, playbook: str, version: int | None) -> int:
        """The version of a playbook that is said to contain a change; there must be such a version."""
        if version is None or version < 1:
            raise Refused(f"Değişiklik hangi sürümde? {playbook} için sürüm numarasını yazın.",
                          f"Which version contains the change? Write the version of {playbook}.")  # fmt: skip
        if playbook in self.library and version > self.library[playbook].version:
            newest = self.library[playbook].version
            raise Refused(f"{playbook} senaryosunun son sürümü {newest}; önce senaryoyu değiştirin.",
                          f"The newest version of {playbook} is {newest}; change the playbook first.")  # fmt: skip
        return version

    # --- within ---

    @contextmanager
    def _crisis(self, crisis_id: int) -> Iterator[tuple[Connection, CrisisRow]]:
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)  # what is read from here on stays true until it is done
            yield tx, row_of(tx, self.brand, crisis_id)

    @contextmanager
    def _action(self, action_id: int) -> Iterator[tuple[Connection, ActionRow]]:
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            found = review_store.action(tx, self.brand, action_id)
            if found is None:
                raise Refused(f"{action_id} numaralı bir eylem yok.", f"There is no action {action_id}.")
            if found.state != "open":
                raise _settled()
            yield tx, found

    def _unsigned(self, tx: Connection, crisis_id: int) -> ReviewRow:
        kept = review_store.review(tx, self.brand, crisis_id)
        if kept is None:
            raise Refused("Bu krizin değerlendirmesi henüz yazılmadı.", "The review of this crisis is not written yet.")
        if kept.signed_at is not None:
            raise Refused("Değerlendirme imzalandı; artık değişmez. Düzeltmeyi not olarak ekleyin.",
                          "The review is signed and does not change any more; add a correction as a note.")  # fmt: skip
        return kept

    def _end(self, tx: Connection, row: CrisisRow, why: str, now: datetime) -> None:
        """The run's steps of kind review are done by the signature, and the crisis is reviewed by it."""
        run = read_run(tx, row, self.clocks.deadlines())
        if run.state(now).stage == "reviewed":
            return  # somebody said so in the room; what was missing is the signature
        events: list[Event] = []
        while waiting := [duty for duty in run.fed(*events).state(now).open if duty.kind == "step"]:
            step = next((d.step for d in waiting if run.plan.by_id[d.step].kind == "review"), None)
            if step is None:
                tr, en = (", ".join(duty.title.say(language) for duty in waiting) for language in ("tr", "en"))
                raise Refused(f"Önce şu adımlar bitmeli: {tr}.", f"These steps must be done first: {en}.")
            events.append(Event(now, "done", self.by, step=step))
            if len(events) > len(run.plan.steps):
                break  # a plan whose review leads to itself; the refusal below says so
        reviewed = Event(now, "reviewed", self.by, why=why)
        if (refusal := run.fed(*events).refusal(reviewed)) is not None:
            raise Refused(f"Kriz değerlendirilmiş sayılamaz: {refusal.tr}.",
                          f"The crisis cannot be reviewed: {refusal.en}.")  # fmt: skip
        for event in (*events, reviewed):
            write(tx, row, event, now)
        keep_place(tx, row, read_run(tx, row, self.clocks.deadlines()).state(now))

    def _columns(self, now: datetime, **given: str | None) -> dict[str, Any]:
        """An action's columns from what was typed; raises Refused for a day that is none, or past."""
        columns: dict[str, Any] = {}
        for name, value in given.items():
            if name not in ("what", "owner", "due_on", "playbook", "change"):
                raise TypeError(f"an action has no {name!r}")
            columns[name] = " ".join((value or "").split())[:SHORT]
        if "what" in columns:
            columns["what"] = _words(columns["what"], "ne yapılacağı", "what is to be done", SHORT)
        if "due_on" in columns:
            columns["due_on"] = _day(columns["due_on"], now.astimezone(self.zone).date())
        if "change" in columns:
            columns["change"] = (given["change"] or "").strip()[:LONGEST] or None
        if "playbook" in columns:
            columns["playbook"] = columns["playbook"] or None
        return columns

    def _tell(self, tx: Connection, crisis_id: int, type: str, now: datetime, data: Mapping[str, Any]) -> None:
        tell(tx, self.brand, crisis_id, type, self.by, now, data)


# --- for the worker, the command line, and whoever closes a crisis ---


def begin(tx: Connection, row: CrisisRow, by: str, now: datetime) -> bool:
    """Begin the review of a crisis, in the transaction that closes it or later; False where it was begun before.

    Raises Refused for a crisis that is not closed.
    """
    if row.stage not in ("closed", "reviewed"):
        raise Refused(
            "Değerlendirme kriz kapatıldıktan sonra yazılır.", "A review is written once the crisis is closed."
        )
    body = {"sections": dict.fromkeys(SECTIONS, "")}
    if not review_store.draft(tx, row.brand, row.id, body, by, now):
        return False
    tell(tx, row.brand, row.id, "review_drafted", by, now, {"version": 1})
    return True


def draft_closed(store: Store, settings: Settings, now: datetime) -> int:
    """Begin the reviews of all closed crises that have none; answers how many. For the worker; it may be killed
    anywhere and asked again."""
    brand, begun = settings.brand.key, 0
    with store.read() as tx:
        waiting = review_store.undrafted(tx, brand)
    for crisis_id in waiting:
        with store.write() as tx:
            event_log.hold(tx, brand)
            row = crisis_store.crisis(tx, brand, crisis_id)
            if row is not None and row.stage == "closed":
                begun += begin(tx, row, "system", now)
    return begun


def exported(
    store: Store, settings: Settings, clocks: ClocksInForce, crisis_id: int, format: str, language: str, now: datetime,
    names: bool = False,
) -> bytes:  # fmt: skip
    """A review as a file, whoever asks. Raises Refused where there is no such crisis, ValueError for no such format."""
    with store.read() as tx:
        found = read(tx, settings, crisis_id, clocks, now)
        examples = quotes(tx, settings.brand.key, found.draft, names)
    return export(found, examples, format, language, settings.desk.zone)


def tell(
    tx: Connection, brand: str, crisis_id: int, type: str, by: str, now: datetime, data: Mapping[str, Any]
) -> None:  # fmt: skip
    """Write an event of a review into the log, about its crisis."""
    subjects.append(tx, brand, subject_of(crisis_id), type=type, at=now, by=by, recorded_at=now, data=data)


def _frozen(action: ActionRow) -> dict[str, Any]:
    names = ("id", "what", "owner", "due_on", "state", "playbook", "change", "note")
    return {name: getattr(action, name) for name in names}


def _some(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if value}


def _words(text: str, tr: str, en: str, longest: int) -> str:
    words = text.strip()
    if not words:
        raise Refused(f"Eksik: {tr}.", f"Write {en}.")
    return words[:longest]


def _day(text: str, today: date) -> str:
    if not text:
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(f"“{text[:20]}” bir gün değil; 2026-11-30 gibi yazın.",
                      f"{text[:20]!r} is not a day; write it such as 2026-11-30.") from None  # fmt: skip
    if day < today:
        raise Refused(f"{day} geçmişte kaldı; bugün ya da sonrasını yazın.",
                      f"{day} is past; write today or a later day.")  # fmt: skip
    return day.isoformat()


def _overtaken(kept: ReviewRow) -> Refused:
    who = person_in(kept.edited_by)
    return Refused(
        f"Siz yazarken {who} değerlendirmeyi kaydetti (sürüm {kept.version}); yenisini okuyup kendinizinkini ekleyin. "
        "Sizin yazdığınız kaydedilmedi.",
        f"{who} saved the review while you were writing (version {kept.version}); read it and add yours. What you "
        "wrote was not saved.",
    )


def _settled() -> Refused:
    return Refused("Bu eylem kapandı; artık değişmez.", "That action is settled and does not change any more.")
