"""The forms of the settings page: what stands in them changes nothing, and every mistake is told where it was made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from board import settings_forms as forms
from board.settings_fields import PARTS
from board.settings_words import said
from board.texts import texts
from desk.config_text import changed
from desk.settings import Mistake, Settings, mistakes, validate

EXAMPLE = (Path(__file__).parents[2] / "nobet.example.yaml").read_text(encoding="utf-8")
WHOLE = """
brand:
  name: Turkuaz
  products: [{name: Selvi nevresim, aliases: [selvi], codes: [SN-1]}]
  homonym: {ours: [mağaza], theirs: [renk, mavi]}
desk:
  hours: {mon: ["09:00-12:00", "13:00-18:00"], fri: ["22:00-02:00"]}
  exceptions: {"2026-12-31": {hours: ["09:00-13:00"], because: Yılbaşı}, "2027-01-02": []}
  promises: {urgent: {within: 3h, clock: always, resolution: {within: 2d, clock: always}}}
  teams: {gece: {hours: {fri: ["20:00-02:00"]}, promises: {critical: {within: 10m, clock: always}}}}
  channels: {whatsapp: {team: gece}}
agents:
  - {name: Elif, role: team_lead, also: [administrator], teams: [gece], shifts: {mon: ["09:00-12:00"]}}
  - {name: Mert, deputy: Elif, away: [{from: 2026-12-01, to: 2026-12-07}, {from: 2026-12-20}], alerts: [NOBET_A]}
warnings: {percents: {urgent: []}, quiet: []}
"""


def sections(settings: Settings) -> list[str]:
    own = [*(f"team-{name}" for name in settings.desk.teams), *(f"channel-{name}" for name in settings.desk.channels)]
    people = [f"{kind}-{n}" for n in range(len(settings.agents)) for kind in ("agent", "contact")]
    return [*forms.SECTIONS, *own, *people]


def filled(section: str, settings: Settings, language: str) -> dict[str, str]:
    return {asked.name: asked.shown for asked in forms.asks(section, settings, texts(language))}


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("text", [EXAMPLE, WHOLE, "agents: [{name: A}]\n"])
def test_a_form_that_is_sent_as_it_stands_changes_nothing(text: str, language: str) -> None:
    data = yaml.safe_load(text)
    settings = validate(data, None)
    for section in sections(settings):
        form = filled(section, settings, language)
        assert form, section
        assert not forms.changes(section, form, settings, texts(language), data), section


@pytest.mark.parametrize("language", ["tr", "en"])
def test_what_a_form_shows_is_read_again_as_the_same(language: str) -> None:
    """Every field's way there and back: a blank at the end makes it "typed", and the configuration stays what it is."""
    data = yaml.safe_load(WHOLE)
    settings = validate(data, None)
    for section in ("brand", "query", "hours", "days", "warnings", "view"):
        read = {asked.path: asked.reads(asked.shown) for asked in forms.asks(section, settings, texts(language))}
        whole = {path: value for path, value in read.items() if path[-1] not in PARTS}
        assert validate(yaml.safe_load(changed(WHOLE, whole)), None) == settings, section


def change(section: str, form: dict[str, str], text: str = WHOLE) -> Any:
    data = yaml.safe_load(text)
    settings = validate(data, None)
    found = forms.changes(section, filled(section, settings, "tr") | form, settings, texts("tr"), data)
    return yaml.safe_load(changed(text, found)), settings


def test_a_new_name_leaves_the_key_under_which_everything_is_stored() -> None:
    made, settings = change("brand", {"brand.name": "Turkuaz Giyim"})
    assert validate(made, None).brand.key == settings.brand.key == "turkuaz"


def test_who_changes_one_day_means_the_others_to_stay() -> None:
    made, _ = change("hours", {"desk.hours.sun": "10:00 – 12:00"}, "agents: [{name: A}]\n")
    assert made["desk"]["hours"]["sun"] == ["10:00-12:00"]
    assert validate(made, None).desk.hours.mon == ((540, 1080),)


def test_a_day_is_added_and_another_one_goes() -> None:
    said_days = "31.12.2026: 09:00-12:00 (Yılbaşı)\n05.01.2027: kapalı"
    made, _ = change("days", {"desk.exceptions": said_days})
    assert made["desk"]["exceptions"] == {
        "2026-12-31": {"hours": ["09:00-12:00"], "because": "Yılbaşı"}, "2027-01-05": [],
    }  # fmt: skip


