"""Playbooks and crisis plans on the board: read, compared, changed with the check running, and put back.

The log is the truth and the file follows it. A change is prepared as the kept text of the new version, then written
into the log, then moved into force; whoever dies in between leaves either nothing, or an event whose text is put in
force by whoever looks next (`settle`). All of it happens under the brand's place in the log, so that two who save at
once are one after the other, and the second is told who was first.

A run keeps its version: a crisis its whole plan, a case its steps and their deadlines; what is said to do in a step of
a case is read from the version in force.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from statistics import median

from sqlalchemy import Connection

from desk.crisis.opening import crisis_plans
from desk.crisis.reviewing import Reviews
from desk.desk import Desk
from desk.playbook_files import Files
from desk.roles import Refused, any_may, require
from desk.settings import library_of, playbooks_written_at
from playbooks.bundle import lent_problems
from playbooks.changes import said_changes, said_line
from playbooks.crisis.plan import Plan
from playbooks.crisis.shelf import difference
from playbooks.editing import KINDS, Reading, digest, read_text, with_version
from playbooks.schema import Library, Playbook
from playbooks.shelf import Finding
from store import events as event_log
from store import playbook_numbers as numbers
from store import subjects
from store.crises import CrisisRow
from store.playbook_numbers import RunRow, StepCount
from store.reviews import ActionRow
from store.rows import EventRow

CHANGED = "playbook_changed"
"""The event of a new version; its subject is `playbook:ID` or `plan:ID`."""

SUMMARY = 40
"""Lines of what changed that the log keeps; the texts themselves are kept as files."""

_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class Version:
    """One version of a playbook or plan: who put it in force and why, and what changed with it.

    `changes` are lines of playbooks.crisis.shelf.difference; `by` and `at` are empty for one that came with Nöbet or
    was edited in its file. `kept`: its text is there to be compared and put back.
    """

    number: int
    by: str
    at: datetime | None
    why: str
    changes: tuple[str, ...]
    restored: int | None
    kept: bool
    in_force: bool

    def said(self, language: str) -> tuple[str, ...]:
        """What changed with it, a line each, in Turkish (`tr`) or English."""
        return tuple(said_line(line, language) for line in self.changes)


@dataclass(frozen=True)
class Numbers:
    """How a playbook did since a moment. `minutes` is the median from the customer's post to the first human answer,
    over the `answered` runs; those still without one are `runs - answered`."""

    runs: int
    finished: int
    answered: int
    minutes: float | None
    versions: Mapping[int, int]
    steps: Mapping[str, StepCount]
    last: tuple[RunRow, ...]


class PlaybookBook:
    """One person's view of the brand's playbooks and plans, and their hands on them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.store, self.brand, self.settings = desk.store, desk.brand, desk.settings
        self.files = Files(desk.settings)

    def may_edit(self) -> bool:
        """Whether I may change a playbook here."""
        return any_may(self.desk.agent().roles, "edit_playbook") and self.settings.drill is None

    # --- looking ---

    def library(self) -> Library:
        """The playbooks as their files are now. Raises playbooks.shelf.LibraryError."""
        return _shelf(self)[0]

    def plans(self) -> Mapping[str, Plan]:
        """The crisis plans as their files are now. Raises playbooks.shelf.LibraryError."""
        return _shelf(self)[1]

    def part(self, kind: str, id: str) -> Playbook | Plan:
        """A playbook or plan in force. Raises Refused where there is none."""
        found = (self.plans() if kind == "plan" else self.library()).get(id) if kind in KINDS else None
        if found is None:
            raise Refused(f"“{id[:80]}” diye bir senaryo yok.", f"There is no playbook or plan {id[:80]!r}.")
        return found

    def text(self, kind: str, id: str) -> str:
        """The text in force, comments and all."""
        self.part(kind, id)
        return self.files.text(kind, id)

    def versions(self, kind: str, id: str) -> tuple[Version, ...]:
        """Every version that is known, the newest first; it never shows one that is not in force yet."""
        now = self.part(kind, id).version
        with self.store.read() as tx:
            told = {int(event.data["to"]): event for event in self._told(tx, kind, id)}
        kept = set(self.files.versions(kind, id))
        found = []
        for number in sorted({now, *kept, *told}, reverse=True):
            event = told.get(number)
            if number > now:
                continue
            found.append(
                Version(
                    number, _name(event), event.at if event else None, str(event.data["why"]) if event else "",
                    tuple(event.data["changes"]) if event else (), event.data.get("restored") if event else None,
                    number in kept or number == now, number == now,
                )
            )  # fmt: skip
        return tuple(found)

    def version_text(self, kind: str, id: str, number: int) -> str:
        """The text of a version. Raises Refused where it was not kept."""
        part = self.part(kind, id)
        text = self.files.text(kind, id) if part.version == number else self.files.kept(kind, id, number)
        if text is None:
            raise Refused(f"{number}. sürümün metni saklanmamış.", f"The text of version {number} was not kept.")
        return text

    def compared(self, kind: str, id: str, number: int, language: str) -> tuple[str, ...]:
        """What changed from a version to the one in force, a line each; none where the two are equal."""
        part = self.part(kind, id)
        old = read_text(kind, id, self.version_text(kind, id, number)).part
        return said_changes(old, part, language) if old is not None and type(old) is type(part) else ()

    def check(self, kind: str, id: str, text: str) -> Reading:
        """What a text says and what is wrong with it, also against the other playbooks and plans."""
        return _checked(kind, id, text, self)

    def changes(self, kind: str, id: str, new: Playbook | Plan, language: str) -> tuple[str, ...]:
        """What a text would change against what is in force; the version is raised anyway and is no change."""
        old = self.part(kind, id)
        same = new.model_copy(update={"version": old.version})
        return said_changes(old, same, language) if type(old) is type(new) else ()

    def runs(self, since: datetime) -> Mapping[str, int]:
        """How many runs of each playbook began since then."""
        with self.store.read() as tx:
            return numbers.runs_since(tx, self.brand, since)

    def numbers(self, id: str, since: datetime) -> Numbers:
        """How a playbook did since then."""
        with self.store.read() as tx:
            runs = numbers.runs_of(tx, self.brand, id, since)
            steps = numbers.steps_of(tx, self.brand, id, since)
        took = [(run.answered_at - run.posted_at).total_seconds() / 60 for run in runs if run.answered_at is not None]
        versions: dict[int, int] = {}
        for run in runs:
            versions[run.version] = versions.get(run.version, 0) + 1
        finished = sum(run.finished_at is not None for run in runs)
        minutes = median(took) if took else None
        return Numbers(len(runs), finished, len(took), minutes, versions, steps, tuple(runs[:5]))

    def crises(self, plan: str) -> tuple[CrisisRow, ...]:
        """The crises that were run by a plan, the newest first."""
        with self.store.read() as tx:
            return tuple(numbers.crises_of(tx, self.brand, plan))

    def proposals(self, id: str = "") -> tuple[ActionRow, ...]:
        """Changes that reviews propose and nobody settled yet: of one playbook or plan, or of all of them."""
        if not any_may(self.desk.agent().roles, "see_reports"):
            return ()
        reviews = Reviews(self.store, self.settings, self.library(), self.desk.me)
        return reviews.proposals(id) if id else tuple(one for one in reviews.open_actions() if one.playbook)

    def adopt(self, action_id: int, version: int, now: datetime) -> None:
        """A proposal is contained in this version."""
        reviews = Reviews(self.store, self.settings, self.library(), self.desk.me)
        reviews.settle_action(action_id, "done", "", now, version)

    # --- changing ---

    def save(
        self, kind: str, id: str, text: str, base: str, why: str, now: datetime, restored: int | None = None
    ) -> int:  # fmt: skip
        """Put a text in force as a new version; answers its number, which is raised by itself.

        `base` is the digest of the text that was changed. Raises Refused for a text with findings, for one that
        changes nothing, where somebody else saved since, and where it cannot be written.
        """
        require(self.desk.agent(), "edit_playbook")
        if self.settings.drill is not None:
            raise Refused("Tatbikatta senaryo değiştirilmez; kendi panonuzda değiştirin.",
                          "A drill changes no playbook; change it on your own board.")  # fmt: skip
        if not why.strip():
            raise Refused("Neden değiştirdiğinizi yazın; altı ay sonra herkes bunu soracak.",
                          "Write why you change it; in half a year everybody will ask.")  # fmt: skip
        text = text.replace("\r\n", "\n").rstrip("\n") + "\n"
        reading = self.check(kind, id, text)
        if reading.part is None or reading.findings:
            raise _wrong(reading.findings)
        self.settle(kind, id)
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            old_text = self.files.text(kind, id)
            told = self._told(tx, kind, id)
            if digest(old_text) != base:
                raise _overtaken(told[-1] if told else None)
            if with_version(text, 1) == with_version(old_text, 1):
                raise Refused("Değişen bir şey yok.", "Nothing was changed.")
            old = self.part(kind, id)
            version = max([old.version, *(int(event.data["to"]) for event in told)]) + 1
            new_text = with_version(text, version)
            new = reading.part.model_copy(update={"version": old.version})
            self.files.own()
            self.files.keep(kind, id, old.version, old_text)
            self.files.keep(kind, id, version, new_text)
            data = {
                "kind": kind, "id": id, "from": old.version, "to": version, "was": digest(old_text),
                "sha256": digest(new_text), "why": why.strip()[:300], "restored": restored,
                "changes": [line[:200] for line in difference(old, new)[:SUMMARY]],
            }  # fmt: skip
            subjects.append(
                tx, self.brand, f"{kind}:{id}", type=CHANGED, at=now, by=self.desk.by, recorded_at=now, data=data
            )
        self.settle(kind, id)
        return version

    def restore(self, kind: str, id: str, number: int, now: datetime) -> int:
        """Put the text of an earlier version in force again, as a new version; answers its number."""
        text = self.version_text(kind, id, number)
        why = f"{number}. sürüme dönüldü / version {number} again"
        return self.save(kind, id, text, digest(self.files.text(kind, id)), why, now, restored=number)

    def settle(self, kind: str, id: str) -> bool:
        """Put in force what the log says is in force, where whoever saved it died before; whether there was need.

        A file that somebody has edited by hand since is left as it is.
        """
        if self.files.folder is None or _ID.fullmatch(id) is None:
            return False
        with self.store.read() as tx:
            if not self._unsettled(tx, kind, id):
                return False
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            text = self._unsettled(tx, kind, id)
            if text:
                self.files.put(kind, id, text)
            return bool(text)

    def settle_all(self) -> int:
        """Settle every playbook and plan that the log speaks of; how many had need."""
        if self.files.folder is None:
            return 0
        every = [("playbook", id) for id in self.library()] + [("plan", id) for id in self.plans()]
        with self.store.read() as tx:
            changed = subjects.newest(tx, self.brand, [f"{kind}:{id}" for kind, id in every])
        return sum(self.settle(kind, id) for kind, id in every if f"{kind}:{id}" in changed)

    def _unsettled(self, tx: Connection, kind: str, id: str) -> str:
        """The text that the log says is in force and that is not; empty where all is well."""
        told = self._told(tx, kind, id)
        if not told:
            return ""
        last = told[-1].data
        if digest(self.files.text(kind, id)) != last["was"] or last["was"] == last["sha256"]:
            return ""
        text = self.files.kept(kind, id, int(last["to"]))
        return text if text is not None and digest(text) == last["sha256"] else ""

    def _told(self, tx: Connection, kind: str, id: str) -> list[EventRow]:
        return [event for event in subjects.events_of(tx, self.brand, f"{kind}:{id}") if event.type == CHANGED]


