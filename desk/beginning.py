"""The first set-up: what was answered so far, the configuration it makes, and how far the first mentions are.

The answers are kept in `nobet.setup.json` beside the configuration, so that the set-up can be left at any time and gone
on with later, by anybody. No secret is ever in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from desk import reading
from desk.config_text import Changes, changed
from desk.configuring import keep, put, read
from desk.roles import Refused, require
from desk.settings import CONFIG_NAME, DEMO, Brand, Mistake, Settings, mistakes, validate
from desk.team import Agent
from desk.views import Filters
from mention import search_text
from store import events as event_log
from store import settings_log
from store import sources as source_store
from store.engine import Store

FILE_NAME = "nobet.setup.json"

STEPS = ("brand", "meaning", "source", "promise", "people", "start")

ALIVE_FOR = timedelta(seconds=20)
"""A worker that has not beaten for this long is not there (worker.ALIVE_FOR)."""

_OFFICE = {day: ["09:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
_EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

PROMISES: Mapping[str, Mapping[str, Any]] = {
    # The desk's defaults (DESIGN: the clock), written out so that they can be changed.
    "office": {
        "hours": {**_OFFICE, "sat": ["10:00-16:00"]},
        "promises": {"critical": {"within": "30m", "clock": "always"}, "urgent": {"within": "2h", "clock": "staffed"},
                     "same_day": {"same_day": True}},
    },
    "evenings": {
        "hours": {day: ["09:00-22:00"] for day in _EVERY_DAY},
        "promises": {"critical": {"within": "30m", "clock": "always"}, "urgent": {"within": "1h", "clock": "staffed"},
                     "same_day": {"same_day": True}},
    },
    "always": {
        "hours": {day: ["00:00-24:00"] for day in _EVERY_DAY},
        "holidays": None,
        "promises": {"critical": {"within": "15m", "clock": "always"}, "urgent": {"within": "1h", "clock": "always"},
                     "same_day": {"within": "8h", "clock": "always"}},
    },
}  # fmt: skip
"""Three promises that fit most desks: office hours, open in the evenings, around the clock."""

OFTEN_SOMETHING_ELSE: Mapping[str, tuple[str, ...]] = {
    "çınar": ("ağacı", "gölgesi", "yaprağı"), "turkuaz": ("renk", "mavi", "ton"), "mavi": ("renk", "gökyüzü", "deniz"),
    "lale": ("bahçe", "çiçek", "soğan"), "papatya": ("çiçek", "çay", "tarla"), "yıldız": ("gökyüzü", "kayan", "burç"),
    "güneş": ("hava", "ışığı", "doğdu"), "deniz": ("kumsal", "dalga", "yüzmek"), "defne": ("yaprağı", "ağacı", "dalı"),
    "zeytin": ("ağacı", "kahvaltı", "yağı"), "nar": ("meyve", "ekşisi", "tane"), "kiraz": ("meyve", "ağacı", "reçeli"),
    "elma": ("meyve", "ağacı", "turta"), "bahar": ("mevsim", "temizliği", "geldi"), "ada": ("vapur", "sahil", "tatil"),
    "kule": ("saat", "kız kulesi", "manzara"), "apple": ("meyve", "pie", "tree"), "orange": ("juice", "colour", "peel"),
}  # fmt: skip
"""Names that are an everyday word too, with words that stand beside the other meaning: a hint, not a rule."""


class Answers(BaseModel):
    """What was answered so far. Nothing in it is binding until the start."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field("", max_length=100)
    handles: str = Field("", max_length=500)
    languages: tuple[Literal["tr", "en"], ...] = ("tr", "en")
    other_meaning: Literal["", "no", "yes"] = ""
    theirs: str = Field("", max_length=2000)
    ours: str = Field("", max_length=2000)
    samples: str = Field("", max_length=5000)
    source: Literal["", "feed", "file", "later"] = ""
    url: str = Field("", max_length=2000)
    inside: bool = False
    """The feed's address is in the house's own network."""
    everything: bool = False
    """All that the feed brings counts, not only what says the name."""
    record: dict[str, Any] | None = None
    """The source as it was tried and will be written."""
    file: str = Field("", max_length=1000)
    file_name: str = Field("", max_length=200)
    promise: Literal["", "office", "evenings", "always", "own"] = ""
    own: dict[str, str] = Field(default_factory=dict, max_length=20)
    """An own promise: weekdays, saturday, sunday, critical, urgent, as typed."""
    me: str = Field("", max_length=60)
    others: str = Field("", max_length=2000)

    def reached(self) -> str:
        """The first step that is not answered yet."""
        filled = {
            "brand": bool(self.name), "meaning": bool(self.other_meaning),
            "source": self.source in ("later", "file") or self.record is not None,
            "promise": bool(self.promise), "people": bool(self.me),
        }  # fmt: skip
        return next((step for step in STEPS if not filled.get(step, False)), "start")


