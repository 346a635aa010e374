"""The channels on which people are alerted: sending on one, trying it, and what happens when one is down.

The addresses are secrets: they come from the environment, by the names in the settings, and are in no log, no note, no
row and no answer of this file.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk.crisis.alert_words import language_for
from desk.roles import Refused
from desk.settings import Settings
from desk.team import Agent
from playbooks.schema import Bilingual
from store import events as event_log
from store import warnings as warning_store
from store.engine import Store
from store.warnings import AlertRow

TIMEOUT_S = 20
"""Seconds that one service may take."""

QUIET_FOR = timedelta(hours=1)
"""How long nothing more is said of a channel after it was said that it is down."""

CARETAKERS = ("administrator", "crisis_manager")
"""The roles that are told of a channel that is down, beside whoever it belongs to."""

Send = Callable[[str, str, str], bool]
"""Sends a title and a text to an address; answers whether the service took it. Never raises on purpose."""

HEADING = Bilingual(tr="Nöbet: bir uyarı kanalı çalışmıyor", en="Nöbet: an alert channel is down")
TEST_HEADING = Bilingual(tr="Nöbet DENEME uyarısı", en="Nöbet TEST alert")


def send_by_apprise(address: str, title: str, text: str) -> bool:
    """Send plain text to an apprise address such as `slack://…` or `json://host/path`; False where not taken."""
    service = service_of(address)
    if service is None:
        return False
    taken = service.notify(body=text, title=title, body_format="text", interpret_escapes=False, timeout=TIMEOUT_S)
    return bool(taken)


def service_of(address: str) -> Any:
    """What sends to an apprise address (an apprise.Apprise); None where apprise cannot read it.

    Source: apprise 2.2, README ("Developer API"); the 140 forms of address are its own.
    """
    import apprise  # here: it takes 0.2 s to load, and most processes send nothing

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it names an address that it cannot read
    asset = apprise.AppriseAsset(
        app_id="Nobet", app_desc="Nöbet", app_url="", secure_logging=True, async_mode=False, storage_mode="memory"
    )
    service = apprise.Apprise(asset=asset)
    return service if service.add(address) else None


class Post:
    """Sends on channels by their names, and says why where it did not go."""

    def __init__(self, environ: Mapping[str, str] | None = None, send: Send = send_by_apprise) -> None:
        self._environ = os.environ if environ is None else environ
        self._send = send

    def knows(self, channel: str) -> bool:
        """Whether an address is there for a channel."""
        return bool(self._environ.get(channel, "").strip())

    def send(self, channel: str, heading: str, text: str) -> Bilingual | None:
        """Send on a channel; answers why it failed, None where it did not. Never the address."""
        if not self.knows(channel):
            return Bilingual(
                tr=f"{channel} tanımlı değil; adresi nobet.env dosyasına ya da ortama yazın",
                en=f"{channel} is not set; put the address there, in nobet.env or the environment",
            )
        try:
            taken = self._send(self._environ[channel].strip(), heading, text)
        except Exception as error:  # a service's library may raise anything, and its words may hold the address
            return Bilingual(
                tr=f"{channel} arkasındaki hizmet hata verdi ({type(error).__name__})",
                en=f"the service behind {channel} failed ({type(error).__name__})",
            )
        if taken:
            return None
        return Bilingual(
            tr=f"{channel} arkasındaki hizmet iletiyi almadı; adresi denetleyin",
            en=f"the service behind {channel} did not take it; check the address",
        )


# --- a channel that is down ---


def tell_of_failure(tx: Connection, settings: Settings, alert: AlertRow, why: Bilingual, now: datetime) -> bool:
    """Tell others that an alert could not be sent on its channel, once a channel and QUIET_FOR; whether it was told.

    It goes to whoever was to be alerted and to the CARETAKERS, on the board and on those of their channels that are
    not down themselves. A message about a channel that cannot be sent is told on the board alone, so that two dead
    channels never tell of one another without end. Hold the brand's log in the transaction before.
    """
    brand = settings.brand.key
    about = f"{warning_store.CHANNEL}{alert.channel}/"
    last = warning_store.newest_of(tx, brand, about)
    if last is not None and now - last < QUIET_FOR:
        return False
    dead = down(tx, brand, now) | {alert.channel}
    ends_here = alert.message.startswith(warning_store.CHANNEL)
    own = [agent for agent in settings.agents if agent.name == alert.person]
    care = [agent for agent in settings.agents if set(agent.roles) & set(CARETAKERS)] or list(settings.agents)
    people = list({agent.name: agent for agent in (*own, *care)}.values())
    used: dict[str, list[str]] = {}
    for agent in people:
        said = failure_text(alert.channel, alert.person, why).say(language_for(agent, settings.board.language))
        live = [] if ends_here else [name for name in dict.fromkeys(agent.alerts) if name not in dead]
        for channel in (warning_store.BOARD, *live):
            message = f"{about}{agent.name}/{now.isoformat()}"
            warning_store.add_alert(tx, brand, message, agent.name, channel, said, now)
        used[agent.name] = live
    data = {"channel": alert.channel, "person": alert.person, "why": why.en, "to": used}
    event_log.append(tx, brand, type="alert_channel_down", at=now, by="system", recorded_at=now, data=data)
    return True


def down(tx: Connection, brand: str, now: datetime) -> set[str]:
    """The channels on which an alert was given up in the last QUIET_FOR, and none was taken since."""
    ends = warning_store.channel_ends(tx, brand)
    failed = {channel: at for (channel, state), at in ends.items() if state == "failed" and now - at < QUIET_FOR}
    return {channel for channel, at in failed.items() if ends.get((channel, "sent"), at) <= at}


def works_again(tx: Connection, brand: str, alert: AlertRow) -> bool:
    """Whether the channel that a message tells of has taken an alert since the message was made."""
    channel = alert.message.removeprefix(warning_store.CHANNEL).split("/")[0]
    sent = warning_store.channel_ends(tx, brand).get((channel, "sent"))
    return sent is not None and sent > alert.created_at


def failure_text(channel: str, person: str, why: Bilingual) -> Bilingual:
    """What is said of a channel that is down."""
    return Bilingual(
        tr=f"{channel} kanalından {person} için gönderilen uyarı ulaşmadı: {why.tr}. "
        f"Bu kişiye başka yoldan haber verin ({person}) ve kanalı onarın; `nobet alerts test` ile deneyin.",
        en=f"An alert for {person} could not be sent on {channel}: {why.en}. "
        f"Tell {person} another way and mend the channel; try it with `nobet alerts test`.",
    )


# --- trying the channels ---


@dataclass(frozen=True)
class Tested:
    """What came of a test alert on one channel of a person; `why` it failed, None where it was sent."""

    person: str
    channel: str
    why: Bilingual | None

    @property
    def sent(self) -> bool:
        """Whether the service took it."""
        return self.why is None


def send_tests(
    store: Store, settings: Settings, names: Sequence[str], now: datetime, by: str, post: Post
) -> tuple[Tested, ...]:  # fmt: skip
    """Send a message marked as a test over every channel of these people (none: everybody), each channel once.

    It is an event of the log. Raises Refused for a name that is not on the desk.
    """
    known = {agent.name: agent for agent in settings.agents}
    for name in names:
        if name not in known:
            raise Refused(f"{name} masada yok; bilinenler: {', '.join(known)}.",
                          f"{name} is not on the desk; known are {', '.join(known)}.")  # fmt: skip
    found = []
    asked: dict[str, Bilingual | None] = {}
    for agent in [known[name] for name in names] or settings.agents:
        for channel in dict.fromkeys(agent.alerts):
            if channel not in asked:  # two people may share one: it is tried once
                asked[channel] = _test(settings, agent, channel, now, post)
            found.append(Tested(agent.name, channel, asked[channel]))
    data = {"tests": [{"person": one.person, "channel": one.channel, "sent": one.sent,
                       "why": "" if one.why is None else one.why.en} for one in found]}  # fmt: skip
    with store.write() as tx:
        event_log.append(tx, settings.brand.key, type="alert_tested", at=now, by=by, recorded_at=now, data=data)
    return tuple(found)


def _test(settings: Settings, agent: Agent, channel: str, now: datetime, post: Post) -> Bilingual | None:
    language = language_for(agent, settings.board.language)
    at = f"{now.astimezone(settings.desk.zone):%d.%m.%Y %H:%M}"
    text = Bilingual(
        tr=f"Bu bir DENEMEDİR, yapılacak bir şey yok. {settings.brand.name} uyarıları {agent.name} için bu kanaldan "
        f"({channel}) gelir. {at}",
        en=f"This is a TEST, nothing is to be done. Alerts of {settings.brand.name} for {agent.name} come on this "
        f"channel ({channel}). {at}",
    )
    return post.send(channel, TEST_HEADING.say(language), text.say(language))


@dataclass(frozen=True)
class ChannelState:
    """A channel of a person: whether its address is there, and how alerts on it last ended."""

    person: str
    channel: str
    is_set: bool
    last_sent_at: datetime | None
    last_failed_at: datetime | None


def channel_states(tx: Connection, settings: Settings, post: Post) -> tuple[ChannelState, ...]:
    """Every channel of everybody; somebody without one stands here with none (``) and is told on the board alone."""
    ends = warning_store.channel_ends(tx, settings.brand.key)
    return tuple(
        ChannelState(agent.name, channel, post.knows(channel), ends.get((channel, "sent")),
                     ends.get((channel, "failed")))
        for agent in settings.agents
        for channel in dict.fromkeys(agent.alerts or ("",))
    )  # fmt: skip