_READ: dict[Path | None, tuple[object, Library, Mapping[str, Plan]]] = {}
_READING = threading.Lock()


def _shelf(book: PlaybookBook) -> tuple[Library, Mapping[str, Plan]]:
    """The library and the plans, read anew when a file changed, once for all sessions: checking a library of one's own
    costs half a second."""
    folder, stamp = book.settings.playbook_folder, playbooks_written_at(book.settings)
    with _READING:
        kept = _READ.get(folder)
        if kept is None or kept[0] != stamp:
            kept = _READ[folder] = (stamp, library_of(book.settings), crisis_plans(book.settings))
    return kept[1], kept[2]


@lru_cache(maxsize=64)
def _read_once(kind: str, id: str, text: str) -> Reading:
    return read_text(kind, id, text)


def _checked(kind: str, id: str, text: str, book: PlaybookBook) -> Reading:
    """A text's own findings, and, where it has none, what no longer fits together with the others because of it."""
    reading = _read_once(kind, id, text)
    if reading.part is None or reading.findings:
        return reading
    library, plans = book.library(), dict(book.plans())
    before = {str(finding) for finding in lent_problems(plans, library, str)}
    if isinstance(reading.part, Plan):
        plans[id] = reading.part
    else:
        others = tuple(one for one in library.playbooks if one.id != id)
        library = Library((*others, reading.part), library.phrases)
    found = [one for one in lent_problems(plans, library, str) if str(one) not in before]
    return Reading(reading.part, tuple(Finding(f"{one.file}.yaml", 1, one.field, one.sentence) for one in found))


