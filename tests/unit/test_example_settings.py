"""The example configuration: what stands in it as a comment is as right as what does not."""

from __future__ import annotations

import re
from pathlib import Path

from desk.drafting import senders_of
from desk.roles import any_may
from desk.settings import Settings, load_settings

EXAMPLE = Path(__file__).resolve().parents[2] / "nobet.example.yaml"


def everything(tmp_path: Path) -> Settings:
    """The example with every commented example taken in."""
    text = EXAMPLE.read_text(encoding="utf-8")
    inner = re.sub(r"^  # ( *(?:- )?\w+:)", r"  \1", text, flags=re.M)
    whole = re.sub(r"^# (?=[a-z]+: |  +)", "", inner, flags=re.M)
    file = tmp_path / "nobet.yaml"
    file.write_text(whole, encoding="utf-8")
    return load_settings(file, environ={"NOBET_HOME": str(tmp_path)})


def test_every_commented_example_is_a_valid_setting(tmp_path: Path) -> None:
    settings = everything(tmp_path)
    assert settings.desk.channels["whatsapp"].team == "gece"
    assert len(settings.agents) == 3 and settings.agents[2].shifts is not None
    assert len(settings.assignment) == 2 and len(settings.approvals.rules) == 3 and len(settings.orders) == 1
    assert [sender["kind"] for sender in settings.senders] == ["smtp", "x"]
    assert settings.acknowledge == ("email",)
    senders_of(settings)


def test_with_the_example_somebody_can_approve_and_nobody_is_named_in_vain(tmp_path: Path) -> None:
    for settings in (load_settings(EXAMPLE, environ={"NOBET_HOME": str(tmp_path)}), everything(tmp_path)):
        held = {role for agent in settings.agents for role in agent.roles}
        asked = {rule.by for rule in settings.approvals.rules}
        asked |= {rule.to.role for rule in settings.assignment if rule.to.role is not None}
        assert asked <= held, f"the example asks for {asked - held}, and nobody on its desk has that role"
        assert any(any_may(agent.roles, "manage_settings") for agent in settings.agents)
