"""The fields of the settings page: how each value of nobet.yaml is shown to be typed, and what was typed is written.

A field carries the way to its setting, so that a mistake the configuration's form finds is shown where it was made.
What cannot be read is written as it was typed: the form then says what is wrong with it, and nobody says it twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from board import sheet
from board.moments import length_in
from board.sheet import Block
from board.texts import Texts
from desk.config_text import LEFT_OUT
from desk.policy import WEEKDAYS, Hours, Interval, Policy, Promise, parse_duration, write_duration
from desk.settings import Product
from desk.team import Away

AS_DESK = "as_desk"
"""A promise that a team has not of its own."""

Form = Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """One field: the way to its setting, the words of its label and of what it means, and what stands in it now.

    `reads` makes of what was typed what the file says; LEFT_OUT where the default is meant.
    """

    path: tuple[str | int, ...]
    key: str
    shown: str
    reads: Callable[[str], Any]
    kind: str = "text"
    more: Mapping[str, Any] | None = None
    group: str = ""

    @property
    def name(self) -> str:
        """Its name in the form: the way with dots."""
        return ".".join(map(str, self.path))

    def block(self, texts: Texts, typed: Form, errors: Mapping[str, str]) -> Block:
        """The field as a sheet draws it, with its meaning and its mistake beside it."""
        more = {"help": texts.say(f"set_help.{self.key}") if texts.has(f"set_help.{self.key}") else ""}
        value = typed.get(self.name, self.shown)
        return sheet.field(
            self.name, texts.say(f"set.{self.key}"), self.kind, value, error=errors.get(self.name, ""),
            group=self.group, **more, **(self.more or {}),
        )  # fmt: skip


def as_facts(asked: Sequence[Asked], texts: Texts) -> list[Block]:
    """The fields as values alone, for whoever may not change them: a heading for each group, lengths of time in words.

    What does not hold (the parts of a same-day promise where there is none) is left out.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    group, way, kind = "", None, ""
    for one in asked:
        if one.group or one.path[:-1] != way:
            group, way = one.group, one.path[:-1]
        if one.key == "promise_kind":
            kind = one.shown
        if one.key in SAME_DAY_PARTS and kind != "same_day":
            continue
        groups.setdefault(group, []).append((texts.say(f"set.{one.key}"), _read(one, texts)))
    blocks: list[Block] = []
    for name, shown in groups.items():
        blocks += [*([sheet.head(name, 3)] if name else []), sheet.facts(shown)]
    return blocks


SAME_DAY_PARTS = ("promise_cutoff", "promise_grace")


def _read(asked: Asked, texts: Texts) -> str:
    options = dict((asked.more or {}).get("options", ()))
    if asked.kind == "select":
        return str(options.get(asked.shown, asked.shown))
    if asked.kind == "many":
        return ", ".join(str(options.get(part, part)) for part in asked.shown.split(",") if part)
    if asked.key.startswith("promise_") and asked.shown:
        return length_in(parse_duration(asked.shown).total_seconds(), texts)
    return asked.shown


# --- what is typed ---


def word(text: str) -> Any:
    """A text that may be left out."""
    return text.strip() or LEFT_OUT


def must(text: str) -> Any:
    """A text that must be there."""
    return text.strip()


def listed(text: str) -> Any:
    """Several values on a line, by commas."""
    return [part.strip() for part in text.split(",") if part.strip()] or LEFT_OUT


def handles(text: str) -> Any:
    """Accounts by commas, with or without the sign before them."""
    return [part.strip().removeprefix("@") for part in text.split(",") if part.strip(" @")] or LEFT_OUT


def lined(text: str) -> Any:
    """A value a line."""
    return [line.strip() for line in text.splitlines() if line.strip()] or LEFT_OUT


def number(text: str) -> Any:
    """A whole number, or what was typed instead of one."""
    plain = text.strip()
    return (int(plain) if re.fullmatch(r"-?\d{1,9}", plain) else plain) if plain else LEFT_OUT


