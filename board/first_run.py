"""The first set-up: six questions, each with what follows from it, and at the end the first mentions of the own brand.

It is offered where the demo brand runs and never forced. What was answered is kept beside the configuration (see
desk/beginning.py), so a reload, another page or another day loses nothing; nothing holds before the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from board import setup as connecting_form
from board import sheet
from board.evidence import evidence
from board.first_mentions import POLL_MS, tried, waiting
from board.moments import Moments, epoch_ms
from board.settings_preview import worked_blocks
from board.settings_words import said
from board.setup import Connection, SetUp
from board.sheet import Block, Deed, Place
from board.texts import Texts
from desk.beginning import PROMISES, STEPS, Answers, Beginning, hint, query_of, settings_of, wrong
from desk.desk import Desk
from desk.jobs import MOST_BYTES, SUFFIXES, Jobs
from desk.roles import Refused
from desk.settings import Settings, SettingsError

OWN = ("weekdays", "saturday", "sunday", "critical", "urgent")


class Means(Protocol):
    """What the set-up needs beyond the desk, handed in by the entry."""

    def connecting(self, settings: Settings) -> SetUp:
        """Connecting a source for settings that are not written yet."""

    def means_us(self, settings: Settings, lines: str) -> Any:
        """What each line says of the brand's name (see connecting.means_us)."""


