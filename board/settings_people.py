"""People and roles, and the channels on which each is alerted: the two tabs of the settings that are about people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from board import sheet
from board.moments import Moments
from board.settings_users import People
from board.sheet import Block
from desk.policy import write_duration
from desk.roles import ACTIONS, may
from playbooks.schema import ROLES

if TYPE_CHECKING:
    from board.settings_page import Page

APPROVES = ("approve_reply", "approve_concession", "approve_statement", "manage_settings", "close_crisis")
"""What must be for somebody: without them a desk comes to a stop."""

URGENT = ("critical", "urgent", "same_day")


def unheld(page: Page) -> list[Block]:
    """A warning for everything that must be for somebody and is for nobody."""
    texts = page.texts
    held = {role for agent in page.settings.agents for role in agent.roles}
    gone = [action for action in APPROVES if not any(may(role, action) for role in held)]
    if not gone:
        return []
    said = [getattr(ACTIONS[action], texts.language) for action in gone]
    return [sheet.note(("late", texts.say("people.unheld")), texts.say("people.unheld_text", what="; ".join(said)))]


def people_tab(page: Page, moments: Moments) -> list[Block]:
    """Everybody with what they may, when they are there and whether they may come in; somebody new; who may do what."""
    texts, agents, users = page.texts, page.settings.agents, People(page, moments)
    people: list[Block] = []
    for at, agent in enumerate(agents):
        roles = (
            ", ".join(texts.label("role", role) for role in agent.roles)
            if len(agent.roles) < len(ROLES)
            else (texts.say("people.every_role"))
        )
        meta = [
            roles,
            texts.say("people.teams", names=", ".join(agent.teams)) if agent.teams else "",
            texts.say("people.stands_in", name=agent.deputy) if agent.deputy else "",
            texts.say_number("people.limits", len(agent.limits)) if agent.limits else "",
        ]
        away = [one for one in agent.away if one.holds(moments.now.astimezone(page.desk.zone).date())]
        here = page.at.section == f"agent-{at}"
        inner: list[Block] = [page.form(f"agent-{at}", agent.name)]
        if page.may_write() and len(agents) > 1:
            form = {"agent": str(at), "base": page.digest()}
            gone = sheet.press("remove_agent", texts.say("people.remove"), form=form, keep=f"remove-{at}")
            inner.append(sheet.buttons(gone))
        change = texts.say("people.change", name=agent.name)
        people.append(
            {
                "keep": f"agent-{at}",
                "title": agent.name,
                "meta": [part for part in meta if part],
                "sign": ("paused", texts.say("people.away")) if away else None,
                "blocks": [
                    *users.of(agent.name, f"user-{at}"),
                    *(inner if here else [sheet.fold(f"agent-{at}", change, inner)]),
                ],
            }
        )
    new = f"agent-{len(agents)}"
    blocks: list[Block] = [*users.begin(), sheet.head(texts.say("people.title"), sub=texts.say("people.text"))]
    blocks += [sheet.cards(people, texts.say("people.title")), *users.left()]
    if page.may_write():
        form_ = page.form(new, texts.say("people.new"))
        blocks.append(form_ if page.at.section == new else sheet.fold("agent-new", texts.say("people.new"), [form_]))
    yes = {"sign": ("met", texts.say("people.may"))}
    rows = [
        [getattr(action, texts.language), *(yes if may(role, name) else "–" for role in ROLES)]
        for name, action in ACTIONS.items()
    ]
    header = [texts.say("people.action"), *(texts.label("role", role) for role in ROLES)]
    table = sheet.table(header, rows, texts.say("people.table"))
    return [*blocks, sheet.fold("roles", texts.say("people.table"), [table])]


def alerts_tab(page: Page, moments: Moments) -> list[Block]:
    """Who is alerted on what, whether it is filled and how it last went, with a test; and of what they are told."""
    texts, settings = page.texts, page.settings
    by_person: dict[str, list[Block]] = {}
    for one in page.alerts.channels():
        failed = one.last_failed_at is not None and (one.last_sent_at is None or one.last_failed_at > one.last_sent_at)
        if not one.channel:
            sign = ("none", texts.say("ready.no_channel"))
        elif not one.is_set:
            sign = ("late", texts.say("ready.not_set"))
        else:
            sign = ("late", texts.say("ready.failed")) if failed else ("met", texts.say("ready.set"))
        went = texts.say("alerts.went", at=moments.near(one.last_sent_at)) if one.last_sent_at else ""
        by_person.setdefault(one.person, []).append(
            {"keep": f"{one.person}-{one.channel}", "title": one.channel, "sign": sign, "meta": [went] if went else []}
        )
    people: list[Block] = []
    for at, agent in enumerate(settings.agents):
        test = sheet.press("test_alert", texts.say("alerts.test"), form={"who": agent.name}, keep=f"test-{at}")
        mine = page.may_write() or agent.name == page.desk.me
        shown = [sheet.cards(by_person.get(agent.name, []), texts.say("ready.channels"))]
        change = page.form(f"contact-{at}", agent.name)
        here = page.at.section == f"contact-{at}"
        folded = change if here else sheet.fold(f"contact-{at}", texts.say("people.change", name=agent.name), [change])
        people.append(
            {
                "keep": f"person-{at}",
                "title": agent.name,
                "blocks": [*shown, *([folded] if page.may_write() else [])],
                "buttons": [test] if mine and agent.alerts else None,
            }
        )
    rules = settings.warnings
    told = [
        texts.say("alerts.rule", urgency=texts.label("urgency", name), at=", ".join(map(str, percents)))
        if (percents := getattr(rules.percents, name))
        else texts.say("alerts.never", urgency=texts.label("urgency", name))
        for name in URGENT
    ]
    told.append(texts.say("alerts.whom"))
    told.append(
        texts.say("alerts.quiet", hours=", ".join(rules.quiet)) if rules.quiet else texts.say("alerts.no_quiet")
    )
    told.append(texts.say("alerts.apart", length=write_duration(rules.apart)))
    return [
        sheet.head(texts.say("settings_tab.alerts"), sub=texts.say("alerts.text")),
        sheet.cards(people, texts.say("settings_tab.alerts")),
        sheet.head(texts.say("alerts.rules")),
        *[sheet.text(line) for line in told],
        page.form("warnings"),
    ]
