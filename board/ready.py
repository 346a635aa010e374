"""Before the worst day: do the alerts arrive, and is the plan at hand for those who will never open the tool?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from board import sheet
from board.moments import Moments
from board.papers import file
from board.sheet import Block, Deed
from board.texts import Texts
from desk.crisis.alerting import Alerts
from desk.crisis.room import CrisisRoom
from desk.crisis.words import stage_words
from desk.handbook import handbook
from desk.paper import to_html, to_pdf

FORMATS = ("pdf", "html")


def ready(room: CrisisRoom, alerts: Alerts, moments: Moments) -> list[Block]:
    """Everybody's alert channels with how they last went, a test of my own, and the plan as one document."""
    texts = moments.texts
    rows: list[list[Any]] = []
    for one in alerts.channels():
        sent, failed = one.last_sent_at, one.last_failed_at
        if not one.channel:
            state: Any = {"sign": ("urgent", texts.say("ready.no_channel"))}
        elif not one.is_set:
            state = {"sign": ("late", texts.say("ready.not_set"))}
        elif failed is not None and (sent is None or failed > sent):
            state = {"sign": ("late", texts.say("ready.failed"))}
        else:
            state = {"sign": ("met", texts.say("ready.set"))}
        rows.append([one.person, one.channel or "–", state, moments.near(sent) if sent else "–"])
    header = [texts.say(f"ready.{name}") for name in ("person", "channel", "state", "went")]
    mine = sheet.press("test_alert", texts.say("ready.test"), keep="test-alert")
    inner: list[Block] = [sheet.table(header, rows, texts.say("ready.channels"))]
    inner.append(sheet.buttons(mine))
    papers = [
        sheet.press("handbook", texts.say("review.export", format=one.upper()), form={"format": one}) for one in FORMATS
    ]
    return [
        sheet.fold("alerts", texts.say("ready.alerts"), inner),
        sheet.fold(
            "handbook",
            texts.say("ready.handbook"),
            [sheet.text(texts.say("ready.handbook_text"), dim=True), sheet.buttons(*papers)],
        ),
    ]


def history(crisis_id: int, alerts: Alerts, moments: Moments) -> list[Block]:
    """Who was alerted by which way, and what became of it."""
    texts = moments.texts
    rows = [
        [
            one.person,
            texts.say("ready.board") if one.channel == "board" else one.channel,
            stage_words(one.stage).say(texts.language),
            moments.near(one.sent_at) if one.sent_at else texts.say(f"ready_state.{one.state}"),
            str(one.tries) if one.tries > 1 else "",
            moments.near(one.seen_at) if one.seen_at else "–",
            moments.near(one.acknowledged_at) if one.acknowledged_at else "–",
        ]
        for one in reversed(alerts.history(crisis_id))
    ][:100]
    header = [
        texts.say(f"ready.{name}") for name in ("person", "channel", "stage", "went", "tries", "seen", "acknowledged")
    ]
    return (
        [sheet.fold("history", texts.say("ready.history"), [sheet.table(header, rows, texts.say("ready.history"))])]
        if rows
        else []
    )


def deeds(room: CrisisRoom, alerts: Alerts, texts: Texts) -> Mapping[str, sheet.Do]:
    """Testing my alert channels; the plan as one document."""

    def tested(deed: Deed, now: datetime) -> Mapping[str, Any]:
        tests = alerts.test_alert(room.me, now)
        if not tests:
            return {"told": texts.say("ready.none_of_mine")}
        said = [
            f"{one.channel}: {texts.say('ready.arrived') if one.why is None else one.why.say(texts.language)}"
            for one in tests
        ]
        return {"told": "; ".join(said)}

    def paper(deed: Deed, now: datetime) -> Mapping[str, Any]:
        day = now.astimezone(room.zone).date()
        made = handbook(
            room.brand_name,
            room.settings.agents,
            tuple(room.library.values()),
            tuple(room.plans().values()),
            day,
            texts.language,
        )
        name = "kriz-plani" if texts.language == "tr" else "crisis-plan"
        if deed.said("format") == "pdf":
            return file(name, "pdf", to_pdf(made))
        return file(name, "html", to_html(made).encode())

    return {"test_alert": tested, "handbook": paper}