def _name(event: EventRow | None) -> str:
    return event.by.removeprefix("agent:") if event is not None else ""


def _wrong(findings: Sequence[Finding]) -> Refused:
    if not findings:
        return Refused("Metin okunamıyor.", "The text cannot be read.")
    first, more = findings[0], len(findings) - 1
    at = f"{first.line}. satır" + (f", {first.field}" if first.field else "")
    return Refused(
        f"Kaydedilmedi, {at}: {first.sentence}" + (f" ({more} sorun daha var)" if more else ""),
        f"Not saved, line {first.line}{', ' + first.field if first.field else ''}: {first.sentence}"
        + (f" (and {more} more)" if more else ""),
    )


def _overtaken(last: EventRow | None) -> Refused:
    if last is None:
        return Refused(
            "Siz yazarken dosya pano dışında değiştirildi; kaydedilmedi. Metninizi kopyalayın, sayfayı yenileyip "
            "ekleyin.",
            "The file was changed outside the board while you were writing; nothing was saved. Copy your text, look at "
            "the page anew and add it.",
        )
    who, version = _name(last), last.data["to"]
    return Refused(
        f"Siz yazarken {who} {version}. sürümü kaydetti; sizinki kaydedilmedi. Metninizi kopyalayın, yeni sürümü "
        "okuyup kendi değişikliğinizi ekleyin.",
        f"{who} saved version {version} while you were writing; yours was not saved. Copy your text, read the new "
        "version and add your change.",
    )