@dataclass
class At:
    """Where one person stands: the try that runs, what the sample lines said, when the start was."""

    connection: Connection = field(default_factory=lambda: Connection(kind="feed"))
    told: Any = ()
    samples: str = ""
    started_at: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Everything the page is made of, for one look."""

    at: At
    desk: Desk
    beginning: Beginning
    means: Means
    texts: Texts

    # --- the picture ---

    def picture(self, place: Place, now: datetime, moments: Moments) -> Mapping[str, Any]:
        """The step where one is, or how far the first mentions are."""
        if not self.desk.settings.demo:
            return {"top": [], "main": waiting(self.desk, self._from_file(), self.at.started_at, moments), "side": []}
        answers = self.beginning.answers()
        reached = STEPS.index(answers.reached())
        step = place.tab if place.tab in STEPS and STEPS.index(place.tab) <= reached else STEPS[reached]
        number = STEPS.index(step)
        head = sheet.head(
            self.texts.say(f"begin_step.{step}"),
            1,
            self.texts.say("begin.step", n=number + 1, all=len(STEPS)),
            (self.texts.say("begin.back"), {"tab": STEPS[number - 1]}) if number else None,
        )
        drawn: Mapping[str, Callable[[], list[Block]]] = {
            "brand": lambda: self._brand(answers),
            "meaning": lambda: self._meaning(answers),
            "source": lambda: self._source(answers, moments),
            "promise": lambda: self._promise(answers, now, moments),
            "people": lambda: self._people(answers),
            "start": lambda: self._start(answers),
        }
        states = [
            "here" if one == step else "done" if n < reached else "open" if n == reached else "ahead"
            for n, one in enumerate(STEPS)
        ]
        steps = {
            "b": "steps",
            "keep": "steps",
            "label": self.texts.say("begin.steps"),
            "done": self.texts.say("begin.done"),
            "items": [
                {"tab": one, "text": self.texts.say(f"begin_step.{one}"), "state": state}
                for one, state in zip(STEPS, states, strict=True)
            ],
        }
        return {
            "top": [head],
            "main": drawn[step](),
            "side": [steps, sheet.text(self.texts.say("begin.kept"), dim=True)],
        }

    def _from_file(self) -> bool:
        answers = self.beginning.answers()
        return answers.source == "file" and bool(answers.file)

    def _form(self, step: str, fields: list[Block], submit: str = "", **more: Any) -> Block:
        return sheet.form(
            "answer",
            submit or self.texts.say("begin.next"),
            fields,
            keep=f"begin-{step}",
            title=self.texts.say(f"begin_title.{step}"),
            text=self.texts.say(f"begin_text.{step}"),
            form={"step": step},
            **more,
        )

    def _brand(self, answers: Answers) -> list[Block]:
        texts = self.texts
        languages = [[code, texts.label("language", code)] for code in ("tr", "en")]
        return [
            self._form(
                "brand",
                [
                    sheet.field(
                        "name",
                        texts.say("set.name"),
                        value=answers.name,
                        required=True,
                        max=100,
                        help=texts.say("set_help.name"),
                    ),
                    sheet.field(
                        "handles",
                        texts.say("begin.handles"),
                        value=answers.handles,
                        hint="ornekmagaza",
                        help=texts.say("set_help.handles"),
                    ),
                    sheet.field(
                        "languages", texts.say("set.languages"), "many", ",".join(answers.languages), options=languages
                    ),
                ],
            )
        ]

    def _meaning(self, answers: Answers) -> list[Block]:
        texts = self.texts
        known = hint(answers.name)
        blocks: list[Block] = []
        if known and not answers.other_meaning:
            blocks.append(
                sheet.note(("same_day", texts.say("begin.hint")), texts.say("begin.hint_text", name=answers.name))
            )
        options = [[name, texts.say(f"begin_meaning.{name}")] for name in ("no", "yes")]
        chosen = answers.other_meaning or ("yes" if known else "no")
        blocks.append(
            self._form(
                "meaning",
                [
                    sheet.field(
                        "other_meaning",
                        texts.say("begin.meaning", name=answers.name),
                        "choice",
                        chosen,
                        options=options,
                    ),
                    sheet.field(
                        "theirs",
                        texts.say("set.theirs"),
                        value=answers.theirs or ", ".join(known),
                        help=texts.say("begin.if_yes"),
                    ),
                    sheet.field("ours", texts.say("set.ours"), value=answers.ours, help=texts.say("set_help.ours")),
                    sheet.field(
                        "samples",
                        texts.say("begin.samples"),
                        "area",
                        answers.samples,
                        rows=3,
                        help=texts.say("begin.samples_help"),
                    ),
                ],
                texts.say("begin.again") if self.at.told else "",
                quiet=bool(self.at.told),
            )
        )
        if self.at.told:
            signs = {"about": "met", "not_about": "none", "unsure": "urgent"}
            rows = [
                [
                    one.text,
                    {"sign": (signs[one.verdict], texts.say(f"begin_verdict.{one.verdict}"))},
                    ", ".join(one.why),
                ]
                for one in self.at.told
            ]
            header = [texts.say("query.line"), texts.say("query.verdict"), texts.say("query.by")]
            blocks.append(sheet.table(header, rows, texts.say("begin.verdicts")))
            blocks.append(sheet.buttons(sheet.lead(texts.say("begin.go_on"), {"tab": "source"}, primary=True)))
        return blocks

    def _source(self, answers: Answers, moments: Moments) -> list[Block]:
        texts, job = self.texts, self.at.connection.job
        options = [
            [name, texts.say(f"begin_source.{name}"), texts.say(f"begin_source_text.{name}")]
            for name in ("feed", "file", "later")
        ]
        blocks: list[Block] = [
            self._form(
                "source",
                [
                    sheet.field(
                        "source", texts.say("begin.source"), "choice", answers.source or "feed", options=options
                    ),
                    sheet.field(
                        "url",
                        texts.say("begin.url"),
                        value=answers.url,
                        max=2000,
                        hint="https://…/rss",
                        help=texts.say("begin.url_help"),
                    ),
                    sheet.field(
                        "more",
                        texts.say("begin.more"),
                        "many",
                        ",".join(
                            name for name, on in (("everything", answers.everything), ("inside", answers.inside)) if on
                        ),
                        options=[[name, texts.say(f"begin_more.{name}")] for name in ("everything", "inside")],
                    ),
                    sheet.field("file", texts.say("begin.file"), "file", accept=",".join(SUFFIXES), most=MOST_BYTES),
                ],
                texts.say("begin.try"),
                quiet=job is not None,
            )
        ]
        if answers.source == "file" and answers.file:
            blocks.append(sheet.note(("met", texts.say("begin.file_kept")), answers.file_name))
        if job is not None and job.running:
            read = texts.say_number("setup.read_so_far", job.read, moments.number(job.read))
            blocks.append(
                {
                    "b": "wait",
                    "keep": "try",
                    "every": POLL_MS,
                    "tick": epoch_ms(moments.now),
                    "items": [{"state": "now", "text": texts.say("begin.trying"), "more": read}],
                }
            )
            return blocks
        error = self.at.connection.error or (job.error if job is not None else "")
        if error:
            told = " ".join(piece for piece, _ in evidence(error, texts))
            blocks.append(sheet.note(("late", texts.say("begin.not_so")), told, loud=True))
        elif job is not None and job.trial is not None:
            blocks += tried(connecting_form.trial_told(job.trial, self.desk, moments), job.trial.ok, texts)
        elif answers.source == "feed" and answers.record is not None:
            go_on = sheet.lead(texts.say("begin.go_on"), {"tab": "promise"}, primary=True)
            blocks.append(sheet.note(("met", texts.say("begin.tried_before")), answers.url, buttons=[go_on]))
        return blocks

    def _promise(self, answers: Answers, now: datetime, moments: Moments) -> list[Block]:
        texts = self.texts
        chosen = answers.promise or "office"
        options = [
            [name, texts.say(f"begin_promise.{name}"), texts.say(f"begin_promise_text.{name}")]
            for name in (*PROMISES, "own")
        ]
        own = [
            sheet.field(
                f"own_{name}",
                texts.say(f"begin_own.{name}"),
                value=answers.own.get(name, ""),
                group=(texts.say("begin.own") if name == "weekdays" else ""),
                hint=_HINTS[name],
            )
            for name in OWN
        ]
        form = self._form(
            "promise", [sheet.field("promise", texts.say("begin.promise"), "choice", chosen, options=options), *own]
        )
        tables: list[Block] = []
        for name in (*PROMISES, *(["own"] if answers.promise == "own" else [])):
            made = answers.model_copy(update={"promise": name, "me": answers.me or "?"})
            try:
                policy = settings_of(made, self.desk.settings).desk
            except SettingsError:
                continue
            table = worked_blocks(policy, policy, now, moments)
            tables.append(
                sheet.fold(f"worked-{name}", texts.say("begin.worked", name=texts.say(f"begin_promise.{name}")), table)
            )
        return [form, *tables]

    def _people(self, answers: Answers) -> list[Block]:
        texts = self.texts
        return [
            self._form(
                "people",
                [
                    sheet.field(
                        "me",
                        texts.say("begin.me"),
                        value=answers.me,
                        required=True,
                        max=60,
                        help=texts.say("begin.me_help"),
                    ),
                    sheet.field(
                        "others",
                        texts.say("begin.others"),
                        "area",
                        answers.others,
                        rows=4,
                        help=texts.say("begin.others_help"),
                    ),
                ],
            )
        ]

    def _start(self, answers: Answers) -> list[Block]:
        texts = self.texts
        source = {"feed": answers.url, "file": answers.file_name, "later": texts.say("begin_source.later")}[
            answers.source or "later"
        ]
        items = [
            (texts.say("set.name"), answers.name),
            (texts.say("begin.counts"), query_of(answers)),
            (texts.say("set.theirs"), answers.theirs if answers.other_meaning == "yes" else ""),
            (texts.say("begin_step.source"), source),
            (texts.say("begin_step.promise"), texts.say(f"begin_promise.{answers.promise or 'office'}")),
            (
                texts.say("begin_step.people"),
                ", ".join([answers.me, *answers.others.replace("\n", ",").split(",")]).strip(", "),
            ),
        ]
        return [
            sheet.text(texts.say("begin_text.start", name=answers.name)),
            sheet.facts(items),
            sheet.buttons(sheet.press("start", texts.say("begin.start"), primary=True, keep="start")),
            sheet.text(texts.say("begin.then"), dim=True),
        ]

    # --- what is done ---

    def deeds(self) -> Mapping[str, sheet.Do]:
        """What can be done on the page."""
        return {"answer": self._answer, "take_source": self._take_source, "start": self._started}

    def _answer(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        answer: Mapping[str, Callable[[Deed, datetime], Mapping[str, Any]]] = {
            "brand": self._answer_brand,
            "meaning": self._answer_meaning,
            "source": self._answer_source,
            "promise": self._answer_promise,
            "people": self._answer_people,
        }
        step = deed.said("step", 20)
        if step not in answer:
            raise Refused("Böyle bir adım yok.", "There is no such step.")
        return answer[step](deed, now)

    def _next(self, step: str, answers: Answers) -> Mapping[str, Any]:
        if found := wrong(answers):
            raise Refused(*(f"{one}" for one in (f"{found[0].field}: {said(found[0], self.texts)}",) * 2))
        return {"go": {"tab": STEPS[STEPS.index(step) + 1]}}

    def _answer_brand(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        name = deed.said("name", 100)
        if not name:
            raise Refused("Markanın adını yazın.", "Write the brand’s name.")
        before = self.beginning.answers()
        languages = [code for code in deed.many("languages") if code in ("tr", "en")]
        if not languages:
            raise Refused("En az bir dil seçin.", "Choose a language at least.")
        more = {} if name == before.name else {"record": None}
        answers = self.beginning.keep(name=name, handles=deed.said("handles", 500), languages=languages, **more)
        return self._next("brand", answers)

    def _answer_meaning(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        meaning = "yes" if deed.said("other_meaning") == "yes" else "no"
        samples = deed.said("samples", 5000)
        said_words = {"theirs": deed.said("theirs", 2000), "ours": deed.said("ours", 2000)}
        if meaning == "yes" and not any(said_words.values()):
            raise Refused(
                "Öteki anlama ya da size işaret eden en az bir söz yazın.",
                "Write a word at least that speaks for the other meaning or for you.",
            )
        answers = self.beginning.keep(other_meaning=meaning, samples=samples, **said_words)
        if meaning == "no" or not samples:
            self.at.told = ()
            return self._next("meaning", answers)
        self._next("meaning", answers)
        made = settings_of(answers.model_copy(update={"me": answers.me or "?"}), self.desk.settings)
        self.at.told = self.means.means_us(made, samples)  # stays: the words may need a change
        return {"told": self.texts.say("begin.look_at_verdicts")}

    def _answer_source(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        chosen = deed.said("source", 10)
        more = deed.many("more")
        self.at.connection.let_go()
        self.at.connection = Connection(kind="feed")
        if chosen == "later":
            self.beginning.keep(source="later", record=None)
            return {"go": {"tab": "promise"}}
        if chosen == "file":
            return self._answer_file(deed)
        url = deed.said("url", 2000)
        if not url:
            raise Refused("Beslemenin adresini yazın.", "Write the feed’s address.")
        answers = self.beginning.keep(
            source="feed", url=url, everything="everything" in more, inside="inside" in more, record=None
        )
        made = settings_of(answers.model_copy(update={"me": answers.me or "?"}), self.desk.settings)
        if answers.everything:
            made = made.model_copy(update={"brand": made.brand.model_copy(update={"query": ""})})
        asked = {"url": url, "name": "feed", **({"private_network": "true"} if answers.inside else {})}
        told = {"do": "try", "answers": asked, "brand": answers.name}
        taken = connecting_form.take(self.at.connection, told, self.means.connecting(made), self.desk, now)
        self.at.connection = taken or Connection(kind="feed")
        if self.at.connection.job is not None:
            self.at.connection.job.join(1.0)  # what answers at once is shown at once
        return {}

    def _answer_file(self, deed: Deed) -> Mapping[str, Any]:
        before = self.beginning.answers()
        if not deed.form.get("file") and before.file:
            self.beginning.keep(source="file", record=None)
            return {"go": {"tab": "promise"}}
        content = deed.file("file")
        if not content:
            raise Refused("Bir dosya seçin.", "Choose a file.")
        name = deed.said("file_name", 200) or "file"
        kept = Jobs(self.desk).keep_file(name, content)
        self.beginning.keep(source="file", file=str(kept), file_name=name, record=None)
        return {"go": {"tab": "promise"}}

    def _take_source(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        job = self.at.connection.job
        if job is None or job.running or job.trial is None:
            raise Refused("Önce kaynağı deneyin.", "Try the source first.")
        record = dict(job.record) | ({"query": ""} if self.beginning.answers().everything else {})
        self.beginning.keep(record=record)
        return {"go": {"tab": "promise"}}

    def _answer_promise(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        chosen = deed.said("promise", 10)
        if chosen not in (*PROMISES, "own"):
            raise Refused("Bir söz seçin.", "Choose a promise.")
        own = {name: deed.said(f"own_{name}", 100) for name in OWN if deed.said(f"own_{name}", 100)}
        return self._next("promise", self.beginning.keep(promise=chosen, own=own))

    def _answer_people(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        me = deed.said("me", 60)
        if not me:
            raise Refused("Adınızı yazın.", "Write your name.")
        return self._next("people", self.beginning.keep(me=me, others=deed.said("others", 2000)))

    def _started(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        answers = self.beginning.answers()
        settings = self.beginning.start(now)
        self.at.started_at = now
        if answers.source == "file" and answers.file:
            own = Desk(self.desk.store, settings, self.desk.library, answers.me)
            args = {"file": answers.file, "name": answers.file_name, "source": None}
            Jobs(own).ask("import", args, "import:first", now)
        # The whole page is drawn anew, on the desk that the configuration says now.
        return {"go": {"page": "setup", "tab": "start"}}


_HINTS = {"weekdays": "09:00-18:00", "saturday": "10:00-16:00", "sunday": "", "critical": "30m", "urgent": "2h"}
