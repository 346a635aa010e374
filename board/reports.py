"""Reports: are we faster than yesterday, and where do the minutes go? The same numbers as in the report itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from board import sheet, work
from board.charts import plot
from board.moments import Moments
from board.papers import file
from board.sheet import Block, Deed, Place
from board.texts import Texts
from desk.chart import Chart
from desk.jobs import Jobs
from desk.metrics.figures import Figure
from desk.metrics.improving import Improving
from desk.metrics.period import LONGEST_DAYS, Period
from desk.report.content import Drawn, Figures, Number, ReportContent, Rows, Say
from desk.report.forms import to_csv, to_json
from desk.report.keeping import Keeper, Shown
from desk.report.making import Made
from desk.report.response import number_of, piece_name
from desk.report.sending import Progress, runs
from desk.report.words import (
    say_change,
    say_count,
    say_interval,
    say_length,
    say_number,
    say_period,
    say_value,
)
from desk.roles import Refused, any_may, require
from desk.room import Room

TABS = {
    "response": ("response",), "minutes": ("minutes",), "mentions": ("mentions", "matters", "voice"),
    "causes": ("causes", "concessions"), "crises": ("crises", "coverage", "quality"),
}  # fmt: skip
"""Which sections of the report stand under which tab."""

LASTS = ("day", "week", "month")
AT_ONCE = {"csv": to_csv, "json": to_json}
"""Formats that cost nothing to make; the others load a typesetter and are made by the worker."""

SHOWN_CASES = 200
HEADLINES = ("first_answer_median", "same_day", "within_promise", "open_now", "overdue_now")


def where(place: Place, now: datetime, room: Room) -> tuple[str, str, Period]:
    """The tab, the period as the address says it, and the period; yesterday where the address says nothing sound."""
    tab, _, said = place.tab.partition(".")
    zone = room.zone
    if tab not in TABS and tab != "cases":
        tab = "response"
    if said in LASTS:
        return tab, said, Period.last_of(said, now, zone)
    first, _, last = said.partition("-")
    try:
        period = Period(_day(first), _day(last), zone)
    except ValueError:
        return tab, "day", Period.last_of("day", now, zone)
    if period.last > now.astimezone(zone).date():
        return tab, "day", Period.last_of("day", now, zone)
    return tab, said, period


def _day(said: str) -> date:
    return datetime.strptime(said, "%Y%m%d").date()


class Page:
    """The page of one person."""

    def __init__(self, room: Room, keeper: Keeper, texts: Texts) -> None:
        self.room, self.keeper, self.texts = room, keeper, texts
        self.jobs = Jobs(room)
        self.improving = Improving(room.store, room.settings, room.agent())

    def picture(self, place: Place, now: datetime, moments: Moments) -> Mapping[str, Any]:
        """The report as it is known, or how far its making is. Raises NotAllowed for whoever may not see reports."""
        require(self.room.agent(), "see_reports")
        texts = self.texts
        tab, said, period = where(place, now, self.room)
        shown = self.keeper.show(period, texts.language, now)
        main: list[Block] = [
            sheet.head(texts.say("page.reports"), 1, say_period(period, texts.language)),
            sheet.tabs([(f"{tab}.{one}", texts.say(f"report_last.{one}")) for one in LASTS], f"{tab}.{said}",
                       texts.say("report.period")),
        ]  # fmt: skip
        made = shown.made
        if made is None:
            main += self._making(shown, moments)
            return {"main": main, "side": self._side(period, said, tab, False, moments)}
        as_of = moments.clock(made.content.as_of)
        main += self._answer(made, said)
        if shown.failed:
            main.append(sheet.note(("urgent", texts.say("report.stale")), texts.say("report.stale_text", at=as_of)))
        names = [(f"{name}.{said}", texts.say(f"report_tab.{name}")) for name in TABS]
        if tab == "cases":
            main += self._cases(made, place.key, said, moments)
        else:
            main.append(sheet.tabs(names, f"{tab}.{said}", texts.say("report.parts")))
            for id in TABS[tab]:
                main += list(_section(made.content, id, said, texts))
            if tab == "minutes":
                main += self._improvements(now)
            main.append(self._meanings(made.content, tab))
        main.append(sheet.text(texts.say("report.as_of", at=as_of), dim=True))
        return {"main": main, "side": self._side(period, said, tab, True, moments)}

    def _making(self, shown: Shown, moments: Moments) -> list[Block]:
        texts = self.texts
        if shown.failed and not shown.making:
            return [sheet.note(("critical", texts.say("report.failed")), texts.say("report.failed_text"), loud=True)]
        done, of = moments.number(shown.done), moments.number(shown.steps)
        return [
            sheet.text(texts.say("report.making")),
            {"b": "progress", "done": shown.done, "total": shown.steps, "label": texts.say("report.making"),
             "said": texts.say("work.of", done=done, total=of)},
        ]  # fmt: skip

    # --- above the fold ---

    def _answer(self, made: Made, said: str) -> Iterator[Block]:
        """Faster than before? And where do the minutes go?"""
        texts, numbers = self.texts, made.numbers
        if not numbers.figure("cases").n:
            yield sheet.note(("none", texts.say("report.nothing")), texts.say("report.nothing_text"))
            return
        yield sheet.figures([self._headline(numbers.figure(id), said) for id in HEADLINES])
        minutes = numbers.minutes
        if minutes is None or minutes.largest is None:
            return
        piece, language = minutes.piece(minutes.largest), texts.language
        won = say_length(piece.avoidable_s, language)
        told = texts.say("report.largest", piece=piece_name(piece.piece, language), won=won)
        suggestion = minutes.suggestion
        more = "" if suggestion is None else f"{suggestion.change.say(language)} {suggestion.evidence.say(language)}"
        buttons = []
        if suggestion is not None and any_may(self.room.agent().roles, "start_improvement"):
            buttons.append(sheet.press(
                "report_take_on", texts.say("report.take_on"), texts.say("report.taken_on"), primary=True,
                form={"piece": suggestion.piece, "change": suggestion.change.say(language)[:500]},
            ))  # fmt: skip
        buttons.append(sheet.lead(texts.say("report.to_minutes"), {"tab": f"minutes.{said}"}))
        yield sheet.note(("same_day", texts.say("report.minutes")), told, more, buttons)

    def _headline(self, figure: Figure, said: str) -> Block:
        texts, language = self.texts, self.texts.language
        one = number_of(figure, language)
        told = [figure.definition.name.say(language)]
        if one.before is not None:
            told.append(texts.say("report.before", before=say_value(one.before, one.unit, language)))
        if interval := say_interval(one, language):
            told.append(f"%95: {interval}" if language == "tr" else f"95 %: {interval}")
        if one.unit != "cases":
            told.append(f"n\u00a0{say_count(one.n or 0, language)}")
        sign = None
        if figure.better is not None:
            sign = ("met", texts.say("report.better")) if figure.better else ("urgent", texts.say("report.worse"))
        elif figure.id == "overdue_now" and one.value:
            sign = ("late", texts.say("report.overdue"))
        elif one.before is not None and figure.definition.estimate:
            sign = ("none", texts.say("report.same"))
        if figure.state == "not_reached":  # open cases count: the middle one has no answer yet
            n, sign = texts.say("report.not_reached"), ("late", texts.say("report.unanswered"))
        else:
            n = say_number(one, language) if one.value is not None else texts.say("report.not_known")
        return {"n": n, "label": " · ".join(told), "sign": sign, "go": _to_cases(one, said)}

    # --- the cases behind a number ---

    def _cases(self, made: Made, key: str, said: str, moments: Moments) -> Iterator[Block]:
        texts, language = self.texts, self.texts.language
        try:
            found = self.keeper.behind(made, key)
        except (ValueError, KeyError):
            raise Refused("Bu sayının arkasındaki kayıtlar bulunamadı; raporlara dönün.",
                          "The cases behind this number were not found; go back to the reports.") from None  # fmt: skip
        one = next((one for section in made.content.sections for one in section.numbers if one.link == key), None)
        title = texts.say("report.cases")
        unit = "seconds"
        if one is not None:
            unit = one.unit if one.unit in ("seconds", "ratio") else ""
            name = made.content.meaning(one.figure).name.say(language)
            title = f"{name} ({one.name})" if one.name else name
        sub = texts.say_number("report.cases_of", len(found), moments.number(len(found)))
        yield sheet.head(title, 2, sub, back=(texts.say("report.back"), {"tab": f"response.{said}", "key": ""}))
        if not found:
            yield sheet.text(texts.say("report.cases_none"), dim=True)
            return
        rows = [
            [{"text": f"#{case.case_id}", "go": {"page": "triage", "case": case.case_id}},
             say_value(case.value, unit, language) if unit and case.value is not None else "",
             texts.say("report.open") if case.open else ""]
            for case in found[:SHOWN_CASES]
        ]  # fmt: skip
        yield sheet.table([texts.say("report.case"), texts.say("report.value"), texts.say("report.state")], rows, title)
        if len(found) > SHOWN_CASES:
            yield sheet.text(texts.say("report.cases_more", n=moments.number(SHOWN_CASES)), dim=True)

    # --- beside ---

    def _improvements(self, now: datetime) -> Iterator[Block]:
        texts, language = self.texts, self.texts.language
        yield sheet.head(texts.say("report.improvements"), 3)
        may = any_may(self.room.agent().roles, "start_improvement")
        yield sheet.cards(
            [
                {
                    "keep": f"improvement-{one.row.id}", "title": one.row.change,
                    "text": one.said.say(language), "meta": [piece_name(one.row.piece, language),
                                                             one.row.by.removeprefix("agent:")],
                    "sign": ("paused", texts.say("report.ended")) if one.row.ended_at else None,
                    "buttons": [] if one.row.ended_at or not may else [
                        sheet.press("report_end", texts.say("report.end"), texts.say("report.ended_said"),
                                    form={"improvement": str(one.row.id)}, confirm=texts.say("report.end_sure"))
                    ],
                }
                for one in self.improving.all(now)
            ],
            texts.say("report.improvements"), texts.say("report.improvements_none"),
        )  # fmt: skip

    def _meanings(self, content: ReportContent, tab: str) -> Block:
        used = {number.figure for id in TABS[tab] for number in content.section(id).numbers}
        told = [
            sheet.facts([(one.name.say(content.language), one.meaning.say(content.language))])
            for one in content.meanings if one.id in used
        ]  # fmt: skip
        return sheet.fold(f"meanings-{tab}", self.texts.say("report.meanings"), told)

    def _side(self, period: Period, said: str, tab: str, known: bool, moments: Moments) -> list[Block]:
        texts = self.texts
        blocks: list[Block] = [sheet.head(texts.say("report.download"), 2)]
        form = {"period": said}
        if known:
            blocks.append(sheet.buttons(*(
                sheet.press("report_file", name.upper(), form={**form, "format": name}) for name in AT_ONCE
            )))  # fmt: skip
        blocks.append(sheet.text(texts.say("report.made_beside"), dim=True))
        blocks.append(sheet.buttons(*(
            sheet.press("report_ask", words, texts.say("work.asked"), form={**form, "format": name})
            for name, words in (("pdf", "PDF"), ("html", "HTML"), ("png", texts.say("report.pictures")))
        )))  # fmt: skip
        rows = [row for row in self.jobs.views(20) if row.kind == "report"][:3]
        if rows:
            blocks.append(sheet.cards([work.card(row, texts, moments) for row in rows], texts.say("job.report")))
        today = moments.now.astimezone(moments.zone).date().isoformat()
        blocks.append(sheet.form("report_days", texts.say("report.show"), [
            sheet.field("first", texts.say("report.first"), "date", period.first.isoformat(), required=True, max=today),
            sheet.field("last", texts.say("report.last"), "date", period.last.isoformat(), required=True, max=today),
        ], title=texts.say("report.days"), form={"tab": tab if tab in TABS else "response"}, quiet=True))  # fmt: skip
        blocks += self._mails(moments)
        return blocks

    def _mails(self, moments: Moments) -> Iterator[Block]:
        texts = self.texts
        yield sheet.head(texts.say("report.mails"), 2)
        mails = self.room.settings.reports
        if not mails:
            yield sheet.text(texts.say("report.mails_none"), dim=True)
            return
        found = runs(self.room.store, self.room.settings, 50)
        cards = []
        for mail in mails:
            row = next((row for row in found if row.schedule == mail.name), None)
            text, sign = texts.say("report.mail_never"), ("none", texts.say("report.mail_waits"))
            if row is not None:
                told = Progress.of(row.told)
                sign = {"sent": ("met", texts.say("report.mail_sent")),
                        "failed": ("late", texts.say("report.mail_failed"))}.get(row.state, sign)  # fmt: skip
                text = texts.say("report.mail_last", at=moments.near(row.sent_at or row.made_at))
                if told.unsure:
                    text += " " + texts.say("report.mail_unsure", to=", ".join(told.unsure))
                if told.refused:
                    text += " " + texts.say("report.mail_refused", to=", ".join(told.refused))
            when = texts.say(f"report_every.{mail.every}", at=mail.at)
            cards.append({"keep": f"mail-{mail.name}", "title": mail.name, "text": text, "sign": sign,
                          "meta": [when, ", ".join(mail.formats).upper(), ", ".join(mail.to)]})  # fmt: skip
        yield sheet.cards(cards, texts.say("report.mails"))

    # --- deeds ---

    def deeds(self) -> Mapping[str, sheet.Do]:
        """What can be done here."""
        return {
            **{
                name: do for name, do in work.deeds(self.jobs, self.texts).items() if name in ("job_cancel", "job_file")
            },
            "report_file": self._file,
            "report_ask": self._ask,
            "report_days": self._days,
            "report_take_on": lambda deed, now: self._start(deed, now),
            "report_end": lambda deed, now: self.improving.end(deed.number("improvement"), "", now),
        }

    def _period(self, deed: Deed, now: datetime) -> Period:
        return where(Place(tab=f"response.{deed.said('period', 40)}"), now, self.room)[2]

    def _file(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        require(self.room.agent(), "see_reports")
        period, make = self._period(deed, now), AT_ONCE.get(deed.said("format"))
        made = self.keeper.show(period, self.texts.language, now).made
        if make is None or made is None:
            raise Refused("Rapor henüz hazırlanıyor; birazdan yeniden deneyin.",
                          "The report is still being made; try again in a moment.")  # fmt: skip
        encoded = make(made.content).encode("utf-8-sig" if make is to_csv else "utf-8")
        return file(self._stem(period), deed.said("format"), encoded)

    def _ask(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        period, format = self._period(deed, now), deed.said("format")
        if format not in ("html", "pdf", "png"):
            raise Refused("Böyle bir biçim yok.", "There is no such format.")
        stem = self._stem(period)
        args = {
            "from": period.first.isoformat(), "to": period.last.isoformat(), "format": format,
            "lang": self.texts.language, "name": f"{stem}.{format}",
            "out": str(self.jobs.folder / "reports" / f"{stem}-{now:%H%M%S}.{format}"),
        }  # fmt: skip
        self.jobs.ask("report", args, f"report:{stem}:{format}:{deed.id}", now)
        return {}

    def _days(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        try:
            first, last = (date.fromisoformat(deed.said(name)) for name in ("first", "last"))
        except ValueError:
            raise Refused("Tarih anlaşılamadı; takvimden seçin.",
                          "The date was not understood; choose it in the calendar.") from None  # fmt: skip
        today = now.astimezone(self.room.zone).date()
        if last < first or last > today or (last - first).days >= LONGEST_DAYS:
            raise Refused("İlk gün son günden sonra, son gün de bugünden sonra olamaz.",
                          "The first day cannot lie after the last, nor the last after today.")  # fmt: skip
        tab = deed.said("tab") if deed.said("tab") in TABS else "response"
        return {"go": {"tab": f"{tab}.{first:%Y%m%d}-{last:%Y%m%d}"}}

    def _start(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        self.improving.start(deed.said("piece", 40), deed.said("change", 500), now)
        return {}

    def _stem(self, period: Period) -> str:
        days = period.first.isoformat() if period.days == 1 else f"{period.first}_{period.last}"
        return f"{'rapor' if self.texts.language == 'tr' else 'report'}-{days}"


# --- the report's own blocks on a sheet ---


def _section(content: ReportContent, id: str, said: str, texts: Texts) -> Iterator[Block]:
    section = content.section(id)
    yield sheet.head(section.title, 2)
    for block in section.blocks:
        if isinstance(block, Say):
            yield sheet.note(("urgent", texts.say("report.note")), block.text) if block.loud else sheet.text(block.text)
        elif isinstance(block, Figures):
            yield _figures(block, content, said, texts)
        elif isinstance(block, Rows):
            if not block.drawn:
                yield _rows(block, content, said)
        elif isinstance(block, Drawn):
            yield plot(_here(block.chart, said))


def _figures(block: Figures, content: ReportContent, said: str, texts: Texts) -> Block:
    language = content.language
    header = [texts.say(f"report_column.{name}") for name in ("figure", "value", "interval", "n", "before", "change")]
    rows = []
    for one in block.numbers:
        name = content.meaning(one.figure).name.say(language)
        rows.append([
            f"{name} ({one.name})" if one.name else name, _cell(one, say_number(one, language), said),
            say_interval(one, language), "" if one.n is None else say_count(one.n, language),
            "" if one.before is None else say_value(one.before, one.unit, language, one.key),
            say_change(one, language),
        ])  # fmt: skip
    return sheet.table(header, rows, block.title)


def _rows(block: Rows, content: ReportContent, said: str) -> Block:
    language = content.language
    header = [block.over, *(content.meaning(figure).name.say(language) for figure in block.figures)]
    remarks = any(row.remark for row in block.rows)
    rows = []
    for row in block.rows:
        cells: list[Any] = [row.name]
        for one in row.numbers:
            told = say_number(one, language)
            if one.before is not None:
                told += f" ({say_change(one, language)})"
            cells.append(_cell(one, told, said))
        rows.append([*cells, row.remark] if remarks else cells)
    return sheet.table([*header, ""] if remarks else header, rows, block.title)


def _cell(one: Number, told: str, said: str) -> Any:
    go = _to_cases(one, said)
    return {"text": told, "go": go} if go else told


def _to_cases(one: Number, said: str) -> Mapping[str, Any] | None:
    """Where the cases or mentions behind a number stand; None for nothing to show."""
    if one.link.startswith("incident:"):
        return {"page": "incidents", "id": int(one.link.removeprefix("incident:"))}
    return {"tab": f"cases.{said}", "key": one.link} if one.link and one.value and len(one.link) <= 80 else None


def _here(chart: Chart, said: str) -> Chart:
    """The chart with its marks leading to the cases of the period that is looked at."""

    def go(one: Any) -> Any:
        if not one or one.get("page") != "reports":
            return one
        return {"tab": f"cases.{said}", "key": one["key"]} if one.get("key") else None

    return replace(chart, series=tuple(replace(one, go=tuple(map(go, one.go))) for one in chart.series))
