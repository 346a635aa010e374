"""Reports that are sent by themselves: made when they are due, mailed once a period to each address, failures told.

At most once. Before each mail it is written down that it is being sent, and after it that it was: a process that dies
in between leaves a mail of which nobody knows whether it went, and that is told instead of sent again. A service that
says no is asked again a few times. The addresses are secrets: only the names of their variables are in rows and logs.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from desk.alert_channels import CARETAKERS, TIMEOUT_S, down, service_of
from desk.crisis.alert_words import language_for
from desk.metrics.period import Period
from desk.report.content import ReportContent
from desk.report.forms import files, subtitle, title
from desk.report.making import make
from desk.report.settings import ReportMail
from desk.report.words import pick, say_period
from desk.settings import Settings
from playbooks.schema import Bilingual
from store import events as event_log
from store import report_runs as run_store
from store import warnings as warning_store
from store.engine import Store
from store.report_runs import RunRow

ROUND_EVERY = 60.0
"""Seconds between two looks whether a report is due."""

LEFT_AFTER = timedelta(minutes=30)
"""A report in hand of which nothing was heard for so long was left by a process that died: making one takes minutes."""

AGAIN_AFTER = timedelta(minutes=10)
MOST_TRIES = 6
"""Tries before a mail that is refused is given up: about an hour."""

Files = Mapping[str, bytes]
Send = Callable[[str, str, str, Files], bool]
"""Sends a title, a text and files to an address; answers whether the service took it."""

log = logging.getLogger("nobet")


def send_with_files(address: str, title: str, text: str, attached: Files) -> bool:
    """Send plain text with files to an apprise address such as `mailtos://…`; False where it was not taken.

    Source: apprise 2.2, README ("Attachments") and apprise/attachment/memory.py: AttachMemory holds content in memory.
    """
    service = service_of(address)
    if service is None:
        return False
    from apprise import AppriseAttachment
    from apprise.attachment.memory import AttachMemory

    held = AppriseAttachment(asset=service.asset)
    for name, content in attached.items():
        held.add(AttachMemory(content=content, name=name, mimetype=MIMES[name.rpartition(".")[2]], asset=service.asset))
    taken = service.notify(
        body=text, title=title, body_format="text", attach=held, interpret_escapes=False,
        timeout=TIMEOUT_S * 3,
    )  # fmt: skip
    return bool(taken)


MIMES = {"html": "text/html", "pdf": "application/pdf", "csv": "text/csv", "json": "application/json"}


@dataclass(frozen=True)
class Progress:
    """How far the mails of one report are, by variable. `now` is the one that is being sent at this moment."""

    sent: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    now: str = ""
    again_at: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Progress:
        """From a run's note."""
        return cls(
            tuple(told.get("sent", ())), tuple(told.get("unsure", ())), dict(told.get("refused", {})),
            str(told.get("now", "")), str(told.get("again_at", "")),
        )  # fmt: skip

    def record(self) -> dict[str, Any]:
        """As a run's note."""
        return {"sent": list(self.sent), "unsure": list(self.unsure), "refused": dict(self.refused), "now": self.now,
                "again_at": self.again_at}  # fmt: skip

    def resumed(self) -> Progress:
        """After a process died: what was being sent may have gone."""
        unsure = (*self.unsure, self.now) if self.now else self.unsure
        return Progress(self.sent, unsure, self.refused)

    def waits(self, mail: ReportMail) -> tuple[str, ...]:
        """The variables to which it has still to be sent."""
        return tuple(name for name in mail.to if name not in self.sent and name not in self.unsure)


