"""`nobet alerts`: who is told by which channel, and a test message over each of them. Addresses are never shown."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from commands.options import Config, Failure, language, utc_now
from desk.alert_channels import ChannelState, Post, channel_states, send_tests
from desk.settings import Settings, load_settings
from store.engine import Store

Lang = Annotated[str, typer.Option("--lang", help="language of the sentences: en or tr")]
AsJson = Annotated[bool, typer.Option("--json", help="everything, for a program")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(help="On which channels people are alerted, and whether they work.", no_args_is_help=True)
    group.command("list")(show_channels)
    group.command("test")(test_channels)
    app.add_typer(group, name="alerts")


def show_channels(config: Config = None, lang: Lang = "en", as_json: AsJson = False) -> None:
    """Every person with their channels: whether the address is there, and how alerts last went."""
    turkish = language(lang) == "tr"
    settings = load_settings(config)
    store = Store.open(settings.url)
    with store.read() as tx:
        states = channel_states(tx, settings, Post())
    store.close()
    if as_json:
        print(json.dumps([_record(settings, state) for state in states], ensure_ascii=False, indent=1))
        return
    for state in states:
        print(f"{state.person:<24} {_said(settings, state, turkish)}")


def test_channels(
    person: Annotated[str | None, typer.Argument(help="a name of agents; everybody when left out")] = None,
    config: Config = None,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    """Send a message marked as a test over every channel, now, and say what came of each. Exit 1 where one failed."""
    turkish = language(lang) == "tr"
    settings = load_settings(config)
    store = Store.open(settings.url)
    tested = send_tests(store, settings, [person] if person else [], utc_now(), "system", Post())
    store.close()
    if as_json:
        told = [{"person": one.person, "channel": one.channel, "sent": one.sent,
                 "why": None if one.why is None else one.why.say(lang)} for one in tested]  # fmt: skip
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for one in tested:
            ended = ("gönderildi" if turkish else "sent") if one.why is None else one.why.say(lang)
            print(f"{one.person:<24} {one.channel:<32} {ended}")
    if not tested:
        whose = (person or "hiç kimse") if turkish else (person or "anybody")
        raise Failure(
            f"{whose} için uyarı kanalı yok; agents[].alerts altına ekleyin" if turkish
            else f"there is no alert channel for {whose}; add one under agents[].alerts"
        )  # fmt: skip
    if failed := sum(not one.sent for one in tested):
        raise Failure(
            f"{len(tested)} denemeden {failed} tanesi ulaşmadı" if turkish
            else f"{failed} of {len(tested)} test alerts did not arrive"
        )  # fmt: skip


def _said(settings: Settings, state: ChannelState, turkish: bool) -> str:
    if not state.channel:
        return "kanal yok; yalnızca panoda haber alır" if turkish else "no channel; told on the board alone"
    parts = []
    if not state.is_set:
        parts.append("adres yok" if turkish else "no address")
    for name, english, at in (
        ("son gönderilen", "last sent", state.last_sent_at), ("son hata", "last failed", state.last_failed_at),
    ):  # fmt: skip
        if at is not None:
            parts.append(f"{name if turkish else english} {at.astimezone(settings.desk.zone):%d.%m.%Y %H:%M}")
    return f"{state.channel:<32} {'; '.join(parts) or ('hiç kullanılmadı' if turkish else 'never used')}"


def _record(settings: Settings, state: ChannelState) -> dict[str, object]:
    zone = settings.desk.zone
    return {
        "person": state.person, "channel": state.channel or None, "set": state.is_set,
        "last_sent_at": state.last_sent_at and state.last_sent_at.astimezone(zone).isoformat(),
        "last_failed_at": state.last_failed_at and state.last_failed_at.astimezone(zone).isoformat(),
    }  # fmt: skip
