"""nobet.yaml with fields changed: exactly the change is made, and every comment that stood there stays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from desk.config_text import LEFT_OUT, changed, different
from desk.settings import SettingsError, validate

EXAMPLE = (Path(__file__).parents[2] / "nobet.example.yaml").read_text(encoding="utf-8")

FLUSH = """\
# how lists stand differs from file to file
agents:
- name: Elif   # leads
  also: [team_lead]
- name: Mert
sources: []
# the end
"""


def comments(text: str) -> list[str]:
    """Every comment, in its order."""
    return re.findall(r"(?m)(?:^|\s)(#.*)$", text)


@pytest.mark.parametrize(
    ("text", "changes", "wanted"),
    [
        (EXAMPLE, {("brand", "name"): "No"}, {"brand.name": "No"}),
        (EXAMPLE, {("brand", "name"): "12:30"}, {"brand.name": "12:30"}),
        (EXAMPLE, {("desk", "hours", "sun"): ["10:00-12:00"]}, {"desk.hours.sun": ["10:00-12:00"]}),
        (EXAMPLE, {("desk", "holidays"): None}, {"desk.holidays": None}),
        (EXAMPLE, {("brand", "homonym"): {"theirs": ["ağaç"]}}, {"brand.homonym": {"theirs": ["ağaç"]}}),
        (EXAMPLE, {("agents", 2): {"name": "Deniz"}}, {"agents.2": {"name": "Deniz"}}),
        (EXAMPLE, {("warnings", "words"): 0}, {"warnings.words": 0}),
        (FLUSH, {("agents", 2): {"name": "Off", "teams": ["gece"]}}, {"agents.2": {"name": "Off", "teams": ["gece"]}}),
        (FLUSH, {("sources", 0): {"kind": "feed", "url": "https://a"}}, {"sources.0": {"kind": "feed", "url": "https://a"}}),
        ("", {("brand", "name"): "Çınar", ("agents", 0): {"name": "A"}}, {"brand.name": "Çınar", "agents.0.name": "A"}),
    ],
)  # fmt: skip
def test_a_field_is_changed_and_nothing_else(text: str, changes: Any, wanted: dict[str, Any]) -> None:
    made = changed(text, changes)
    assert comments(made) == comments(text)
    data = yaml.safe_load(made)
    for field, value in wanted.items():
        assert at(data, field) == value
    touched = {field.partition(".")[0] for field in wanted}
    assert {name.partition(".")[0] for name in different(text, made)} == touched


def at(data: Any, field: str) -> Any:
    for part in field.split("."):
        data = data[int(part)] if part.isdigit() else data[part]
    return data


def test_what_is_taken_out_leaves_the_comments_after_it() -> None:
    made = changed(EXAMPLE, {("agents", 1): LEFT_OUT})
    assert [agent["name"] for agent in yaml.safe_load(made)["agents"]] == ["Elif"]
    assert "# assignment:" in made and "#     user_id" in made
    assert len(comments(EXAMPLE)) - len(comments(made)) == 1, "only the comment beside the agent goes with them"


def test_places_keep_their_meaning_while_several_go() -> None:
    text = changed(FLUSH, {("agents", 2): {"name": "C"}, ("agents", 3): {"name": "D"}})
    made = changed(text, {("agents", 0): LEFT_OUT, ("agents", 2): LEFT_OUT, ("agents", 1, "role"): "legal"})
    assert yaml.safe_load(made)["agents"] == [{"name": "Mert", "role": "legal"}, {"name": "D"}]


def test_the_last_of_a_list_leaves_an_empty_one() -> None:
    made = changed("agents:\n  - name: A\n", {("agents", 0): LEFT_OUT})
    assert yaml.safe_load(made) == {"agents": []}


def test_the_lines_beside_a_change_stay_as_they_are() -> None:
    made = changed(EXAMPLE, {("brand", "contact"): "destek@baska.example"})
    apart = [line for line in made.splitlines() if line not in EXAMPLE.splitlines()]
    assert len(apart) == 1 and "destek@baska.example" in apart[0]


@given(some.text(min_size=1, max_size=60).filter(lambda text: text.isprintable() and text.strip() == text))
def test_whatever_a_name_is_it_is_read_again_as_it_was(name: str) -> None:
    made = changed("brand: {name: A}  # ours\nagents:\n  - name: B\n",
                   {("brand", "name"): name, ("brand", "handles"): [name], ("agents", 0, "teams"): [name]})  # fmt: skip
    data = yaml.safe_load(made)
    assert (data["brand"], data["agents"][0]["teams"]) == ({"name": name, "handles": [name]}, [name])
    assert "# ours" in made
    validate(data, None)


def test_a_file_that_cannot_be_read_is_left_alone() -> None:
    with pytest.raises((SettingsError, yaml.YAMLError)):
        changed("brand: [", {("brand", "name"): "A"})