def numbers(text: str) -> Any:
    """Whole numbers by commas; none at all is a value here."""
    return [number(part.removesuffix("%").removeprefix("%")) for part in text.replace(" ", "").split(",") if part]


def hours(text: str) -> Any:
    """The hours of a day: `09:00-12:30, 13:30-18:00`; nothing is closed."""
    return [re.sub(r"\s*[-–—]\s*", "-", part.strip()) for part in text.split(",") if part.strip()]


def countries(text: str) -> Any:
    """Countries whose holidays close the desk; nothing for none."""
    named = [part.strip().upper() for part in text.split(",") if part.strip()]
    return None if not named else named[0] if len(named) == 1 else named


def products(text: str) -> Any:
    """A product a line: its name; what customers call it, by commas; its codes, by commas."""
    found = []
    for line in text.splitlines():
        name, *rest = [part.strip() for part in line.split(";")]
        if not line.strip():
            continue
        said = [[word.strip() for word in part.split(",") if word.strip()] for part in (*rest, "", "")[:2]]
        found.append(
            {"name": name} | {key: words for key, words in zip(("aliases", "codes"), said, strict=True) if words}
        )
    return found or LEFT_OUT


def day(text: str) -> str:
    """A date as people in Turkey write it, as the file has it; anything else as it is."""
    found = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text.strip())
    return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}" if found else text.strip()


def exceptions(text: str, texts: Texts) -> dict[str, Any]:
    """Days with hours of their own, a line each: `31.12.2026: 09:00-13:00 (Yılbaşı)`, without hours for closed."""
    found: dict[str, Any] = {}
    closed = texts.say("set.closed").casefold()
    for line in text.splitlines():
        if not line.strip():
            continue
        because = re.search(r"\(([^()]*)\)\s*$", line)
        when, _, said = (line[: because.start()] if because else line).partition(":")
        if len(when) > 12 and " " in when:  # the colon was forgotten: 31.12.2026 09:00-13:00
            when, _, said = line.strip().partition(" ")
        staffed = [] if said.strip().casefold() in ("", closed) else hours(said)
        found[day(when)] = {"hours": staffed, "because": because[1].strip()} if because else staffed
    return found


def away(text: str) -> Any:
    """Absences, a line each: `01.12.2026 – 07.12.2026`, or one day."""
    found = []
    for line in text.splitlines():
        if line.strip():
            first, *rest = [
                part for part in re.split(r"\s+[-–—]\s+|\s*[–—]\s*|\s*\.\.\.?\s*(?=\d{4})", line.strip()) if part
            ]
            found.append({"from": day(first)} | ({"to": day(rest[0])} if rest else {}))
    return found or LEFT_OUT


def week(text: str, texts: Texts) -> Any:
    """Weekly hours, a line each: `Pzt 09:00-18:00`; days without a line are free. Nothing at all is as the desk."""
    names = {texts.say(f"weekday.{name}").casefold(): name for name in WEEKDAYS} | {name: name for name in WEEKDAYS}
    found: dict[str, Any] = {}
    for line in text.splitlines():
        if line.strip():
            name, _, said = line.strip().partition(" ")
            found[names.get(name.casefold().rstrip(":."), name)] = hours(said)
    return found or LEFT_OUT


# --- what is shown ---


def commas(values: Sequence[object]) -> str:
    """Values by commas."""
    return ", ".join(map(str, values))


def shown_day(intervals: Sequence[Interval]) -> str:
    """A day's hours as they are typed."""
    return commas([f"{_clock(start)}-{_clock(end)}" for start, end in intervals])


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes if minutes <= 1440 else minutes - 1440, 60)
    return f"{hour:02d}:{minute:02d}"


def shown_week(found: Hours | None, texts: Texts) -> str:
    """Weekly hours as they are typed."""
    if found is None:
        return ""
    lines = ((texts.say(f"weekday.{name}"), getattr(found, name)) for name in WEEKDAYS)
    return "\n".join(f"{name} {shown_day(intervals)}" for name, intervals in lines if intervals)


