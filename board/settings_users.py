"""Who may sign in, on the settings' tab of people: how each stands, letting in, a new password, keeping out, in again.

Everything is refused or done by desk/users.py, as on the command line. A password that is given is made in the
browser (parts/users.js): it comes here once, with the deed, and never goes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from board import sheet
from board.moments import Moments
from board.sheet import Block, Deed
from desk.passwords import SHORTEST
from desk.roles import Refused
from desk.users import Users, UserView, any_user

if TYPE_CHECKING:
    from board.settings_page import Page

SIGNS = {
    "in": "met", "must_change": "same_day", "paused": "paused", "disabled": "paused", "off_the_desk": "late",
    "none": "none",
}  # fmt: skip
"""The sign of each state: those of UserView, and `none` for who is no user."""

LONGEST_TYPED = 1000
"""Characters of a typed password that are looked at; which length is allowed, the desk says."""


def users_of(page: Page) -> Users:
    """The users in this person's hands."""
    return Users(page.desk.store, page.settings, page.desk.by)


class People:
    """How everybody stands with signing in, read once for one look at the tab."""

    def __init__(self, page: Page, moments: Moments) -> None:
        self.page = page
        self.moments = moments
        self.asks = any_user(page.desk.store, page.settings)
        users = users_of(page)
        self.may = users.may()
        self.found = {one.name: one for one in users.list(moments.now)}

    def begin(self) -> list[Block]:
        """Where nobody signs in: what the first user means, and the form by which whoever may becomes it."""
        page, texts = self.page, self.page.texts
        if self.asks or page.settings.demo or page.settings.drill is not None:
            return []
        blocks: list[Block] = [sheet.note(("none", texts.say("users.off")), texts.say("users.off_text"))]
        if not self.may:
            return blocks
        me, others = page.desk.me, [agent.name for agent in page.settings.agents if agent.name != page.desk.me]
        fields = [
            sheet.field("new", texts.say("sign_in.password"), "password", required=True,
                        help=texts.say("sign_in.rule", n=SHORTEST)),
            sheet.field("again", texts.say("users.again"), "password", required=True),
        ]  # fmt: skip
        form = sheet.form(
            "user_first", texts.say("users.first_do"), fields, said=texts.say("users.first_done"), keep="user-first",
            form={"name": me},
        )  # fmt: skip
        told = [
            sheet.head(texts.say("users.first_title", name=me), 3),
            sheet.text(texts.say("users.first_text")),
            *([sheet.text(texts.say("users.first_others", names=", ".join(others)))] if others else []),
            sheet.text(texts.say("users.first_forgot", name=me), dim=True),
        ]
        return [*blocks, sheet.fold("user-first", texts.say("users.first_open"), [*told, form])]

    def of(self, name: str, keep: str) -> list[Block]:
        """How one person stands, with what may be done about it; nothing where nobody signs in."""
        if not self.asks:
            return []
        page, texts, user = self.page, self.page.texts, self.found.get(name)
        state = user.state if user is not None else "none"
        mine = name == page.desk.me
        meta = self._meta(user) if user is not None and (self.may or mine) else []
        if mine:
            meta.append(texts.say("users.mine"))
        gives, presses = self._deeds(name, state, keep) if self.may and not mine else ([], [])
        return [
            {
                "b": "user",
                "keep": keep,
                "name": name,
                "sign": (SIGNS[state], texts.say(f"user_state.{state}")),
                "meta": meta,
                "gives": gives,
                "buttons": presses,
                "given": texts.say("users.given", name=name),
                "given_text": texts.say("users.given_text"),
            }
        ]

    def left(self) -> list[Block]:
        """Users who are no longer on the desk, for whoever manages them."""
        here = {agent.name for agent in self.page.settings.agents}
        texts = self.page.texts
        gone: list[Block] = [
            {
                "keep": f"user-left-{name}",
                "title": name,
                "sign": (SIGNS["off_the_desk"], texts.say("user_state.off_the_desk")),
                "meta": self._meta(user),
                "text": texts.say("users.left_text", name=name),
            }
            for name, user in self.found.items()
            if name not in here
        ]
        if not gone or not self.may:
            return []
        return [sheet.head(texts.say("users.left")), sheet.cards(gone, texts.say("users.left"))]

    def _meta(self, user: UserView) -> list[str]:
        texts = self.page.texts
        if user.seen_at is not None:
            seen = texts.say("users.seen", at=self.moments.near(user.seen_at))
        else:
            seen = texts.say("users.never" if user.must_change else "users.not_lately")
        first = user.must_change and user.state != "must_change"  # that state says it itself
        return [seen, *([texts.say("user_state.must_change")] if first else [])]

    def _deeds(self, name: str, state: str, keep: str) -> tuple[list[Block], list[Block]]:
        """What gives a password, and what does not."""
        texts, form = self.page.texts, {"name": name}
        if state == "none":
            return [{"do": "user_add", "text": texts.say("users.add"), "keep": f"{keep}-add"}], []
        if state == "disabled":
            done = texts.say("users.enabled", name=name)
            return [], [sheet.press("user_enable", texts.say("users.enable"), done, form=form, keep=f"{keep}-enable")]
        confirm = texts.say("users.disable_sure", name=name)
        disable = sheet.press(
            "user_disable", texts.say("users.disable"), texts.say("users.disabled", name=name), form=form,
            confirm=confirm, keep=f"{keep}-disable",
        )  # fmt: skip
        reset = {
            "do": "user_reset", "text": texts.say("users.reset"), "confirm": texts.say("users.reset_sure", name=name),
            "keep": f"{keep}-reset",
        }  # fmt: skip
        return [reset], [disable]


def deeds(page: Page) -> Mapping[str, sheet.Do]:
    """What can be done about users; each raises Refused for what desk/users.py refuses."""

    def first(deed: Deed, now: datetime) -> object:
        # As it was typed, blanks and all: what is typed at the door is held against it so.
        new, again = _typed(deed, "new"), _typed(deed, "again")
        if new != again:
            raise Refused("İki parola aynı değil; hiçbir şey değişmedi.",
                          "The two passwords are not the same; nothing was changed.")  # fmt: skip
        users_of(page).add(deed.said("name"), new, now, own=True)
        return None

    return {
        "user_first": first,
        "user_add": lambda deed, now: users_of(page).add(deed.said("name"), _typed(deed, "password"), now),
        "user_reset": lambda deed, now: users_of(page).reset(deed.said("name"), _typed(deed, "password"), now),
        "user_disable": lambda deed, now: users_of(page).disable(deed.said("name"), now),
        "user_enable": lambda deed, now: users_of(page).enable(deed.said("name"), now),
    }


def _typed(deed: Deed, name: str) -> str:
    return deed.form.get(name, "")[:LONGEST_TYPED]
