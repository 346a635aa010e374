"""Written crises to rehearse: who writes what when, what surprises the team, and what a good team does by when.

One YAML file each in playbooks/drills/. Every text is written in Turkish and English, so that a drill can be played in
either. Mentions are written one by one, or come in waves, in which many people say one of a voice's sentences in their
own words; a wave is the same each time it is played.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, StrictInt, WithJsonSchema

from mention import Engagement, Mention
from playbooks.checks import Problem
from playbooks.crisis.events import Event
from playbooks.crisis.plan import Plan, written_out
from playbooks.crisis.state import State
from playbooks.schema import Bilingual, Channel, Id, Part, TimeBox, Words, parse_duration, said_duration
from playbooks.shelf import Finding, LibraryError, read_parts

DRILLS = Path(__file__).parent / "drills"
"""The drills that come with Nöbet."""

MEASURES = (
    "suspected", "taken", "declared", "first_informed", "all_informed", "decided", "step", "first_answer",
    "updated", "evidence", "contained",
)  # fmt: skip
"""What a goal looks at; see playbooks/crisis/scorecard.py."""


def _offset(value: object) -> timedelta:
    return timedelta(0) if value in (0, "0", "0m") else parse_duration(value)


AT_MOST = timedelta(minutes=30)
"""The longest the script takes over anything: a drill lasts hours, and some time boxes are days."""

Offset = Annotated[
    timedelta, BeforeValidator(_offset), PlainSerializer(said_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["0m", "1h20m"]}),
]  # fmt: skip
"""Time since the drill began."""
Count = Annotated[StrictInt, Field(ge=1, le=2000)]


class Sold(Part):
    """Something that the made-up brand sells, to be found in what its customers write."""

    name: Annotated[Words, Field(max_length=100)] = Field(description="as the desk knows it")
    aliases: Annotated[tuple[Words, ...], Field(max_length=50)] = Field((), description="what customers call it")
    codes: Annotated[tuple[Words, ...], Field(max_length=50)] = Field((), description="its model or stock codes")


class Said(Part):
    """One mention, written out."""

    at: Offset = Field(description="since the drill began")
    channel: Channel = Field(description="platform")
    author: Words = Field(description="handle")
    name: Words | None = Field(None, description="name shown")
    followers: Annotated[StrictInt, Field(ge=0)] = Field(0, description="followers")
    shares: Annotated[StrictInt, Field(ge=0)] = Field(0, description="how often it is shared")
    text: Bilingual = Field(description="what is written")
    matter: bool = Field(True, description="whether it is of the crisis; false for ordinary mentions among it")


class Voice(Part):
    """People who talk alike."""

    id: Id = Field(description="name within the drill")
    who: Bilingual = Field(description="who they are")
    bots: bool = Field(False, description="accounts made for the attack: few followers, the same words")
    matter: bool = Field(True, description="whether they write of the crisis; false for ordinary mentions beside it")
    says: tuple[Bilingual, ...] = Field(min_length=1, description="their sentences; {n} is a number, other each time")
    adds: tuple[Bilingual, ...] = Field((), description="what about half of them add to their sentence")


class Wave(Part):
    """Many mentions of one voice over a while."""

    voice: Id = Field(description="a voice of this drill")
    channel: Channel = Field(description="platform")
    at: Offset = Field(description="since the drill began")
    lasting: TimeBox = Field(description="over how long they come")
    count: Count = Field(description="how many")


class Surprise(Part):
    """Something that happens to the team, not in the mentions."""

    at: Offset = Field(description="since the drill began")
    role: Id = Field(description="whom it happens to; whoever leads the drill hands it to them")
    what: Bilingual = Field(description="what is said to them")
    good: Bilingual = Field(description="what a good team makes of it, for the talk afterwards")
    absent: tuple[Id, ...] = Field((), description="roles that cannot be reached from then on")


class Goal(Part):
    """What a good team has done by when."""

    id: Id = Field(description="name within the drill")
    what: Bilingual = Field(description="the goal in a sentence")
    by: Offset = Field(description="since the drill began")
    measure: Literal[MEASURES] = Field(description="what it looks at")  # type: ignore[valid-type]
    of: Id | None = Field(None, description="the step for decided and step, the evidence for evidence")
    options: tuple[Id, ...] = Field((), description="for decided: the options that are good; none: any")
    role: Id = Field(description="whose goal it is")


class Drill(Part):
    """One crisis to rehearse."""

    id: Id = Field(description="name; its file is called the same")
    version: Annotated[StrictInt, Field(ge=1)] = Field(description="raised with every change")
    title: Bilingual = Field(description="the drill in a few words")
    summary: Bilingual = Field(description="what happens, for whoever leads it; the players do not read it")
    plan: Id = Field(description="the crisis plan that is rehearsed")
    brand: Words = Field(description="the made-up brand of its mentions")
    starts: datetime = Field(description="when it begins, with offset; the day matters where a holiday is near")
    lasting: TimeBox = Field(description="how long it is played")
    suspected_by: Offset = Field(description="when a good watch has seen it; the script says so then")
    products: tuple[Sold, ...] = Field((), description="what the brand of its mentions sells, as far as they name it")
    voices: tuple[Voice, ...] = Field((), description="people who talk alike")
    mentions: tuple[Said, ...] = Field(min_length=8, description="written mentions, in their order")
    waves: tuple[Wave, ...] = Field((), description="mentions in numbers")
    surprises: tuple[Surprise, ...] = Field(min_length=1, description="what happens to the team")
    choices: dict[Id, tuple[Id, ...]] = Field(default_factory=dict, description="what the script decides, in turn")
    goals: tuple[Goal, ...] = Field(min_length=5, description="what a good team does by when")


def mentions_of(drill: Drill, language: str, start: datetime | None = None) -> tuple[Mention, ...]:
    """Every mention of a drill in one language (`tr` or `en`), in the order of their times; the same each time.

    `start` stands for the drill's own beginning. Each is marked `extra.drill`, so that none can pass for a real one.
    """
    begin = start or drill.starts
    found = [_mention(drill, language, begin, f"m{i}", said) for i, said in enumerate(drill.mentions, start=1)]
    voices = {voice.id: voice for voice in drill.voices}
    for number, wave in enumerate(drill.waves, start=1):
        found += [
            _mention(drill, language, begin, f"w{number}-{i + 1}", said)
            for i, said in enumerate(_wave(drill, wave, voices[wave.voice], number))
        ]
    return tuple(sorted(found, key=lambda mention: (mention.published_at, mention.native_id)))


def _mention(drill: Drill, language: str, begin: datetime, name: str, said: Said) -> Mention:
    return Mention(
        source=said.channel, native_id=f"drill-{drill.id}-{name}", text=said.text.say(language), author=said.author,
        author_name=said.name, followers=said.followers, published_at=begin + said.at, lang=language,
        engagement=Engagement(shares=said.shares), extra={"drill": drill.id, "matter": said.matter},
    )  # fmt: skip


def _wave(drill: Drill, wave: Wave, voice: Voice, number: int) -> Iterator[Said]:
    for i in range(wave.count):
        # A digest, not `random`: the same mentions in every process and every version of Python.
        digest = hashlib.sha256(f"{drill.id}/{number}/{i}".encode()).digest()
        text, n = voice.says[(i + digest[0] % 2) % len(voice.says)], 100 + int.from_bytes(digest[1:3]) % 900
        # Half of them add nothing; who adds what has nothing to do with which sentence it is.
        more = voice.adds[digest[6] % len(voice.adds)] if voice.adds and digest[7] % 2 else None
        said = {one: " ".join([text.say(one), *([more.say(one)] if more else [])]) for one in ("tr", "en")}
        filled = Bilingual(**{one: words.replace("{n}", str(n)) for one, words in said.items()})
        spread = wave.lasting * i / wave.count + timedelta(seconds=digest[3] % 20)
        followers = digest[4] % 4 if voice.bots else int.from_bytes(digest[4:6]) % 900
        author = f"{voice.id[:10]}{n}{number}{i}"
        yield Said(
            at=wave.at + spread, channel=wave.channel, author=author, followers=followers, text=filled,
            matter=voice.matter,
        )  # fmt: skip


def played_by_script(drill: Drill, plan: Plan, state: State, absent: frozenset[str]) -> tuple[Event, ...]:
    """What the script does now for roles nobody plays: each duty seen at once and done at half its time box.

    Decisions go by `choices`: of a step that is decided several times they are taken in turn, and the last one is
    repeated; a step without choices takes its first option. Nothing takes it longer than AT_MOST. Where nothing is
    open any more and it plays the role that `decides` names first, it takes the crisis to its next stage, up to
    reviewed.
    """
    if not _at_work(state) and plan.decides[0].role in absent and state.stage in _ONWARD:
        by = f"agent:{plan.decides[0].role}"
        return (Event(state.now, _ONWARD[state.stage], by, why="script"),)
    steps = written_out(plan).by_id
    events = []
    for duty in state.open:
        if duty.holder.role not in absent:
            continue
        by = f"agent:{duty.holder.person or duty.holder.role}"
        if state.now < duty.holder.since + min((duty.due_at - duty.began_at) / 2, AT_MOST):
            # Says at once that it is seen; unseen it would have gone on to the deputy before half its time is over.
            if duty.kind != "first" and (duty.seen_at is None or duty.seen_at < duty.holder.since):
                events.append(Event(state.now, "seen", by, duty=duty.key))
            continue
        if duty.kind == "take":
            events.append(Event(state.now, "taken", by))
        elif duty.kind == "declare":
            events.append(Event(state.now, "declared", by, why=drill.title.en))
        elif duty.kind == "first":
            events.append(Event(state.now, "seen", by, duty=duty.key))
        elif duty.kind == "update":
            events.append(Event(state.now, "updated", by))
        elif steps[duty.step].kind == "decide":
            before = sum(d.step == duty.step and d.how == "decided" for d in state.duties)
            options = drill.choices.get(duty.step) or (steps[duty.step].options[0].id,)
            option = options[min(before, len(options) - 1)]
            events.append(Event(state.now, "decided", by, step=duty.step, option=option, why="script"))
        elif steps[duty.step].kind != "wait":
            events.append(Event(state.now, "done", by, step=duty.step))
            events += [Event(state.now, "collected", by, evidence=part) for part in steps[duty.step].evidence]
    return tuple(events)


def _at_work(state: State) -> bool:
    """Whether anybody still owes something that ends; updates go on as long as the crisis does."""
    return bool(state.waiting) or any(duty.kind != "update" for duty in state.open)


_ONWARD = {"declared": "contained", "contained": "closed", "closed": "reviewed"}


def drill_problems(drill: Drill, stem: str, plans: Mapping[str, Plan]) -> list[Problem]:
    """What is wrong with a drill whose fields are all readable; `plans` are those it may rehearse."""
    found: list[Problem] = []
    if drill.id != stem:
        found.append((("id",), f"the id {drill.id!r} and the file's name {stem!r} must be the same", 1))
    if drill.starts.tzinfo is None:
        found.append((("starts",), "write the offset too, such as 2026-10-28T09:00:00+03:00", 1))
    if drill.plan not in plans:
        return [*found, (("plan",), f"there is no crisis plan {drill.plan!r}; there are {', '.join(plans)}", 1)]
    plan = written_out(plans[drill.plan])
    steps, roles = plan.by_id, {seat.role for seat in plan.roles}
    options = {step.id: {option.id for option in step.options} for step in plan.steps}
    for name in ("mentions", "waves", "surprises", "goals"):
        for index, part in enumerate(getattr(drill, name)):
            moment = part.by if name == "goals" else part.at
            if moment > drill.lasting:
                found.append(((name, index), "this comes after the drill's end", 1))
    named: set[str] = set()
    for index, product in enumerate(drill.products):
        names = {one.casefold() for one in (product.name, *product.aliases, *product.codes)}
        if twice := sorted(names & named):
            found.append((("products", index), f"{twice[0]!r} stands for two products", 1))
        named |= names
    for index, wave in enumerate(drill.waves):
        if wave.voice not in {voice.id for voice in drill.voices}:
            found.append((("waves", index, "voice"), f"{wave.voice!r} is no voice of this drill", 1))
    for index, surprise in enumerate(drill.surprises):
        for role in (surprise.role, *surprise.absent):
            if role not in roles:
                found.append((("surprises", index, "role"), f"{role!r} is no role of the plan", 1))
    for step, chosen in drill.choices.items():
        for option in chosen:
            if option not in options.get(step, ()):
                found.append((("choices", step), f"{option!r} is no option of a step {step!r} of the plan", 1))
    for index, goal in enumerate(drill.goals):
        path = ("goals", index)
        if goal.role not in roles:
            found.append(((*path, "role"), f"{goal.role!r} is no role of the plan", 1))
        if goal.measure in ("decided", "step") and (
            goal.of not in steps or (goal.measure == "decided" and set(goal.options) - options[goal.of])
        ):
            found.append(((*path, "of"), f"{goal.of!r} with these options is no step of the plan", 1))
        if goal.measure == "evidence" and goal.of not in {part.id for part in plan.evidence}:
            found.append(((*path, "of"), f"{goal.of!r} is no evidence of the plan", 1))
    return found


def load_drills(plans: Mapping[str, Plan], path: Path | str | None = None) -> dict[str, Drill]:
    """The drills of a folder or a file by id; those that come with Nöbet when `path` is None.

    Raises LibraryError, with every finding, when anything is wrong with any of them.
    """
    drills, findings = _read(plans, Path(path) if path is not None else DRILLS)
    if findings:
        raise LibraryError(f"The drills cannot be used: {findings[0]}", tuple(findings))
    return drills


def check_drills(plans: Mapping[str, Plan], path: Path | str | None = None) -> list[Finding]:
    """Everything that is wrong with the drills of a folder or a file, by file and line."""
    return _read(plans, Path(path) if path is not None else DRILLS)[1]


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a drill."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Drill.model_json_schema()}


def _read(plans: Mapping[str, Plan], path: Path) -> tuple[dict[str, Drill], list[Finding]]:
    drills, findings = read_parts(path, Drill, lambda drill, stem: drill_problems(drill, stem, plans))
    return {drill.id: drill for drill in drills}, findings
