"""The pure parts of the crisis room: sentences, facts, statements, parties, posts; its settings and its pages."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from desk.crisis.answering_many import greeted
from desk.crisis.facts import facts_of
from desk.crisis.outside import parties_of, posts_of
from desk.crisis.room import CrisisRoom
from desk.crisis.settings import PARTIES, STATEMENTS, CrisisSettings, Stakeholder
from desk.crisis.statements import COUNTS_AS_UPDATE, statements_of, text_hash
from desk.crisis.words import _SAID, FACT_WORDS, ROOM_EVENTS, STAGE_WORDS, STATEMENT_WORDS, say_event
from desk.roles import ACTIONS
from desk.settings import SettingsError, validate
from playbooks.crisis.events import NEEDS
from playbooks.crisis.plan import STAGES
from playbooks.crisis.shelf import PLANS, load_plans
from store.rows import EventRow

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "docs/reference/crisis-room.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs/how-to/run-a-crisis.md").read_text(encoding="utf-8")
PLAN = load_plans(PLANS / "any_crisis.yaml")["any_crisis"]
T0 = datetime(2026, 11, 20, 7, tzinfo=UTC)


def row(id: int, type: str, by: str = "agent:Elif", **data: Any) -> EventRow:
    at = T0 + timedelta(minutes=id)
    return EventRow(id, "b", None, None, at, at, type, by, data, "", "")


def test_every_event_of_a_run_and_of_the_room_is_said() -> None:
    assert {f"crisis_{name}" for name in NEEDS} <= set(ROOM_EVENTS)
    assert set(STAGES) == set(STAGE_WORDS) and set(STATEMENT_WORDS) == set(STATEMENTS)
    slots = {name: [set(re.findall(r"{(\w+)}", text)) for text in pair] for name, pair in _SAID.items()}
    assert not [name for name, (tr, en) in slots.items() if tr != en], "both languages say the same"
    for type in ROOM_EVENTS:
        bare = say_event(row(1, type), PLAN)
        assert bare.tr != bare.en and "{" not in bare.tr + bare.en, type


def title(step: str, language: str) -> str:
    found = PLAN.by_id[step].title
    assert found is not None
    return found.say(language)


SAID: list[tuple[str, dict[str, Any], str, str]] = [
    ("crisis_handed_over", {"role": "legal", "person": "Ece", "note": "uçakta"},
     "“hukuk” rolü Ece adlı kişiye geçti: uçakta", "The role legal went to Ece: uçakta"),
    ("crisis_told", {"notice": "crisis-3/step.pause.1/team_lead:Leyla/r2"},
     f"Haber verildi: Leyla – {title('pause', 'tr')}", f"Told: Leyla – {title('pause', 'en')}"),
    ("crisis_told", {"notice": "crisis-3/take.1/team_lead:"},
     "Haber verildi: ekip lideri – kriz şüphesini üstlenme", "Told: team lead – taking the suspected crisis"),
    ("crisis_seen", {"duty": "step.keep_posts.12"},
     f"Görüldü: {title('keep_posts', 'tr')}", f"Seen: {title('keep_posts', 'en')}"),
    ("crisis_fact_added", {"status": "known", "text": "{why} %s <b>", "source": ""},
     "Bilgi (bilinen): {why} %s <b>", "Fact (known): {why} %s <b>"),
    ("crisis_decided", {"step": "gone", "option": "x", "why": "y"},
     "Karar, gone: x. Gerekçe: y", "Decision, gone: x. Reason: y"),
    ("something_else", {}, "something_else", "something_else"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "data", "tr", "en"), SAID)
def test_a_sentence(type: str, data: dict[str, Any], tr: str, en: str) -> None:
    said = say_event(row(1, type, **data), PLAN)
    assert (said.tr, said.en) == (tr, en)


def test_a_decision_is_said_with_the_words_of_its_plan() -> None:
    step = PLAN.by_id["danger"]
    data = {"step": "danger", "option": step.options[0].id, "why": "soruldu"}
    said = say_event(row(1, "crisis_decided", **data), PLAN)
    assert said.tr == f"Karar, {title('danger', 'tr')}: {step.options[0].title.tr}. Gerekçe: soruldu"
    assert said.en == f"Decision, {title('danger', 'en')}: {step.options[0].title.en}. Reason: soruldu"


def test_facts_and_their_history() -> None:
    first = {"text": "a", "source": "", "status": "unknown", "as_of": T0.isoformat()}
    log = [
        row(1, "crisis_fact_added", **first), row(2, "crisis_told", notice="x"),
        row(3, "crisis_fact_added", **first | {"text": "b"}),
        row(4, "crisis_fact_changed", "agent:Can", fact=1, why="arandı", **first | {"text": "a2", "status": "known"}),
        row(5, "crisis_fact_changed", fact=99, why="z", **first),
    ]  # fmt: skip
    one, two = facts_of(log)
    assert (one.id, one.version, one.now.text, one.now.status, one.now.by, one.now.why) == (
        1, 2, "a2", "known", "agent:Can", "arandı",
    )  # fmt: skip
    assert [said.text for said in one.history] == ["a", "a2"] and two.now.text == "b" and two.version == 1
    assert facts_of(log[:3])[0].now.status == "unknown"


def test_what_becomes_of_a_statement() -> None:
    need = {"by": ["legal"], "deputy": None, "people": 1, "why": {"tr": "x", "en": "x"}, "deputy_from": None}
    words = {"kind": "update", "language": "tr", "text": "a", "channels": ["x"], "text_hash": "h"}
    log = [
        row(1, "crisis_statement_drafted", **words),
        row(2, "crisis_statement_asked", statement=1, text_hash="h", needs=[need]),
        row(3, "crisis_statement_approved", "agent:Hakan", statement=1, text_hash="h", needs=[0], roles=["legal"]),
        row(4, "crisis_statement_published", statement=1, text_hash="h", channel="x", url="https://x.example"),
        row(5, "crisis_statement_changed", statement=1, **words | {"text": "b", "text_hash": "h2"}),
    ]
    states = [statements_of(log[:number])[0].state for number in range(1, 6)]
    assert states == ["draft", "asked", "approved", "published", "draft"]
    last = statements_of(log)[0]
    assert (last.text, last.version, last.decisions, last.approved_at) == ("b", 2, (), None)
    assert not last.may_go_out, "a changed text has no approval"


def test_a_hash_is_over_everything_that_is_approved() -> None:
    same = text_hash("update", "tr", "metin", ("x", "web"))
    assert same == text_hash("update", "tr", "metin", ("web", "x"))
    others = {
        text_hash("update", "tr", "metin ", ("x", "web")), text_hash("update", "en", "metin", ("x", "web")),
        text_hash("holding", "tr", "metin", ("x", "web")), text_hash("update", "tr", "metin", ("x",)),
    }  # fmt: skip
    assert len(others) == 4 and same not in others


def test_parties_and_posts() -> None:
    settings = CrisisSettings.model_validate(
        {"stakeholders": [{"name": "A", "kind": "press"}], "scheduled_posts": [{"name": "P"}, {"name": "Q"}]}
    )
    log = [
        row(1, "crisis_stakeholder_told", stakeholder="B", by_what="telefon", note=""),
        row(2, "crisis_post_paused", post="P", where=""), row(3, "crisis_post_paused", post="old", where=""),
        row(4, "crisis_post_paused", post="Q", where=""), row(5, "crisis_post_resumed", post="Q", where=""),
    ]  # fmt: skip
    assert [(one.name, one.listed, len(one.told)) for one in parties_of(log, settings)] == [
        ("A", True, 0), ("B", False, 1),
    ]  # fmt: skip
    # One that the settings know no more is still shown while it is paused: somebody must start it again.
    assert [(one.name, one.paused) for one in posts_of(log, settings)] == [("P", True), ("Q", False), ("old", True)]


@pytest.mark.parametrize(
    ("family", "language", "name", "text", "said"),
    [
        ("email", "tr", "Ayşe Yılmaz", "Metin.", "Merhaba Ayşe Yılmaz,\n\nMetin."),
        ("direct", "en", "Ann O'Neil", "Text.", "Hello Ann O'Neil,\n\nText."),
        ("social", "tr", "Ayşe", "Metin.", "Metin."),  # strangers read it
        ("marketplace", "tr", "Ayşe", "Metin.", "Metin."),
        ("email", "tr", "kazan2026 http://evil", "Metin.", "Metin."),
        ("email", "tr", None, "Metin.", "Metin."),
        ("portal", "tr", "Ayşe", "Sayın müşterimiz, metin.", "Sayın müşterimiz, metin."),  # greeted already
    ],
)
def test_how_a_customer_is_greeted(family: str, language: str, name: str | None, text: str, said: str) -> None:
    assert greeted(text, family, language, name) == said


@pytest.mark.parametrize(
    ("crisis", "sentence"),
    [
        ({"stakeholders": [{"name": "A"}, {"name": "A"}]}, "'A' is named twice"),
        ({"scheduled_posts": [{"name": "A"}, {"name": "A"}]}, "'A' is named twice"),
        ({"statement_approvals": {"update": [["agent"]]}}, "'agent' may not approve a statement"),
        ({"statement_approvals": {"update": []}}, "crisis.statement_approvals.update"),
        ({"statement_approvals": {"update": [[]]}}, "crisis.statement_approvals.update"),
        ({"statement_approvals": {"updates": [["legal"]]}}, "did you mean 'update'"),
        ({"stakeholders": [{"name": "A", "kind": "friend"}]}, "crisis.stakeholders.0.kind"),
    ],
)
def test_a_mistake_in_the_settings_is_named(crisis: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(sentence)):
        validate({"crisis": crisis}, None)


def test_the_pages_tell_what_there_is() -> None:
    acts = {name for name, value in vars_of(CrisisRoom) if "now" in inspect.signature(value).parameters}
    missing = [name for name in sorted(acts) if f"`{name}`" not in REFERENCE]
    assert not missing, f"docs/reference/crisis-room.md does not tell of {missing}"
    for kind in STATEMENTS:
        first, _, counts = re.search(rf"^\| `{kind}` \| ([^|]+)()\| ([^|]+)\|$", REFERENCE, re.M).groups()  # type: ignore[union-attr]
        groups = CrisisSettings().statement_approvals.of(kind)
        assert first.strip() == ("legal and the PR lead" if len(groups) == 2 else "legal or the PR lead")
        assert (counts.strip() == "yes") is (kind in COUNTS_AS_UPDATE)
    for type in ROOM_EVENTS:
        if re.match(r"crisis_(fact|statement|stakeholder|post|answer)_", type):
            assert f"`{type}`" in REFERENCE, type
    assert all(f"`{status}`" in REFERENCE for status in FACT_WORDS)
    named = set(re.findall(r"`(\w+_crisis\w*|answer_many|approve_statement|publish_statement)`", REFERENCE))
    assert {name for name in named if name in ACTIONS} >= {"report_crisis", "contain_crisis", "work_crisis"}
    assert set(PARTIES) == set(Stakeholder.model_json_schema()["properties"]["kind"]["enum"])


def vars_of(room: type) -> list[tuple[str, Any]]:
    """The acts and views of the room itself, not of the desk's places."""
    return [
        (name, value)
        for name, value in inspect.getmembers(room, inspect.isfunction)
        if not name.startswith("_") and value.__module__.startswith("desk.crisis")
    ]


def test_the_example_of_the_how_to_is_a_valid_setting() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", HOW_TO, re.S)
    made = validate(yaml.safe_load(example), None)
    assert len(made.crisis.stakeholders) == 2 and made.crisis.statement_approvals.of("holding") == (
        ("legal",), ("pr_lead",),
    )  # fmt: skip