class Mailer:
    """Sends the scheduled reports of one brand. It makes reports and waits for strangers' servers: give it a thread."""

    def __init__(
        self, store: Store, settings: Settings, environ: Mapping[str, str] | None = None, send: Send = send_with_files
    ) -> None:
        self.store, self.settings, self.brand = store, settings, settings.brand.key
        self._environ = os.environ if environ is None else environ
        self._send = send

    def run(self, now: datetime) -> int:
        """Send every report that is due at `now` (aware); answers how many were ended, well or not."""
        if self.settings.drill is not None:
            return 0
        ended = 0
        for mail in self.settings.reports:
            period = mail.due(now, self.settings.desk.zone)
            if period is not None and (progress := self._take(mail, period, now)) is not None:
                ended += self._one(mail, period, progress, now)
        ended += self._old(now)
        return ended

    def _take(self, mail: ReportMail, period: Period, now: datetime) -> Progress | None:
        """Take the report in hand; None where it was sent, is in other hands, or waits for its next try."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            row = run_store.run(tx, self.brand, mail.name, period.end)
            if row is None:
                fresh = Progress()
                return fresh if run_store.begin(tx, self.brand, mail.name, period.end, fresh.record(), now) else None
            if row.state != "making":
                return None
            progress = Progress.of(row.told)
            waits = bool(progress.again_at)  # its last try was refused, and it is in nobody's hands
            if now < (datetime.fromisoformat(progress.again_at) if waits else row.made_at + LEFT_AFTER):
                return None
            progress = progress.resumed()
            return progress if run_store.take_again(tx, self.brand, row, progress.record(), now) else None

    def _one(self, mail: ReportMail, period: Period, progress: Progress, now: datetime) -> bool:
        """Make a report in hand and mail it; answers whether it has ended."""
        waiting = progress.waits(mail)
        if waiting:
            content = make(self.store, self.settings, period, now, mail.language)
            stem = f"{'rapor' if mail.language == 'tr' else 'report'}-{period.last.isoformat()}"
            attached = files(content, mail.formats, stem)
            for variable in waiting:
                progress = self._mail(mail, period, variable, content, attached, progress, now)
        return self._end(mail, period, progress, now)

    def _mail(
        self, mail: ReportMail, period: Period, variable: str, content: ReportContent, attached: Files,
        progress: Progress, now: datetime,
    ) -> Progress:  # fmt: skip
        address = self._environ.get(variable, "").strip()
        refused = {name: why for name, why in progress.refused.items() if name != variable}
        if not address:
            return Progress(progress.sent, progress.unsure, {**refused, variable: "is not set"})
        self._tell(mail, period, Progress(progress.sent, progress.unsure, refused, variable), now)
        try:
            taken, why = self._send(address, title(content), words(content), attached), "the service did not take it"
        except Exception as error:  # a service's library may raise anything, and its words may hold the address
            taken, why = False, f"the service failed ({type(error).__name__})"
        if taken:
            progress = Progress((*progress.sent, variable), progress.unsure, refused)
        else:
            progress = Progress(progress.sent, progress.unsure, {**refused, variable: why})
        self._tell(mail, period, progress, now)
        return progress

    def _tell(self, mail: ReportMail, period: Period, progress: Progress, now: datetime) -> None:
        with self.store.write() as tx:
            run_store.tell(tx, self.brand, mail.name, period.end, progress.record(), now)

    def _end(self, mail: ReportMail, period: Period, progress: Progress, now: datetime) -> bool:
        """Write down how it ended; one that was refused is tried again until MOST_TRIES."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            row = run_store.run(tx, self.brand, mail.name, period.end)
            tries = 0 if row is None else row.tries
            if progress.refused and tries < MOST_TRIES:
                again = Progress(progress.sent, progress.unsure, progress.refused, "", (now + AGAIN_AFTER).isoformat())
                run_store.tell(tx, self.brand, mail.name, period.end, again.record(), now)
                return False
            self._ended(tx, mail, period, progress, now)
        return True

    def _ended(self, tx: Any, mail: ReportMail, period: Period, progress: Progress, now: datetime) -> None:
        well = not progress.refused and not progress.unsure
        state = "sent" if well else "failed"
        if not run_store.end(tx, self.brand, mail.name, period.end, state, progress.record(), now):
            return
        data = {"schedule": mail.name, "from": period.first.isoformat(), "to": period.last.isoformat(),
                "sent": list(progress.sent), "unsure": list(progress.unsure),
                "refused": dict(progress.refused)}  # fmt: skip
        type = "report_sent" if well else "report_failed"
        event_log.append(tx, self.brand, type=type, at=now, by="system", recorded_at=now, data=data)
        if not well:
            self._warn(tx, mail, period, progress, now)
            log.warning("the report %r was not sent to everybody: %s", mail.name, ", ".join(
                (*progress.refused, *progress.unsure)))  # fmt: skip

    def _warn(self, tx: Any, mail: ReportMail, period: Period, progress: Progress, now: datetime) -> None:
        """Tell the caretakers of it, on the board and on their channels that are not down."""
        agents = self.settings.agents
        care = [agent for agent in agents if set(agent.roles) & set(CARETAKERS)] or list(agents)
        dead = down(tx, self.brand, now) | set(progress.refused) | set(progress.unsure)
        variable = next(iter((*progress.refused, *progress.unsure)))
        for agent in care:
            said = failure(mail, period, progress).say(language_for(agent, self.settings.board.language))
            for channel in (warning_store.BOARD, *(name for name in dict.fromkeys(agent.alerts) if name not in dead)):
                message = f"{warning_store.CHANNEL}{variable}/{agent.name}/{now.isoformat()}"
                warning_store.add_alert(tx, self.brand, message, agent.name, channel, said, now)

    def _old(self, now: datetime) -> int:
        """End what was left in hand and is not due any more: a worker stood still, or the schedule has changed."""
        mails = {mail.name: mail for mail in self.settings.reports}
        ended = 0
        with self.store.read() as tx:
            rows = [row for row in run_store.newest(tx, self.brand, 50) if row.state == "making"]
        for row in rows:
            mail = mails.get(row.schedule)
            period = None if mail is None else mail.due(now, self.settings.desk.zone)
            if now - row.made_at < LEFT_AFTER or (period is not None and period.end == row.period_end):
                continue
            with self.store.write() as tx:
                event_log.hold(tx, self.brand)
                progress = Progress.of(row.told).resumed()
                told = mail or ReportMail(name=row.schedule, to=("NOBET_GONE",))
                late = {name: "its time had passed" for name in progress.waits(told)}
                day = row.period_end.astimezone(self.settings.desk.zone).date() - timedelta(days=1)
                self._ended(tx, told, Period.day(day, self.settings.desk.zone),
                            Progress(progress.sent, progress.unsure, {**progress.refused, **late}), now)  # fmt: skip
            ended += 1
        return ended


