"""What is wrong with a crisis plan is found with its line; two versions are compared; blocks are written out; docs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from playbooks.crisis import plan as plan_module
from playbooks.crisis.events import NEEDS, ORDER
from playbooks.crisis.plan import STAGES, TRIGGERS, Plan, Trigger, written_out
from playbooks.crisis.shelf import PLANS, check_plans, difference, json_schema, load_plans
from playbooks.drills import MEASURES, Drill, Goal, Said, Surprise, Voice, Wave
from playbooks.shelf import LibraryError

ROOT = Path(__file__).parents[2]
GOOD = (PLANS / "any_crisis.yaml").read_text(encoding="utf-8")
PLAN = load_plans()["any_crisis"]

BROKEN = [
    (
        "  - {role: legal, deputy: crisis_manager, hand_over_after: 15m}",
        "  - {role: legal, hand_over_after: 15m}",
        "no deputy",
    ),
    ("  - {role: pr_lead, deputy: executive, hand_over_after: 10m}", "  - {role: pr_lead}", "'pr_lead' has no deputy"),
    ("next: [tell_house]", "next: [tell_hose]", "is no step here; did you mean 'tell_house'"),
    ("begins: [keep_posts, pause, danger]", "begins: [keep_posts, danger]", "leads to 'pause'"),
    ("      en: 'Numbers, tone, new accounts, press. In half an hour it is decided.'\n", "", "English text is missing"),
    ("when_closed: [review]", "when_closed: [promises]", "kind 'review'"),
    ("id: any_crisis", "id: other_crisis", "must be the same"),
    ("  - id: our_record", "  - id: our_records", "is not under 'evidence'; did you mean 'our_records'"),
    ("holding, use: speak,", "holding, use: speech,", "is no block"),
    ("    to: [agent, staff, agency]\n", "", "informs nobody"),
    ("    to: [agent, staff, agency]\n", "    to: [agent, stuff]\n", "'stuff'"),
    ("  - id: pause\n", "  - id: danger\n", "used twice"),
    ("updates: {who: pr_lead,", "updates: {who: editor,", "is not under 'roles'"),
    ("    severity: 3\n", "    severity: 4\n", "is no level"),
    ("    mentions: 20\n", "", "growth is more than one"),
    ("    certainty: 0.9\n", "", "certainty under 0.5"),
    ("  - {role: agent, deputy: team_lead, hand_over_after: 5m}", "  - {role: agent, deputy: agent}", "another role"),
    ("    who: executive\n    within: 45m\n", "    who: executive\n", "'within' is missing"),
    ("first_within: 5m", "first_within: soon", "is not a time box"),
    ("version: 1\n", "version: 1\nvershion: 2\n", "did you mean 'version'"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BROKEN)
def test_a_broken_plan_is_found_with_its_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert GOOD.count(old) >= 1
    (tmp_path / "any_crisis.yaml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    findings = check_plans(tmp_path)
    assert any(sentence in finding.sentence for finding in findings), [str(f) for f in findings]
    assert all(finding.line >= 1 and finding.file.endswith("any_crisis.yaml") for finding in findings)
    with pytest.raises(LibraryError, match="cannot be used"):
        load_plans(tmp_path)


def test_a_loop_without_an_exit_is_found(tmp_path: Path) -> None:
    old = "means: {tr: Kriz kontrol altında ilan edilir., en: The crisis is said to be contained.}"
    text = GOOD.replace(old, old + "\n        next: [watch]")
    assert text != GOOD
    (tmp_path / "any_crisis.yaml").write_text(text, encoding="utf-8")
    assert any("circle without an exit" in finding.sentence for finding in check_plans(tmp_path))


def test_one_person_is_no_deputy_of_their_own(tmp_path: Path) -> None:
    text = GOOD
    for role in ("agent", "team_lead", "crisis_manager", "pr_lead", "legal"):
        text = text.replace(f"{{role: {role}, ", f"{{role: {role}, people: [Ece], ")
    text = text.replace("  - role: executive\n", "  - role: executive\n    people: [Ece]\n")
    (tmp_path / "any_crisis.yaml").write_text(text, encoding="utf-8")
    assert any("every deputy of it is Ece" in finding.sentence for finding in check_plans(tmp_path))


def test_blocks_are_written_out_where_they_are_used() -> None:
    whole = written_out(PLAN)
    ids = [step.id for step in whole.steps]
    assert {"holding_write", "apology_write", "correction_publish"} <= set(ids) and not whole.blocks
    assert whole.by_id["danger"].options[1].next == ("holding_write",)
    assert whole.by_id["holding_publish"].next == ("answers",) and whole.by_id["apology_publish"].next == ("watch",)
    assert whole.by_id["holding_read"].options[1].next == ("holding_write",)
    assert written_out(whole) is whole


def test_the_difference_of_two_versions_is_readable() -> None:
    changed = Plan.model_validate(
        PLAN.model_dump()
        | {
            "version": 2,
            "take_within": "10m",
            "steps": [
                s.model_dump() | ({"within": "25m"} if s.id == "danger" else {}) for s in PLAN.steps if s.id != "stop"
            ],
        }
    )
    lines = difference(PLAN, changed)
    assert "version: 1 -> 2" in lines and "- steps[stop]: Stop the product or the service" in lines
    assert [line for line in lines if line.startswith("take_within")] and len(lines) == 4
    assert any(line.startswith("steps[danger].within: ") for line in lines)
    assert difference(PLAN, PLAN) == ()
    assert "+ steps[stop]: Stop the product or the service" in difference(changed, PLAN)
    moved = Plan.model_validate(PLAN.model_dump() | {"steps": [s.model_dump() for s in reversed(PLAN.steps)]})
    assert len(difference(PLAN, moved)) == 1 and "order is now review" in difference(PLAN, moved)[0]


def test_the_json_schema_names_every_field_and_is_json() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert set(schema["properties"]) == set(Plan.model_fields)
    assert all(field.get("description") for field in schema["properties"].values())


@pytest.mark.parametrize(
    ("kind", "topic", "mentions", "usual", "certainty", "fires"),
    [
        ("growth", "safety", 20, 4, 0, True),
        ("growth", "safety", 20, 6, 0, False),
        ("growth", "safety", 19, 1, 0, False),
        ("growth", "courier", 99, 1, 0, False),
        ("one_mention", "safety", 1, 0, 0.9, True),
        ("one_mention", "safety", 1, 0, 0.89, False),
        ("person", "safety", 99, 0, 1, False),
    ],
)
def test_triggers(kind: str, topic: str, mentions: int, usual: float, certainty: float, fires: bool) -> None:
    words = {"tr": "x", "en": "x"}
    trigger = Trigger.model_validate(
        {"kind": kind, "title": words, "topics": ["safety"], "mentions": 20, "times_usual": 4, "certainty": 0.9}
    )
    assert trigger.fires(topic, "critical", mentions, usual, certainty) is fires
    with pytest.raises(ValueError, match="not a known topic"):
        trigger.fires("weather", "critical", 1, 1, 1)


def test_everything_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "crisis.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", page))))
    parts = [
        part
        for part in vars(plan_module).values()
        if isinstance(part, type) and part.__module__ == plan_module.__name__ and hasattr(part, "model_fields")
    ]
    for part in (*parts, Drill, Goal, Said, Surprise, Voice, Wave):
        for name, field in part.model_fields.items():
            assert field.description, f"{part.__name__}.{name}"
            assert name in named, f"{part.__name__}.{name} is not in docs/reference/crisis.md"
    for word in (*STAGES, *TRIGGERS, *ORDER, *MEASURES):
        assert word in named, f"{word} is not in docs/reference/crisis.md"
    assert set(NEEDS) == set(ORDER)