def words(text: str) -> list[str]:
    """Several values by commas or lines, each once."""
    return list(dict.fromkeys(part.strip() for part in re.split(r"[,\n]", text) if part.strip()))


def handles(text: str) -> list[str]:
    """Accounts without the sign before them."""
    return [one.removeprefix("@") for one in words(text) if one.strip("@")]


def hint(name: str) -> tuple[str, ...]:
    """Words of another meaning where the name is an everyday word too; none where we know of none."""
    parts = [search_text(part) for part in name.split()]
    known = {search_text(word): said for word, said in OFTEN_SOMETHING_ELSE.items()}
    return next((known[part] for part in parts if part in known), ())


def query_of(answers: Answers) -> str:
    """What counts as a mention: the name, and the accounts. Sources that are the brand's own are not asked for it."""
    plain = answers.name.replace('"', " ").strip()
    parts = [f'"{plain}"', *(one for one in handles(answers.handles) if re.fullmatch(r"\w{2,50}", one))]
    return " OR ".join(parts)


def changes_of(answers: Answers) -> dict[tuple[str | int, ...], Any]:
    """The configuration that the answers make, field by field."""
    found: dict[tuple[str | int, ...], Any] = {("brand", "name"): answers.name}
    key = Brand(name=answers.name).key if answers.name else ""
    if key == DEMO["brand"]["slug"]:
        found["brand", "slug"] = f"{key}-1"  # the demo's made-up mentions lie under that key
    found["brand", "languages"] = list(answers.languages)
    if handles(answers.handles):
        found["brand", "handles"] = handles(answers.handles)
    found["brand", "query"] = query_of(answers)
    if answers.other_meaning == "yes":
        said = {"theirs": words(answers.theirs), "ours": words(answers.ours)}
        found["brand", "homonym"] = {name: told for name, told in said.items() if told}
    policy = _own(answers.own) if answers.promise == "own" else PROMISES[answers.promise or "office"]
    for day, hours in policy["hours"].items():
        found["desk", "hours", day] = hours
    if "holidays" in policy:
        found["desk", "holidays"] = policy["holidays"]
    for urgency, promise in policy["promises"].items():
        found["desk", "promises", urgency] = promise
    names = list(dict.fromkeys([answers.me, *words(answers.others)]))
    for at, name in enumerate(name for name in names if name):
        found["agents", at] = {"name": name}
    if answers.source == "feed" and answers.record is not None:
        found["sources", 0] = dict(answers.record)
    return found


def _own(said: Mapping[str, str]) -> Mapping[str, Any]:
    """An own promise; what was left empty is as in office hours, an empty Saturday or Sunday is closed."""

    def day(name: str, usual: str = "") -> list[str]:
        return [part.strip().replace(" ", "") for part in said.get(name, usual).split(",") if part.strip()]

    hours = {name: day("weekdays", "09:00-18:00") for name in ("mon", "tue", "wed", "thu", "fri")}
    hours |= {short: day(name) for short, name in (("sat", "saturday"), ("sun", "sunday")) if day(name)}
    return {
        "hours": hours,
        "promises": {
            "critical": {"within": said.get("critical") or "30m", "clock": "always"},
            "urgent": {"within": said.get("urgent") or "2h", "clock": "staffed"},
            "same_day": {"same_day": True},
        },
    }


def data_of(changes: Changes) -> dict[str, Any]:
    """The changes as the mapping that the file will hold."""
    found: dict[str, Any] = yaml.safe_load(changed("", changes)) or {}
    return found