def words(content: ReportContent) -> str:
    """The mail's own text: what the report is about, and the answer to the first question."""
    said = [block.text for block in content.section("summary").blocks if hasattr(block, "text")]
    close = pick(
        content.language == "tr",
        "Rapor ektedir; tanımlar ve sayıların arkasındaki kayıtlar içindedir.",
        "The report is attached, with its definitions and the cases behind its numbers.",
    )
    return "\n".join([subtitle(content), "", *said, "", close])


def failure(mail: ReportMail, period: Period, progress: Progress) -> Bilingual:
    """What is said of a report that did not reach everybody; why, by variable."""
    refused = "; ".join(f"{name}: {why}" for name, why in progress.refused.items())
    unsure = ", ".join(progress.unsure)
    days_tr, days_en = say_period(period, "tr"), say_period(period, "en")
    tr, en = (
        [f"“{mail.name}” raporu ({days_tr}) herkese ulaşmadı."],
        [f"The report “{mail.name}” ({days_en}) did not reach everybody."],
    )
    if refused:
        tr.append(f"Gönderilemeyen: {', '.join(progress.refused)}. Adresi ve sunucuyu denetleyin.")
        en.append(f"Not sent: {refused}. Check the address and the server.")
    if unsure:
        tr.append(f"Gidip gitmediği bilinmeyen: {unsure}. Yeniden gönderilmedi; alana sorun.")
        en.append(f"It is not known whether it went to: {unsure}. It was not sent again; ask whoever receives it.")
    tr.append("Elle almak için: nobet report.")
    en.append("To have it by hand: nobet report.")
    return Bilingual(tr=" ".join(tr), en=" ".join(en))


def runs(store: Store, settings: Settings, limit: int = 10) -> list[RunRow]:
    """The reports that were sent by themselves, the newest first, for the board."""
    with store.read() as tx:
        return run_store.newest(tx, settings.brand.key, limit)
