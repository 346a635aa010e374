"""Settings: what the desk goes by, shown to everybody; whoever may changes it, after seeing what will change.

A form is checked by the configuration's own form, its mistakes are shown where they were made, and the lines of the
file that change are shown before they are written. What was there before can be put back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import yaml

from board import settings_fields as fields
from board import settings_forms as forms
from board import settings_query, settings_users, sheet
from board.moments import Moments
from board.settings_people import alerts_tab, people_tab, unheld
from board.settings_preview import calendar_blocks, worked_blocks
from board.settings_words import said
from board.sheet import Block, Deed, Place
from board.texts import Texts
from desk.config_text import LEFT_OUT, Changes
from desk.configuring import Configuring, Proposal
from desk.crisis.alerting import Alerts
from desk.desk import Desk
from desk.policy import Policy
from desk.roles import Refused, any_may, who_may
from desk.roles import said as roles_said
from desk.settings import Settings, validate


class Tries(Protocol):
    """What the settings need beyond the desk, handed in by the entry."""

    def check_settings(self, settings: Settings) -> str:
        """What is wrong with settings that only their users can tell (sources, order numbers); empty for nothing."""

    def try_query(self, query: str, lines: str, now: datetime) -> Any:
        """A query on the desk's recent mentions and on lines (see connecting.try_query). Raises Refused."""


@dataclass
class At:
    """Where one person stands: what they typed in a section, and what would come of it."""

    section: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    proposal: Proposal | None = None
    errors: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    saved: str = ""
    tried: Any = None
    tried_query: str = ""

    def forget(self) -> None:
        """Nothing is being changed any more."""
        self.section, self.typed, self.proposal, self.errors, self.rest = "", {}, None, {}, []


