"""The whole plan as one document, for people who will never open the tool: roles, telephone tree, a page per scenario.

It is printed, so it says nothing that only a screen could complete: telephone numbers are in no setting and have a line
to be written on, and every template stands with the names of what is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from desk.handbook_words import said
from desk.paper import Block, Bullets, Facts, Grid, Heading, PageBreak, Paper, Text
from desk.team import Agent
from mention import FAMILIES, search_text
from playbooks.crisis.plan import CrisisStep, Plan, Trigger, written_out
from playbooks.describe import say_limit
from playbooks.drafts import render
from playbooks.facts import FACTS
from playbooks.schema import ROLES, Bilingual, NotToSay, Playbook, Step
from playbooks.words import name_of, say_day, say_duration, say_number

LINE = "______________________"
"""Where something is written by hand."""

WORDS_SHOWN = 12
"""Words of a condition that are printed; the rest is counted, for nobody reads a hundred endings on paper."""


def handbook(
    brand: str, agents: Sequence[Agent], playbooks: Sequence[Playbook], plans: Sequence[Plan], day: date, language: str
) -> Paper:
    """The document of these playbooks and crisis plans in Turkish (`tr`) or English; `day` is printed as its date."""
    titles = {playbook.id: playbook.title.say(language) for playbook in playbooks}
    blocks: list[Block] = [PageBreak(), *_first_pages(agents, playbooks, plans, language)]
    for plan in plans:
        blocks += [PageBreak(), *_plan(plan, agents, titles, language)]
    for playbook in playbooks:
        blocks += [PageBreak(), *_playbook(playbook, language)]
    counts = said("counts", language).format(plans=len(plans), playbooks=len(playbooks))
    subtitle = f"{say_day(day, language)} · {counts}\n{said('valid', language)}"
    return Paper(said("title", language).format(brand), language, subtitle, tuple(blocks))


def playbook_pages(playbook: Playbook, language: str) -> tuple[Block, ...]:
    """One playbook as the document has it, its title first."""
    return tuple(_playbook(playbook, language))


def plan_pages(plan: Plan, agents: Sequence[Agent], playbooks: Iterable[Playbook], language: str) -> tuple[Block, ...]:
    """One crisis plan as the document has it, its title first."""
    return tuple(_plan(plan, agents, {one.id: one.title.say(language) for one in playbooks}, language))


def _first_pages(
    agents: Sequence[Agent], playbooks: Sequence[Playbook], plans: Sequence[Plan], language: str
) -> Iterator[Block]:
    yield Heading(1, said("how", language))
    yield Bullets(tuple(said(f"how_{n}", language) for n in range(1, 5)))
    yield Heading(1, said("tree", language))
    yield Text(said("tree_how", language))
    rows = []
    for role in _roles_in_use(agents, playbooks, plans):
        holders = [agent for agent in agents if role in agent.roles]
        name = _role_name(role, plans, language)
        for agent in holders:
            rows.append((name, agent.name, agent.deputy or said("see_role", language), LINE))
        if not holders:
            rows.append((name, LINE, LINE, LINE))
    yield _grid(("role", "person", "deputy", "telephone"), rows, language)
    named = [party for plan in plans for party in plan.outside.values()]
    named += [party for playbook in playbooks for party in playbook.outside.values()]
    parties = sorted({party.say(language) for party in named}, key=search_text)
    if parties:
        yield Heading(2, said("outside", language))
        yield _grid(("party", "person", "telephone"), [(party, LINE, LINE) for party in parties], language)


def _roles_in_use(agents: Sequence[Agent], playbooks: Sequence[Playbook], plans: Sequence[Plan]) -> Iterator[str]:
    named = {role for agent in agents for role in agent.roles} | {seat.role for plan in plans for seat in plan.roles}
    for playbook in playbooks:
        named |= {playbook.decides.role, playbook.decides.deputy, *(step.who for step in playbook.steps)}
    yield from (role for role in ROLES if role in named and role != "viewer")
    own = dict.fromkeys(seat.role for plan in plans for seat in plan.roles if seat.role not in ROLES)
    yield from own


def _role_name(role: str, plans: Iterable[Plan], language: str) -> str:
    for plan in plans:
        seat = plan.seat(role)
        if seat is not None and seat.title is not None:
            return seat.title.say(language)
    return name_of("role", role, language)


# crisis plans -------------------------------------------------------------------------------------------------------


def _plan(plan: Plan, agents: Sequence[Agent], titles: Mapping[str, str], language: str) -> Iterator[Block]:
    whole = written_out(plan)

    def who(name: str) -> str:
        party = plan.outside.get(name)
        return party.say(language) if party else _role_name(name, (plan,), language)

    def within(key: str, length: object) -> str:
        return said(key, language).format(length)

    yield Heading(1, said("plan", language).format(plan.title.say(language)))
    yield Text(plan.summary.say(language))
    updates = plan.updates
    cadence = said("cadence", language).format(
        who=who(updates.who), first=say_duration(updates.first_within, language),
        every=say_duration(updates.every, language), lasting=say_duration(updates.lasting, language),
    )  # fmt: skip
    if updates.then_every:
        cadence += said("cadence_then", language).format(say_duration(updates.then_every, language))
    yield Facts(
        (
            (said("when", language), "\n".join(_trigger(trigger, language) for trigger in plan.triggers)),
            (said("levels", language), "\n".join(_level(plan, language, who))),
            (
                said("takes", language),
                said("takes_how", language).format(
                    who=who(plan.take), take=say_duration(plan.take_within, language),
                    declare=say_duration(plan.declare_within, language),
                ),
            ),
            (said("updates", language), cadence),
            (said("version", language), f"{plan.id}, {plan.version}"),
        )
    )  # fmt: skip
    yield Heading(2, said("chain", language))
    rows = []
    for seat in plan.roles:
        people = ", ".join(seat.people) or ", ".join(agent.name for agent in agents if seat.role in agent.roles)
        up = who(seat.deputy) if seat.deputy else said("ends", language)
        rows.append((who(seat.role), people or LINE, say_duration(seat.hand_over_after, language), up))
    yield _grid(("role", "person", "waits", "then"), rows, language)
    yield Heading(2, said("first", language))
    rows_first = [
        (who(f.role), within("within", say_duration(f.within, language)), f.why.say(language) if f.why else "")
        for f in plan.inform_first
    ]
    yield _grid(("who", "by", "why"), rows_first, language)
    yield Heading(2, said("decides", language))
    matters = [
        (matter.what.say(language), who(matter.role), " › ".join(who(s.role) for s in plan.chain(matter.role)[1:]))
        for matter in plan.decides
    ]
    yield _grid(("matter", "who", "deputies"), matters, language)
    if plan.evidence:
        yield Heading(2, said("evidence", language))
        yield Bullets(tuple(f"{e.what.say(language)} ({say_duration(e.within, language)})" for e in plan.evidence))
    yield Heading(2, said("steps", language))
    yield Text(said("steps_how", language))
    numbers = {step.id: str(number) for number, step in enumerate(whole.steps, start=1)}
    for key, ids in (("begins", whole.begins), ("contained", whole.when_contained), ("closed", whole.when_closed)):
        if ids:
            yield Text(f"{said(key, language)}: {', '.join(numbers[step] for step in ids)}")
    rows_steps = []
    for step in whole.steps:
        rows_steps.append((
            numbers[step.id], _crisis_step(step, numbers, language, who), who(step.owner),
            f"{say_duration(step.box, language)}\n{name_of('clock', step.clock, language)}",
        ))  # fmt: skip
    yield _grid(("number", "step", "who", "box"), rows_steps, language)
    yield from _not_to_say(plan.do_not_say, language)
    if plan.playbook:
        title = titles.get(plan.playbook, plan.playbook)
        yield Text(said("replies_there", language).format(title))
    yield Text(f"{said('source', language)}: {plan.source.say(language)}")


def _trigger(trigger: Trigger, language: str) -> str:
    text = trigger.title.say(language)
    if trigger.kind == "growth":
        times = say_number(trigger.times_usual, language).removesuffix(",0").removesuffix(".0")
        text += f" ({said('growth', language).format(trigger.mentions, times)})"
    elif trigger.kind == "one_mention":
        text += f" ({said('certainty', language).format(round(trigger.certainty * 100))})"
    return f"• {text}"


def _level(plan: Plan, language: str, who: Callable[[str], str]) -> Iterator[str]:
    for level in plan.severity:
        text = f"{level.level} {level.title.say(language)}: {level.when.say(language)}"
        if level.inform:
            text += f" ({said('also_told', language)}: {', '.join(who(role) for role in level.inform)})"
        yield text


def _crisis_step(step: CrisisStep, numbers: Mapping[str, str], language: str, who: Callable[[str], str]) -> str:
    title = step.title.say(language) if step.title else step.id
    lines = [f"{title} [{name_of('kind', step.kind, language)}]"]
    if step.text:
        lines.append(step.text.say(language))
    if step.to:
        lines.append(f"{said('to', language)}: {', '.join(who(party) for party in step.to)}")
    if step.why:
        lines.append(f"{said('why', language)}: {step.why.say(language)}")
    if step.join == "any":
        lines.append(said("join_any", language))
    for option in step.options:
        lines.append(
            f"☐ {option.title.say(language)}: {option.means.say(language)} {_on(option.next, numbers, language)}"
        )
    if not step.options:
        lines.append(_on(step.next, numbers, language))
    return "\n".join(lines)


def _on(following: tuple[str, ...], numbers: Mapping[str, str], language: str) -> str:
    if not following:
        return f"› {said('branch_ends', language)}"
    return f"› {', '.join(numbers[step] for step in following)}"


# playbooks ----------------------------------------------------------------------------------------------------------


def _playbook(playbook: Playbook, language: str) -> Iterator[Block]:
    def who(name: str) -> str:
        party = playbook.outside.get(name)
        return party.say(language) if party else name_of("role", name, language)

    decides = playbook.decides
    yield Heading(1, playbook.title.say(language))
    yield Text(playbook.summary.say(language))
    yield Facts(
        (
            (said("when", language), "\n".join(_conditions(playbook, language))),
            (
                said("decides", language),
                said("decider", language).format(
                    who(decides.role), say_duration(decides.hand_over_after, language), who(decides.deputy)
                ),
            ),
            (said("clock", language), name_of("clock", playbook.clock, language)),
            (said("version", language), f"{playbook.id}, {playbook.version}"),
        )
    )
    yield Heading(2, said("first", language))
    if playbook.inform_first:
        rows = [
            (who(informed.role), say_duration(informed.within, language), _maybe(informed.why, language))
            for informed in sorted(playbook.inform_first, key=lambda one: one.within)
        ]
        yield _grid(("who", "by", "why"), rows, language)
    else:
        yield Text(said("nobody", language))
    yield Heading(2, said("steps", language))
    yield Text(said("steps_from_start", language))
    steps = [
        (str(number), _step(playbook, step, language, who), who(step.who), say_duration(step.within, language))
        for number, step in enumerate(playbook.steps, start=1)
    ]
    yield _grid(("number", "step", "who", "box"), steps, language)
    if playbook.solutions:
        yield Heading(2, said("solutions", language))
        given = [
            (
                "\n".join(filter(None, (one.title.say(language), _maybe(one.note, language)))),
                say_limit(one.limit, language),
                ", ".join(who(role) for role in one.who),
            )
            for one in playbook.solutions
        ]
        yield _grid(("given", "limit", "by_whom"), given, language)
    yield from _not_to_say(playbook.do_not_say, language)
    yield Heading(2, said("replies", language))
    slots = {name: fact.slot(language) for name, fact in FACTS.items()}
    for family in FAMILIES:
        yield Heading(3, name_of("family", family, language))
        yield Text(render(playbook.replies.of(family).say(language), language, slots))
    yield Text(f"{said('source', language)}: {playbook.source.say(language)}")


def _conditions(playbook: Playbook, language: str) -> Iterator[str]:
    when = playbook.when
    for what, values in (("topic", when.topics), ("urgency", when.urgencies), ("sentiment", when.sentiments)):
        if values:
            yield f"{said(what, language)}: {', '.join(name_of(what, value, language) for value in values)}"
    for key, words in (("any", when.words.any), ("also", when.words.also), ("none", when.words.none)):
        if words:
            more = len(words) - WORDS_SHOWN
            shown = ", ".join(words[:WORDS_SHOWN]) + (said("more", language).format(more) if more > 0 else "")
            yield f"{said(key, language)}: {shown}"


def _step(playbook: Playbook, step: Step, language: str, who: Callable[[str], str]) -> str:
    lines = [f"{step.title.say(language)} [{name_of('kind', step.kind, language)}]", step.text.say(language)]
    if step.to:
        lines.append(f"{said('to', language)}: {', '.join(who(party) for party in step.to)}")
    if step.solutions:
        titles = [one.title.say(language) for one in map(playbook.solution, step.solutions) if one]
        lines.append(f"{said('solutions', language)}: {', '.join(titles)}")
    if step.why:
        lines.append(f"{said('why', language)}: {step.why.say(language)}")
    return "\n".join(lines)


def _not_to_say(entries: tuple[NotToSay, ...], language: str) -> Iterator[Block]:
    yield Heading(2, said("not_to_say", language))
    yield Bullets(tuple(f"“{entry.say.say(language)}” – {entry.why.say(language)}" for entry in entries))


def _maybe(text: Bilingual | None, language: str) -> str:
    return text.say(language) if text else ""


def _grid(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], language: str) -> Grid:
    return Grid(tuple(said(column, language) for column in columns), tuple(rows))