def settings_of(answers: Answers, like: Settings) -> Settings:
    """The settings that the answers make, in the same house. Raises SettingsError."""
    made = validate(data_of(changes_of(answers)), None)
    return made.model_copy(update={"home": like.home, "store_url": like.store_url})


def wrong(answers: Answers) -> list[Mistake]:
    """What cannot be right about the answers so far."""
    if not answers.name:
        return []
    asked = answers if answers.me else answers.model_copy(update={"me": "?"})
    return mistakes(data_of(changes_of(asked)))


class Beginning:
    """One person's hands on the first set-up of a house."""

    def __init__(self, store: Store, settings: Settings, me: Agent) -> None:
        self.store = store
        self.settings = settings
        self.me = me

    @property
    def _answers_file(self) -> Path:
        return self.settings.home / FILE_NAME

    @property
    def file(self) -> Path:
        """Where the configuration will stand."""
        return self.settings.file or self.settings.home / CONFIG_NAME

    def answers(self) -> Answers:
        """What was answered so far; nothing where nobody has begun, or the file was spoilt."""
        try:
            return Answers.model_validate_json(self._answers_file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValidationError):
            return Answers()

    def keep(self, **answers: Any) -> Answers:
        """Keep some answers beside those that were given before. Raises Refused for who may not or what is too long."""
        self._may()
        try:
            found = Answers.model_validate({**self.answers().model_dump(), **answers})
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            raise Refused(f"Bu yanıt alınamadı ({field}); kısaltıp yeniden yazın.",
                          f"This answer cannot be taken ({field}); write it shorter.") from None  # fmt: skip
        put(self._answers_file, found.model_dump_json(indent=1) + "\n")
        return found

    def start(self, now: datetime) -> Settings:
        """Write the configuration; answers the settings it makes. The workers take it up by themselves.

        Raises Refused for who may not, where something is missing, and where there is a configuration already.
        """
        self._may()
        answers = self.answers()
        if (step := answers.reached()) != "start":
            raise Refused("Eksik bir adım var; önce onu doldurun.", f"The step {step!r} is not answered yet.")
        changes = changes_of(answers)
        if found := mistakes(data_of(changes)):
            raise Refused(f"Yazılamadı: {found[0].sentence}", f"This cannot be written: {found[0].sentence}")
        head = "# Written by the first set-up. Change it on the board or here, see docs/reference/settings.md.\n"
        text = head + changed("", changes)
        settings = settings_of(answers, self.settings)
        with self.store.write() as tx:
            event_log.hold(tx, settings.brand.key)
            before = read(self.file)
            kept = keep(before, now)
            event_log.append(
                tx, settings.brand.key, type=settings_log.CHANGED, at=now, by=f"agent:{answers.me}", recorded_at=now,
                data={"fields": sorted({str(path[0]) for path in changes}), "kept": kept, "first": True},
            )  # fmt: skip
            put(self.file, text)
        return settings

    def _may(self) -> None:
        require(self.me, "manage_settings")
        if self.settings.drill is not None:
            raise Refused("Tatbikatta kurulum yapılmaz.", "Nothing is set up in a drill.")
        if not self.settings.demo:
            raise Refused("Markanız kurulu; değişiklikleri Ayarlar sayfasında yapın.",
                          "Your brand is set up; change it on the page Settings.")  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How far the first mentions of a brand are."""

    worker: bool
    """A worker works for the brand."""
    asked: bool
    """A source was read once."""
    trouble: str
    """What a source said instead of mentions (English); empty for nothing."""
    stored: int
    waiting: int
    first_case: int | None
    cases: int


def progress(store: Store, settings: Settings, now: datetime) -> Progress:
    """How far the first mentions are."""
    brand = settings.brand.key
    with store.read() as tx:
        beat = source_store.heartbeat(tx, brand, "worker")
        states = source_store.source_states(tx, brand, now)
        queue = reading.queue(tx, brand, Filters(limit=1), settings.agents[0].name, now)
    first = queue.rows[0].case_id if queue.rows else None
    asked = any(state.last_poll is not None for state in states)
    troubled = next((state.note for state in states if state.state not in ("ok", "empty", "off")), "")
    return Progress(
        beat is not None and now - beat.at < ALIVE_FOR, asked, troubled, sum(state.total for state in states),
        sum(state.waiting for state in states), first, queue.counts.get("open", 0),
    )  # fmt: skip