@dataclass(frozen=True)
class Page:
    """Everything the page is made of, for one look."""

    at: At
    desk: Desk
    configuring: Configuring
    alerts: Alerts
    tries: Tries
    texts: Texts

    @property
    def settings(self) -> Settings:
        """What is in force."""
        return self.desk.settings

    def may_write(self) -> bool:
        """Whether this person may change settings here."""
        me = self.desk.agent()
        return any_may(me.roles, "manage_settings") and not self.settings.demo and self.settings.drill is None

    # --- the picture ---

    def picture(self, place: Place, now: datetime, moments: Moments) -> Mapping[str, Any]:
        """The page at `now`."""
        texts, tab = self.texts, place.tab if place.tab in forms.TABS else "brand"
        top: list[Block] = [
            sheet.head(texts.say("page.settings"), 1, texts.say("settings.sub")),
            *self._why_not(),
            sheet.tabs(
                [(name, texts.say(f"settings_tab.{name}")) for name in forms.TABS], tab, texts.say("settings.tabs")
            ),
        ]
        drawn: Mapping[str, Callable[[], list[Block]]] = {
            "brand": lambda: [self.form("brand")],
            "query": lambda: self._query_tab(moments),
            "promises": lambda: self._promises_tab(now, moments),
            "people": lambda: people_tab(self, moments),
            "alerts": lambda: alerts_tab(self, moments),
            "classifier": lambda: self._classifier_tab(moments),
            "view": lambda: [self.form("view"), sheet.text(texts.say("settings.view_own"), dim=True)],
        }
        return {"top": top, "main": drawn[tab](), "side": self._before(moments)}

    def form(self, section: str, title: str = "", after: Sequence[Block] = ()) -> Block:
        """The form of a section; its values alone for whoever may not change them."""
        asked = forms.asks(section, self.settings, self.texts)
        title = title or self.texts.label("settings_section", section)
        here = self.at.section == section
        if not self.may_write():
            blocks = fields.as_facts(asked, self.texts)
            return sheet.fold(f"facts-{section}", title, blocks) if "-" in section else _facts(title, blocks)
        typed, wrong = (self.at.typed, self.at.errors) if here else ({}, {})
        return sheet.form(
            "check",
            self.texts.say("settings.check"),
            [one.block(self.texts, typed, wrong) for one in asked],
            keep=f"form-{section}",
            title=title,
            quiet=here and self.at.proposal is not None,
            form={"section": section, "base": self.digest()},
            grid=section in ("hours", "promises"),
            text=self.texts.say(f"settings_text.{section}") if self.texts.has(f"settings_text.{section}") else "",
            after=[*self._proposed(), *after] if here else [],
        )

    def digest(self) -> str:
        """Names the file as it stands; a form carries it, so that nothing is written over what somebody else did."""
        return self.configuring.digest()

    def _proposed(self) -> list[Block]:
        """What will change, as the lines of the file, with the press that writes it."""
        texts, at = self.texts, self.at
        blocks: list[Block] = [sheet.note(("late", texts.say("settings.wrong")), "; ".join(at.rest))] if at.rest else []
        if at.proposal is None:
            return blocks
        form = f"form-{at.section}"
        lines = at.proposal.lines
        if not lines:
            return [sheet.note(("none", texts.say("settings.same")), texts.say("settings.same_text"))]
        return [
            *blocks,
            {
                "b": "change",
                "lines": [list(line) for line in lines],
                "label": texts.say("settings.change"),
                "keep": "change",
            },
            sheet.buttons(
                sheet.press(
                    "save",
                    texts.say("settings.save"),
                    texts.say("settings.saved"),
                    primary=True,
                    keep="save",
                    drops=form,
                ),
                sheet.press("leave", texts.say("settings.leave"), keep="leave", drops=form),
            ),
        ]

    def _why_not(self) -> list[Block]:
        texts = self.texts
        if self.settings.demo:
            begin = sheet.lead(texts.say("begin.offer_do"), {"page": "setup"}, primary=True)
            return [
                sheet.note(("same_day", texts.say("settings.demo")), texts.say("settings.demo_text"), buttons=[begin])
            ]
        if self.settings.drill is not None:
            return [sheet.note(("paused", texts.say("settings.drill")), texts.say("settings.drill_text"))]
        if not self.may_write():
            who = roles_said(who_may("manage_settings"), texts.language)
            return [
                sheet.note(("none", texts.say("settings.read_only")), texts.say("settings.read_only_text", who=who))
            ]
        return unheld(self)

    def _query_tab(self, moments: Moments) -> list[Block]:
        texts, at = self.texts, self.at
        pasted = sheet.field("lines", texts.say("query.lines"), "area", rows=3, help=texts.say("query.lines_help"))
        typed = at.typed if at.section == "query" else {}
        wanted = typed.get("brand.query", self.settings.brand.query)
        tried = sheet.form(
            "try_query",
            texts.say("query.try"),
            [
                sheet.field("query", texts.say("query.tried"), "area", at.tried_query or wanted, rows=3, max=2000),
                pasted,
            ],
            keep="try-query",
            title=texts.say("query.try_title"),
            text=texts.say("query.try_text"),
            quiet=True,
        )
        return [self.form("query"), tried, *settings_query.trial(at.tried, moments)]

    def _promises_tab(self, now: datetime, moments: Moments) -> list[Block]:
        texts, policy, here = self.texts, self.settings.desk, self.at.section
        new = self._meant()
        own = [("team", name) for name in policy.teams] + [("channel", name) for name in policy.channels]

        def form(section: str, title: str = "", **of: str) -> Block:
            changes = here == section and self.at.proposal is not None
            return self.form(
                section, title, worked_blocks(policy.of(**of), new.of(**of), now, moments) if changes else ()
            )

        blocks: list[Block] = [
            form("hours"),
            {"b": "week", "days": _week(new, texts), "label": texts.say("settings.week"), "keep": "week"},
            form("promises"), form("days"), *calendar_blocks(new, now, moments),
            *([] if self.at.proposal else worked_blocks(policy, policy, now, moments)),
        ]  # fmt: skip
        for kind, name in own:
            inner = [form(f"{kind}-{name}", texts.say(f"settings.own_{kind}", name=name), **{kind: name})]
            if self.may_write():
                gone = {"kind": kind, "name": name, "base": self.digest()}
                inner.append(sheet.buttons(sheet.press("remove_own", texts.say("settings.own_remove"), form=gone)))
            blocks.append(sheet.fold(f"{kind}-{name}", texts.say(f"settings.own_{kind}", name=name), inner))
        if self.may_write():
            blocks.append(self._new_own())
        unseen = here.startswith(("team-", "channel-")) and tuple(here.split("-", 1)) not in own
        return [*self._proposed(), *blocks] if unseen else blocks

    def _meant(self) -> Policy:
        """The policy that the change would make; the one in force where nothing is being changed."""
        if self.at.proposal is None:
            return self.settings.desk
        return validate(yaml.safe_load(self.at.proposal.text) or {}, None).desk

    def _new_own(self) -> Block:
        texts = self.texts
        kinds = [[kind, texts.say(f"settings.kind_{kind}")] for kind in ("team", "channel")]
        fields_ = [
            sheet.field("kind", texts.say("settings.own_kind"), "select", "team", options=kinds),
            sheet.field("name", texts.say("settings.own_name"), required=True, max=60),
        ]
        form = sheet.form("add_own", texts.say("settings.own_add"), fields_, quiet=True, form={"base": self.digest()})
        return sheet.fold("own-new", texts.say("settings.own_new"), [form])

    def _classifier_tab(self, moments: Moments) -> list[Block]:
        texts, chosen = self.texts, self.settings.classifier
        labels = ", ".join(f"{theirs} → {ours}" for theirs, ours in chosen.labels.items())
        items = [(texts.say("settings.backend"), chosen.backend), (texts.say("settings.labels"), labels)]
        return [
            sheet.head(texts.say("settings_tab.classifier"), sub=texts.say("settings.classifier_text")),
            sheet.facts(items),
            *settings_query.quality(self.configuring.quality(moments.now), moments),
            sheet.text(texts.say("settings.classifier_docs"), dim=True),
        ]

    def _before(self, moments: Moments) -> list[Block]:
        """The earlier files that are kept, each with who ended it."""
        texts = self.texts
        if not self.may_write():
            return []
        items: list[Block] = []
        for n, one in enumerate(self.configuring.before()[:8]):
            back = sheet.press(
                "restore",
                texts.say("settings.undo" if n == 0 else "settings.restore"),
                texts.say("settings.restored"),
                form={"name": one.name},
                keep=f"back-{one.name}",
            )
            meta = [texts.say("settings.until", at=moments.near(one.at)), one.by]
            text = ", ".join(one.fields) if one.fields else texts.say("settings.by_hand")
            items.append({"keep": one.name, "title": text, "meta": [part for part in meta if part], "buttons": [back]})
        return [
            sheet.head(texts.say("settings.before"), sub=texts.say("settings.before_text")),
            sheet.cards(items, texts.say("settings.before"), texts.say("settings.none_before")),
            sheet.text(texts.say("settings.file", file=str(self.configuring.file)), dim=True),
        ]

    # --- what is done ---

    def deeds(self) -> Mapping[str, sheet.Do]:
        """What can be done on the page."""
        return {
            "check": self._check,
            "save": self._save,
            "leave": self._leave,
            "restore": self._restore,
            "remove_agent": self._remove_agent,
            "add_own": self._add_own,
            "remove_own": self._remove_own,
            "try_query": self._try_query,
            "test_alert": self._test_alert,
            **settings_users.deeds(self),
        }

    def _check(self, deed: Deed, now: datetime) -> object:
        section = deed.said("section", 60)
        at, texts = self.at, self.texts
        at.forget()
        at.section, at.typed = section, dict(deed.form)
        data = yaml.safe_load(self.configuring.read().text) or {}
        found = forms.changes(section, deed.form, self.settings, texts, data)
        return self._propose(deed, found)

    def _propose(self, deed: Deed, found: Changes) -> object:
        at, texts = self.at, self.texts
        proposal = self.configuring.propose(deed.said("base"), found)
        wrong, rest = forms.errors(at.section, proposal.mistakes, self.settings, texts)
        at.errors = {name: said(one, texts) for name, one in wrong.items()}
        at.rest = [f"{one.field}: {said(one, texts)}" for one in rest]
        if not proposal.mistakes:
            settings = validate(yaml.safe_load(proposal.text) or {}, None)
            if problem := self.tries.check_settings(settings):
                at.rest = [problem]
            else:
                at.proposal = proposal
        if at.proposal is None:
            count = len(at.errors) + len(at.rest)
            raise Refused(
                f"{count} yer düzeltilmeli; her birinin yanında yazıyor. Hiçbir şey yazılmadı.",
                f"{count} to mend, said beside each. Nothing was written.",
            )
        return None

    def _save(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        if self.at.proposal is None:
            raise Refused("Önce değişikliği denetleyin.", "Check the change first.")
        self.configuring.save(self.at.proposal, now)
        self.at.forget()
        return {"anew": True}

    def _leave(self, deed: Deed, now: datetime) -> object:
        self.at.forget()
        return None

    def _restore(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        self.configuring.restore(deed.said("name", 100), now)
        self.at.forget()
        return {"anew": True}

    def _remove_agent(self, deed: Deed, now: datetime) -> object:
        self.at.forget()
        self.at.section = f"agent-{deed.number('agent')}"
        return self._propose(deed, {("agents", deed.number("agent")): LEFT_OUT})

    def _add_own(self, deed: Deed, now: datetime) -> object:
        kind, name = deed.said("kind", 10), deed.said("name", 60)
        if kind not in ("team", "channel") or not name:
            raise Refused("Ekibin ya da kanalın adını yazın.", "Write the name of the team or channel.")
        self.at.forget()
        self.at.section = f"{kind}-{name}"
        return self._propose(deed, {("desk", f"{kind}s", name): {}})

    def _remove_own(self, deed: Deed, now: datetime) -> object:
        kind, name = deed.said("kind", 10), deed.said("name", 60)
        self.at.forget()
        self.at.section = f"{kind}-{name}"
        return self._propose(deed, {("desk", f"{kind}s", name): LEFT_OUT})

    def _try_query(self, deed: Deed, now: datetime) -> object:
        self.at.tried_query = deed.said("query", 2000)
        self.at.tried = self.tries.try_query(self.at.tried_query, deed.said("lines", 20_000), now)
        return None

    def _test_alert(self, deed: Deed, now: datetime) -> Mapping[str, Any]:
        tests = self.alerts.test_alert(deed.said("who", 60), now, self.desk.me)
        if not tests:
            return {"told": self.texts.say("ready.none_of_mine")}
        arrived = self.texts.say("ready.arrived")
        told = [f"{one.channel}: {arrived if one.why is None else one.why.say(self.texts.language)}" for one in tests]
        return {"told": "; ".join(told)}


def _facts(title: str, blocks: list[Block]) -> Block:
    return {"b": "list", "label": title, "empty": "", "items": [{"keep": title, "title": title, "blocks": blocks}]}


def _week(policy: Any, texts: Texts) -> list[dict[str, Any]]:
    """The staffed hours of each weekday, for drawing: from and to as shares of a day of 30 hours' reach."""
    days = []
    for name in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        spans = [[start, end] for start, end in getattr(policy.hours, name)]
        words = fields.shown_day(getattr(policy.hours, name)) or texts.say("set.closed")
        days.append({"name": texts.say(f"weekday.{name}"), "spans": spans, "words": words})
    return days