def test_a_promise_is_one_setting_and_keeps_what_the_form_does_not_ask() -> None:
    made, _ = change("promises", {"desk.promises.urgent.within": "90 dk"})
    assert made["desk"]["promises"]["urgent"] == {
        "within": "90m", "clock": "always", "resolution": {"within": "2d", "clock": "always"},
    }  # fmt: skip


def test_a_team_gives_its_own_promise_back_to_the_desk() -> None:
    made, _ = change("team-gece", {"desk.teams.gece.promises.critical.kind": "as_desk"})
    assert made["desk"]["teams"]["gece"]["promises"] == {}


def test_a_first_colleague_is_named_beside_the_one_who_is_there_by_default() -> None:
    made, _ = change("agent-1", {"agents.1.name": "Ece"}, "brand: {name: A}\n")
    assert [agent["name"] for agent in made["agents"]] == ["Nöbetçi", "Ece"]


WRONG = [
    ("brand", {"brand.name": ""}, "brand.name"),
    ("brand", {"brand.name": "x" * 101}, "brand.name"),
    ("brand", {"brand.region": "Türkiye"}, "brand.region"),
    ("brand", {"brand.products": "; selvi"}, "brand.products"),
    ("query", {"brand.query": "x" * 2001}, "brand.query"),
    ("hours", {"desk.hours.mon": "9-18"}, "desk.hours.mon"),
    ("hours", {"desk.hours.mon": "09:00-09:00"}, "desk.hours.mon"),
    ("hours", {"desk.hours.tue": "09:00-12:00, 11:00-13:00"}, "desk.hours.tue"),
    ("days", {"desk.timezone": "İstanbul"}, "desk.timezone"),
    ("days", {"desk.holidays": "XX"}, "desk.holidays"),
    ("days", {"desk.exceptions": "32.12.2026: kapalı"}, "desk.exceptions"),
    ("promises", {"desk.promises.urgent.within": "çabuk"}, "desk.promises.urgent.within"),
    ("promises", {"desk.promises.urgent.within": "0m"}, "desk.promises.urgent.within"),
    ("promises", {"desk.promises.same_day.grace": "iki"}, "desk.promises.same_day.grace"),
    ("promises", {"desk.promises.same_day.resolution": "x"}, "desk.promises.same_day.resolution"),
    ("team-gece", {"desk.teams.gece.hours": "Xyz 09:00-18:00"}, "desk.teams.gece.hours"),
    ("team-gece", {"desk.teams.gece.promises.critical.within": ""}, "desk.teams.gece.promises.critical.within"),
    ("agent-1", {"agents.1.away": "01.12.2026 – 01.11.2026"}, "agents.1.away"),
    ("agent-1", {"agents.1.away": "yarın"}, "agents.1.away"),
    ("agent-1", {"agents.1.channels": "telsiz"}, "agents.1.channels"),
    ("agent-2", {"agents.2.name": "a:b"}, "agents.2.name"),
    ("contact-0", {"agents.0.alerts": "slack://gizli"}, "agents.0.alerts"),
    ("warnings", {"warnings.percents.urgent": "50, 150"}, "warnings.percents.urgent"),
    ("warnings", {"warnings.percents.urgent": "yarısı"}, "warnings.percents.urgent"),
    ("warnings", {"warnings.quiet": "gece"}, "warnings.quiet"),
    ("warnings", {"warnings.apart": "10s"}, "warnings.apart"),
    ("warnings", {"warnings.words": "1000"}, "warnings.words"),
    ("view", {"board.url": "pano"}, "board.url"),
]


@pytest.mark.parametrize(("section", "form", "field"), WRONG, ids=lambda value: str(value)[:50])
def test_a_mistake_is_told_at_its_field_in_both_languages(section: str, form: dict[str, str], field: str) -> None:
    data = yaml.safe_load(WHOLE)
    settings = validate(data, None)
    found = forms.changes(section, filled(section, settings, "tr") | form, settings, texts("tr"), data)
    wrong = mistakes(yaml.safe_load(changed(WHOLE, found)))
    here, rest = forms.errors(section, wrong, settings, texts("tr"))
    assert list(here) == [field] and not rest, (here, rest)
    turkish, english = said(here[field], texts("tr")), said(here[field], texts("en"))
    assert turkish != english == here[field].said, f"no mistake.… text has the English wording {english!r}"
    assert not re.search(r"\{[a-z_]+\}", turkish)


def test_a_mistake_that_nobody_knows_is_shown_as_it_was_said() -> None:
    assert said(Mistake("a", "Something new"), texts("tr")) == "Something new"