def shown_date(value: date, texts: Texts) -> str:
    """A date as the reader writes it."""
    return f"{value:%d.%m.%Y}" if texts.language == "tr" else value.isoformat()


def shown_exceptions(policy: Policy, texts: Texts) -> str:
    """Days with hours of their own, a line each."""
    lines = []
    for when, one in sorted(policy.exceptions.items()):
        because = f" ({one.because})" if one.because else ""
        lines.append(f"{shown_date(when, texts)}: {shown_day(one.hours) or texts.say('set.closed')}{because}")
    return "\n".join(lines)


def shown_away(absences: Sequence[Away], texts: Texts) -> str:
    """Absences, a line each."""
    ends = ((shown_date(one.since, texts), shown_date(one.until, texts) if one.until else "") for one in absences)
    return "\n".join(f"{first} – {last}" if last else first for first, last in ends)


def shown_products(found: Sequence[Product]) -> str:
    """Products, a line each."""
    return "\n".join("; ".join((one.name, commas(one.aliases), commas(one.codes))).rstrip("; ") for one in found)


# --- promises: several fields that are one setting ---


def promise_fields(path: tuple[str | int, ...], promise: Promise | None, own: bool, texts: Texts) -> list[Asked]:
    """The fields of one promise; `own` where leaving it to the desk is a choice."""
    kinds = [*([AS_DESK] if own else []), "always", "staffed", "same_day"]
    chosen = AS_DESK if promise is None else "same_day" if promise.same_day else promise.clock
    said = promise or Promise(same_day=True)
    options = [[kind, texts.say(f"promise_kind.{kind}")] for kind in kinds]
    group = texts.label("urgency", str(path[-1]))
    lasting = "" if said.within is None else write_duration(said.within)
    resolved = "" if said.resolution is None else write_duration(said.resolution.within)
    return [
        Asked((*path, "kind"), "promise_kind", chosen, must, "select", {"options": options}, group),
        Asked((*path, "within"), "promise_within", lasting, must, more={"hint": "2h"}),
        Asked((*path, "cutoff_before_close"), "promise_cutoff", write_duration(said.cutoff_before_close), must),
        Asked((*path, "grace"), "promise_grace", write_duration(said.grace), must),
        Asked((*path, "resolution"), "promise_resolution", resolved, must),
    ]


def promise_of(path: tuple[str | int, ...], form: Form, before: Promise | None) -> Any:
    """What the file says of a promise as it was filled in; LEFT_OUT for one that is the desk's."""
    said = {name: form.get(".".join(map(str, (*path, name))), "").strip() for name in PARTS}
    if said["kind"] == AS_DESK:
        return LEFT_OUT
    clock = before.resolution.clock if before is not None and before.resolution is not None else "staffed"
    resolution = {"resolution": {"within": lasting(said["resolution"]), "clock": clock}} if said["resolution"] else {}
    if said["kind"] != "same_day":
        return {"within": lasting(said["within"]), "clock": said["kind"]} | resolution
    usual = Promise(same_day=True)
    parts: dict[str, Any] = {"same_day": True}
    for name, default in (("cutoff_before_close", usual.cutoff_before_close), ("grace", usual.grace)):
        if (length := lasting(said[name])) and length != write_duration(default):
            parts[name] = length
    return parts | resolution


PARTS = ("kind", "within", "cutoff_before_close", "grace", "resolution")
_UNITS = {
    "sn": "s",
    "dk": "m",
    "sa": "h",
    "saat": "h",
    "dakika": "m",
    "gün": "d",
    "hafta": "w",
    "min": "m",
    "hour": "h",
}


def lasting(text: str) -> str:
    """A length of time as the file has it, where it was typed in words: `30 dk` is `30m`; anything else as it is."""
    plain = text.strip().lower().replace(" ", "")
    return re.sub(r"(\d+)([a-zçğıöşü]+)", lambda m: m[1] + _UNITS.get(m[2], m[2]), plain)


def length_of(text: str) -> Any:
    """A length that may be left out."""
    return lasting(text) or LEFT_OUT
