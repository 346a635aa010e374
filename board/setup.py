"""Connecting a source on the board: choose a kind, answer its questions, try it, write it down.

The board knows no collector: what a kind is, how it is tried and where it is written comes through `SetUp`, which the
entry hands in. A try runs in a thread of its own; the page asks how far it is and may let go of it at any time. A
secret goes from the form straight to where secrets are kept: it is in no state, no picture and no address.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from board.evidence import evidence
from board.moments import Moments, epoch_ms
from board.texts import Texts
from desk.desk import Desk

log = logging.getLogger("nobet")

SHOWN = 300
"""Characters of a mention that a try shows."""

MORE = ("query", "items_per_month", "private_network")
"""Settings that every kind has and a person may need on the first day; they are folded away."""


class SetUpError(Exception):
    """What cannot be done; the message is a sentence (English) without secrets."""


class SetUp(Protocol):
    """How a source is connected. Every method may raise SetUpError."""

    def kinds(self) -> Mapping[str, Any]:
        """What each kind tells of itself, by its name (see collectors.protocol.About)."""
        ...

    def questions(self, kind: str) -> Sequence[Any]:
        """What a kind asks for (see connecting.Question)."""
        ...

    def is_kept(self, variable: str) -> bool:
        """Whether the variable of a secret is filled already."""
        ...

    def keep(self, variable: str, secret: str) -> None:
        """Keep a secret under its variable."""
        ...

    def prepare(self, kind: str, answers: Mapping[str, str]) -> tuple[Mapping[str, Any], Any]:
        """The record of the source for the configuration, and its collector."""
        ...

    def attempt(self, collector: Any) -> Any:
        """What the source would bring (see connecting.Trial). Slow: it asks the service."""
        ...

    def write(self, record: Mapping[str, Any], brand: str | None) -> str:
        """Write the source into the configuration; answers the file's path."""
        ...


