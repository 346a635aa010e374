"""What people write in the shipped drills is seen as one matter: grouped as one, one alarm or few, found in time.

The real grouping, watch and triggers over the linear scorer, without a store; what a whole drill does is in
tests/integration/test_drills_played.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from classifying import finder_of, grouping_of, with_facts
from desk.crisis.drill_clock import DrillClock
from desk.crisis.drill_home import cast_of, settings_for
from desk.crisis.grouping import name_of, take_in, watch_of
from desk.crisis.suspecting import WINDOWS, most_in
from desk.settings import DEMO, Settings, load_settings, validate
from mention import Mention, Score
from nlp import Scorer
from playbooks.crisis.choice import plan_for
from playbooks.crisis.shelf import load_plans
from playbooks.drills import Drill, load_drills, mentions_of
from playbooks.growth import Alarm

PLANS = load_plans()
ALL = load_drills(PLANS)
PLAYED = [*((name, "tr") for name in sorted(ALL)), ("gas_smell", "en"), ("cargo_collapse", "en")]

LEAST = 0.6
"""Share of a matter's mentions that are in the crisis's incident."""
MOST = 3
"""Alarms that one crisis raises, those of incidents that became one later among them: each wakes somebody."""
BY_SCRIPT = {"offensive_post"}
"""Drills in which the watch sees the growth and no trigger fires: their plan asks for the topic of wrong and missing
answers, and the classifier calls anger at an advertisement `other`."""


@dataclass
class Seen:
    """A drill's mentions as they were grouped, and the alarms of the incidents that there are in the end."""

    drill: Drill
    mentions: tuple[Mention, ...]
    incidents: dict[str, str]
    alarms: dict[str, tuple[Alarm, float]] = field(default_factory=dict)
    """With how many mentions of its topic were usual in a quarter of an hour."""
    fired: dict[str, datetime] = field(default_factory=dict)
    raised: int = 0

    @property
    def main(self) -> str:
        """The incident of the crisis: where a trigger fired first, else the largest."""
        if self.fired:
            return min(self.fired, key=lambda one: self.fired[one])
        return Counter(self.incidents.values()).most_common(1)[0][0]


def played_with(brand: Settings, drill: Drill, language: str) -> Settings:
    """The settings with which a brand plays a drill in which the script has every role."""
    cast = cast_of(PLANS[drill.plan], brand, language, {}, (), False)
    clock = DrillClock(key="k", name=drill.id, started=drill.starts, starts=drill.starts, speed=0)
    return validate(settings_for(brand, cast, language, clock, drill.products), None)


@cache
def scorer() -> Scorer:
    return Scorer.of("linear", {})


@cache
def seen(name: str, language: str) -> Seen:
    drill, settings = ALL[name], played_with(validate(DEMO, None), ALL[name], language)
    mentions = mentions_of(drill, language)
    scores = with_facts(mentions, scorer().score(mentions), finder_of(settings))
    grouping, watch = grouping_of(settings)(None, 0), watch_of(settings.desk)
    found = Seen(drill, mentions, {})
    known = {name_of(mention): (mention, score) for mention, score in zip(mentions, scores, strict=True)}
    for mention, score in zip(mentions, scores, strict=True):
        assert isinstance(score, Score)
        placed, alarm = take_in(grouping, watch, mention, score)
        for told in (found.alarms, found.fired):
            for gone in placed.merged:
                if gone in told:
                    told.setdefault(placed.incident, told.pop(gone))
        if alarm is not None:
            found.raised += 1
            found.alarms.setdefault(placed.incident, (alarm, watch.expected(score.topic.label, 15.0)))
        if placed.incident in found.alarms and placed.incident not in found.fired:
            members = [known[one] for one in grouping.members(placed.incident)]
            if fires(drill, *found.alarms[placed.incident], members):
                found.fired[placed.incident] = mention.published_at
    found.incidents |= {one: grouping.incident_of(one) or "" for one in known}
    return found


def fires(drill: Drill, alarm: Alarm, expected: float, members: list[tuple[Mention, Score]]) -> bool:
    """Whether a trigger of the drill's plan fires for an incident; see desk.crisis.suspecting."""
    if alarm.view == "at_once":
        return True
    topic = Counter(score.topic.label for _, score in members).most_common(1)[0][0]
    urgency = Counter(score.urgency.label for _, score in members).most_common(1)[0][0]
    moments, plans = [mention.published_at for mention, _ in members], {drill.plan: PLANS[drill.plan]}
    return any(
        plan_for(plans, topic, urgency, most_in(window, moments), expected * (window / WINDOWS[0]), 0.0) is not None
        for window in WINDOWS
    )


@pytest.mark.parametrize(("name", "language"), PLAYED)
def test_most_of_a_drills_mentions_are_seen_as_one_matter(name: str, language: str) -> None:
    found = seen(name, language)
    of_matter = [found.incidents[name_of(one)] for one in found.mentions if one.extra["matter"]]
    others = [found.incidents[name_of(one)] for one in found.mentions if not one.extra["matter"]]
    assert of_matter.count(found.main) >= LEAST * len(of_matter)
    assert found.main not in others, "what is of another matter stays out of it"
    assert len(others) >= 10 and 1 <= found.raised <= MOST
    assert found.main in found.alarms and not set(found.alarms) & set(others)


@pytest.mark.parametrize(("name", "language"), PLAYED)
def test_the_watch_finds_a_drills_crisis_before_the_script_must(name: str, language: str) -> None:
    found = seen(name, language)
    due = found.drill.starts + found.drill.suspected_by
    assert found.alarms[found.main][0].at <= due
    if name not in BY_SCRIPT:
        assert found.fired[found.main] <= due
    assert len(BY_SCRIPT) <= 1


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("name", sorted(ALL))
def test_voices_read_like_many_people(name: str, language: str) -> None:
    drill = ALL[name]
    for voice in drill.voices:
        waves = [wave for wave in drill.waves if wave.voice == voice.id]
        said = {text.say(language) for text in voice.says}
        assert len(said) == len(voice.says)
        if voice.matter and not voice.bots and sum(wave.count for wave in waves) >= 50:
            assert len(said) >= 8 and voice.adds
    bots = tuple(voice.id for voice in drill.voices if voice.bots)
    people = [one for one in mentions_of(drill, language) if not (one.author or "").startswith(bots or ("-",))]
    texts = Counter(mention.text for mention in people if mention.extra["matter"])
    assert len(texts) >= len(people) / 4 and max(texts.values()) <= 20, "bots repeat themselves, people less"
    assert any("#" in text for text in texts)


def test_a_drills_products_are_found_beside_the_brands_own(tmp_path: Path) -> None:
    drill, words = ALL["gas_smell"], "brand: {name: Marka, products: [{name: Nevresim}, {name: %s, codes: [A-1]}]}"
    (tmp_path / "nobet.yaml").write_text(words % "Perde", encoding="utf-8")
    settings = played_with(load_settings(None, {"NOBET_HOME": str(tmp_path)}), drill, "tr")
    assert [one.name for one in settings.brand.products] == ["Nevresim", "Perde", "Kıvılcım masa üstü ocak"]
    first = mentions_of(drill, "tr")[0]
    named = {fact.value for fact in finder_of(settings).find(first, "tr") if fact.kind == "product"}
    assert named == {"Kıvılcım masa üstü ocak"}

    (tmp_path / "nobet.yaml").write_text(words % drill.products[0].name, encoding="utf-8")
    mine = load_settings(None, {"NOBET_HOME": str(tmp_path)})
    assert played_with(mine, drill, "tr").brand.products == mine.brand.products, "it keeps the brand's own codes"
