"""The clock's pages say what the clock does: worked examples, sentences, and the previews as a user would run them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from desk.clock import CLOCK_EVENTS, Clocks, clock_json, event_from
from desk.policy import Promise, policy_from
from desk.settings import load_settings
from desk.story import LINES
from desk.windows import RULES
from store import cases as case_store
from store import events as event_log
from store.engine import Store
from store.rows import NewEvent
from tests.acceptance.command import ROOT, nobet

REFERENCE = (ROOT / "docs" / "reference" / "clock.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs" / "how-to" / "set-your-promises.md").read_text(encoding="utf-8")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def worked_examples() -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    """Each row of the worked examples, with the desk it stands under."""
    part = REFERENCE.split("## Worked examples")[1].split("### A case")[0]
    for section in part.split("\n### ")[1:]:
        block = re.search(r"```yaml\n(.*?)```", section, re.S)
        desk = yaml.safe_load(block[1]) if block else {}
        rows = [cells(line) for line in section.splitlines() if line.startswith("| 20")]
        assert rows, section
        for row in rows:
            yield section.splitlines()[0], desk, row


EXAMPLES = list(worked_examples())


@pytest.mark.parametrize(("title", "desk", "row"), EXAMPLES, ids=[f"{title}: {row[0]}" for title, _, row in EXAMPLES])
def test_a_worked_example(title: str, desk: dict[str, Any], row: list[str]) -> None:
    posted, urgency, channel, due, _ = row
    clocks = Clocks(policy_from(desk))
    answer = clocks.due(datetime.fromisoformat(posted).replace(tzinfo=clocks.policy.zone), urgency, channel)
    shown = answer.due_at.astimezone(clocks.policy.zone).strftime("%Y-%m-%d %H:%M") if answer.due_at else ""
    assert shown == due


def test_there_are_enough_examples_of_every_kind() -> None:
    assert len(EXAMPLES) >= 40
    assert {row[1] for _, _, row in EXAMPLES} == {"none", "same_day", "urgent", "critical"}
    assert {row[2] for _, _, row in EXAMPLES} >= {"x", "trendyol", "hepsiburada", "whatsapp"}


def test_the_page_has_every_sentence_in_both_languages() -> None:
    table = [cells(line) for line in REFERENCE.split("## The sentences")[1].splitlines() if line.startswith("| `")]
    assert {code.strip("`"): (english, turkish) for code, english, turkish in table} == LINES


def test_the_page_has_every_event_state_window_and_field() -> None:
    for event in CLOCK_EVENTS:
        assert f"| `{event}`" in REFERENCE, event
    for state in ("running", "paused", "met", "late", "breached", "cancelled"):
        assert f"| `{state}` |" in REFERENCE
    for channel, rule in RULES.items():
        assert f"`{channel}`" in REFERENCE
        if rule.business_days:
            assert f"| `{channel}` | {rule.business_days} business days |" in REFERENCE
    for field in Promise.model_fields:
        assert field in REFERENCE and field in HOW_TO


def test_the_case_on_the_page() -> None:
    part = REFERENCE.split("### A case")[1]
    path, now = re.findall(r"nobet clocks (\S+) --now (\S+)`", part)[0]
    written = re.findall(r"```json\n(.*?)```", part, re.S)[0]
    events = [event_from(json.loads(line)) for line in (ROOT / path).read_text(encoding="utf-8").splitlines()]
    clocks = Clocks(policy_from(None))
    told = [clock_json(clock, clocks.policy) for clock in clocks.clocks(events, datetime.fromisoformat(now))]
    assert told == [json.loads(line) for line in written.splitlines()]


def previews() -> list[tuple[str, dict[str, Any]]]:
    """The commands of the how-to with the answers it shows."""
    pairs = re.findall(r"```sh\n(.*?)\n *```\n *```json\n(.*?)\n *```", HOW_TO, re.S)
    return [(command.strip(), json.loads(answer)) for command, answer in pairs]


@pytest.mark.parametrize(("command", "answer"), previews(), ids=[command for command, _ in previews()])
def test_a_preview_of_the_how_to(command: str, answer: dict[str, Any], tmp_path: Path) -> None:
    block = re.findall(r"```yaml\n(.*?)```", HOW_TO, re.S)[0]
    (tmp_path / "nobet.yaml").write_text(re.sub(r"^   ", "", block, flags=re.M), encoding="utf-8")
    arguments = shlex.split(command)[1:]
    arguments[arguments.index("--config") + 1] = str(tmp_path / "nobet.yaml")
    said = nobet(tmp_path, *arguments)
    assert said.status == 0, said.err
    assert said.json == answer


def test_the_how_to_has_previews() -> None:
    assert len(previews()) == HOW_TO.count("```sh") == 5


def test_the_story_of_a_stored_case(tmp_path: Path) -> None:
    (tmp_path / "nobet.yaml").write_text("brand: {name: Çınar Ev}\nagents: [{name: Elif}]\n", encoding="utf-8")
    settings = load_settings(tmp_path / "nobet.yaml", environ={"NOBET_HOME": str(tmp_path)})
    store = Store.open(settings.url)
    posted = datetime.fromisoformat("2026-10-28T14:00:00+03:00")
    told = {"urgency": "urgent", "channel": "x"}
    with store.write() as tx:
        event_log.hold(tx, settings.brand.key)
        case_id = case_store.open_case(
            tx, settings.brand.key, channel="x", source="x", urgency="urgent", posted_at=posted, opened_at=posted
        )
        event_log.append_all(
            tx, settings.brand.key, [NewEvent("customer_posted", posted, "customer", posted, case_id, None, told)]
        )
    store.close()
    now = ("--now", "2026-10-30T10:30:00+03:00")
    said = nobet(tmp_path, "clock", str(case_id), *now, "--lang", "tr")
    assert said.status == 0, said.err
    assert said.out.splitlines()[:2] == [
        "ilk yanıt (acil): işliyor, son an Cum 2026-10-30 11:00",
        "  Çar 2026-10-28 14:00 başladı: müşteri yazdı",
    ]
    assert "  Per 2026-10-29 resmî tatil" in said.out and "  30 dk kaldı" in said.out
    told_json = nobet(tmp_path, "clock", str(case_id), *now, "--json").json
    assert told_json["case"] == case_id
    assert [clock["clock"] for clock in told_json["clocks"]] == ["first_answer", "resolution"]
    missing = nobet(tmp_path, "clock", "99")
    assert missing.status == 1 and missing.err.strip().endswith("There is no case 99.")
    assert nobet(tmp_path, "clock", "N-1").status == 2