class Sent(BaseModel):
    """What the form sends. Only its shape is checked here."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    do: str = Field(max_length=10)
    kind: str = Field("", max_length=60)
    answers: dict[str, str] = Field(default_factory=dict, max_length=60)
    secrets: dict[str, str] = Field(default_factory=dict, max_length=20, repr=False)
    brand: str = Field("", max_length=100)
    window: str = Field("", max_length=10)


class Job:
    """A try in a thread of its own."""

    def __init__(self, attempt: Callable[[Any], Any], collector: Any, record: Mapping[str, Any], now: datetime) -> None:
        self.record = record
        self.started_at = now
        self.read = 0
        self.cancelled = False
        self.trial: Any = None
        self.error = ""
        self._attempt = attempt
        self._thread = threading.Thread(target=self._run, args=(_Watched(collector, self),), daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        self._thread.join(timeout)

    def _run(self, collector: Any) -> None:
        try:
            self.trial = self._attempt(collector)
        except SetUpError as error:
            self.error = str(error)
        except Exception as error:
            # Its words may hold what a service was told, so only its kind goes to the log.
            log.error("a try of the kind %s failed inside Nöbet: %s", self.record.get("kind"), type(error).__name__)
            self.error = f"the try failed inside Nöbet ({type(error).__name__}); nothing was written"


class _Watched:
    """A collector whose reading is counted while it goes on, and ends between two pages when nobody waits for it."""

    def __init__(self, collector: Any, job: Job) -> None:
        self._collector, self._job = collector, job

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collector, name)

    def fetch(self, cursor: Any, now: datetime) -> Any:
        if self._job.cancelled:
            return
        with contextlib.closing(self._collector.fetch(cursor, now)) as batches:
            for batch in batches:
                if self._job.cancelled:
                    return
                self._job.read += len(batch.fetched)
                yield batch


@dataclass
class Connection:
    """Where one person stands in connecting a source. It holds no secret."""

    kind: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    brand: str = ""
    job: Job | None = None
    error: str = ""
    missing: tuple[str, ...] = ()
    tried: int = 0
    file: str = ""
    name: str = ""

    def let_go(self) -> None:
        """Nobody waits for the try any more."""
        if self.job is not None:
            self.job.cancelled = True
        self.job = None


def take(at: Connection | None, sent: object, setup: SetUp, desk: Desk, now: datetime) -> Connection | None:
    """Where the person stands after what the form sent; None when connecting is over. Nothing is raised."""
    try:
        told = Sent.model_validate(sent)
    except ValidationError:
        log.warning("the board was sent something that is no answer of the form; it was left alone")
        return at
    if told.do == "close":
        if at is not None:
            at.let_go()
        return None
    if told.do == "add":
        return at or Connection()
    if at is None or told.do not in ("kind", "try", "cancel", "write"):
        return at
    at.error, at.missing = "", ()
    try:
        _STEPS[told.do](at, told, setup, desk, now)
    except SetUpError as error:
        at.error = str(error)
    except Exception as error:
        log.error("connecting a source failed: %s", type(error).__name__)
        at.error = f"this failed inside Nöbet ({type(error).__name__}); nothing was written"
    return at


def _choose(at: Connection, told: Sent, setup: SetUp, desk: Desk, now: datetime) -> None:
    at.let_go()
    at.kind = told.kind if told.kind in setup.kinds() else ""
    at.answers, at.file = {}, ""


def _cancel(at: Connection, told: Sent, setup: SetUp, desk: Desk, now: datetime) -> None:
    at.let_go()


def _try(at: Connection, told: Sent, setup: SetUp, desk: Desk, now: datetime) -> None:
    if at.kind not in setup.kinds() or (at.job is not None and at.job.running):
        return
    at.let_go()
    at.tried += 1
    questions = setup.questions(at.kind)
    allowed = {q.field for q in questions if not q.secret} | {"name", *MORE}
    at.answers = {name: text.strip() for name, text in told.answers.items() if name in allowed and text.strip()}
    at.brand = told.brand.strip() or at.brand
    missing = [q.field for q in questions if q.required and not q.secret and q.field not in at.answers]
    for q in questions:
        if q.secret and told.secrets.get(q.field, "").strip():
            setup.keep(q.variable, told.secrets[q.field])
        elif q.secret and q.required and not setup.is_kept(q.variable):
            missing.append(q.field)
    if desk.settings.demo and not at.brand:
        missing.insert(0, "brand")
    at.missing = tuple(missing)
    if missing:
        return
    record, collector = setup.prepare(at.kind, at.answers)
    at.job = Job(setup.attempt, collector, record, now)


def _write(at: Connection, told: Sent, setup: SetUp, desk: Desk, now: datetime) -> None:
    job = at.job
    if job is None or job.running or at.file:
        return
    at.file = setup.write(job.record, at.brand if desk.settings.demo else None)
    at.name = str(job.record.get("name") or job.record["kind"])


_STEPS: Mapping[str, Callable[[Connection, Sent, SetUp, Desk, datetime], None]] = {
    "kind": _choose, "try": _try, "cancel": _cancel, "write": _write,
}  # fmt: skip


def picture(at: Connection, setup: SetUp, desk: Desk, moments: Moments) -> dict[str, Any]:
    """The form as JSON-able values: what can be connected, what a kind asks, and how the try went."""
    texts = moments.texts
    data: dict[str, Any] = {"kind": at.kind, "demo": desk.settings.demo and not at.file, "brand": at.brand}
    kinds = setup.kinds()
    if at.file:
        data["done"] = {
            "title": texts.say("setup.done", name=at.name), "file": texts.say("setup.done_file", file=at.file),
            "then": texts.say("setup.done_then"),
        }  # fmt: skip
    elif not at.kind:
        data["kinds"] = [
            _card(kind, kinds[kind], texts) for kind in sorted(kinds, key=lambda k: kinds[k].title.lower())
        ]
    else:
        card = _card(at.kind, kinds[at.kind], texts)
        asked = [_question(at.kind, question, setup, texts) for question in setup.questions(at.kind)]
        data |= {"card": card, "questions": asked, "name": _free_name(at.kind, desk), "tried": at.tried}
        names = {one["field"]: one["label"] for one in asked} | {"brand": texts.say("setup.brand")}
        if at.missing:
            data["missing"] = list(at.missing)
            data["error"] = [[texts.say("setup.missing", names=", ".join(names.get(m, m) for m in at.missing)), False]]
        elif at.error or (at.job is not None and at.job.error):
            said = at.error or (at.job.error if at.job else "")
            data["error"] = [[texts.say("setup.failed"), False], *evidence(said, texts)]
        if at.job is not None and at.job.running:
            data["running"] = {
                "since": epoch_ms(at.job.started_at),
                "read": texts.say_number("setup.read_so_far", at.job.read, moments.number(at.job.read)),
            }
        elif at.job is not None and at.job.trial is not None:
            data["trial"] = trial_told(at.job.trial, desk, moments)
    return data


def _card(kind: str, about: Any, texts: Texts) -> dict[str, Any]:
    def say(what: Any) -> str:
        text = str(getattr(what, texts.language))
        return text[:1].replace("i", "İ").upper() + text[1:] if texts.language == "tr" else text[:1].upper() + text[1:]

    return {
        "kind": kind, "title": texts.label("kind", kind) if texts.has(f"kind.{kind}") else about.title,
        "reads": say(about.reads), "needs": say(about.needs), "costs": say(about.costs), "proves": say(about.proves),
        "tested": texts.label("tested", about.tested), "sure": about.tested != "documents",
    }  # fmt: skip


def _question(kind: str, question: Any, setup: SetUp, texts: Texts) -> dict[str, Any]:
    key = next((k for k in (f"ask.{kind}.{question.field}", f"ask.{question.field}") if texts.has(k)), "")
    default = question.default
    shown = ", ".join(map(str, default)) if isinstance(default, list | tuple) else default
    yes_no = isinstance(default, bool)
    return {
        "field": question.field, "label": texts.say(key) if key else question.field,
        "english": "" if key and texts.language != "en" else question.text if not key else "",
        "required": bool(question.required), "secret": bool(question.secret), "variable": question.variable,
        "kept": question.secret and setup.is_kept(question.variable), "yes_no": yes_no, "on": yes_no and default,
        "value": "" if shown is None or yes_no else str(shown), "list": isinstance(default, list | tuple),
    }  # fmt: skip


def _free_name(kind: str, desk: Desk) -> str:
    """A name that no source has yet."""
    records = () if desk.settings.demo else desk.settings.sources
    taken = {str(record.get("name") or record["kind"]) for record in records}
    return next(name for name in (kind, *(f"{kind}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def trial_told(trial: Any, desk: Desk, moments: Moments) -> dict[str, Any]:
    """What came of a try (connecting.Trial), as JSON-able values in the reader's language."""
    texts = moments.texts
    month = ""
    if trial.month_items is not None:
        items = moments.number(trial.month_items)
        month = texts.say_number("setup.month", trial.month_items, items)
        if trial.month_cost:
            month = texts.say("setup.month_cost", n=items, cost=moments.money(trial.month_cost, trial.currency))
    return {
        "ok": trial.ok,
        "said": evidence(trial.said, texts),
        "counts": [
            texts.say_number("setup.fetched", trial.fetched, moments.number(trial.fetched)),
            texts.say_number("setup.requests", trial.requests, moments.number(trial.requests)),
            texts.say_number("setup.passed", trial.passed, moments.number(trial.passed)) if trial.passed else "",
        ],
        "rejected": list(trial.rejected),
        "month": month,
        "mentions": [_tried(one, desk, moments) for one in trial.mentions],
    }


def _tried(one: Any, desk: Desk, moments: Moments) -> dict[str, Any]:
    texts, mention = moments.texts, one.mention
    text = " ".join(mention.text.split())
    told: dict[str, Any] = {
        "who": mention.author_name or mention.author or texts.say("who.unknown"),
        "at": moments.near(mention.published_at),
        "channel": texts.label("channel", mention.channel),
        "text": text if len(text) <= SHOWN else f"{text[:SHOWN]}…",
        "sign": "", "urgency": "", "labels": [], "goes": "", "why_not": one.why_not,
    }  # fmt: skip
    if one.score is None or one.decision is None:
        return told
    score, decision = one.score, one.decision
    if decision.playbook in desk.library:
        goes = texts.say("setup.goes", playbook=desk.library[decision.playbook].title.say(texts.language))
    else:
        goes = texts.say("setup.person" if decision.action == "open_case" else "setup.no_answer")
    labels = [texts.label("topic", score.topic.label), texts.label("sentiment", score.sentiment.label)]
    return told | {
        "sign": score.urgency.label, "urgency": texts.label("urgency", score.urgency.label), "labels": labels,
        "goes": goes,
    }  # fmt: skip
