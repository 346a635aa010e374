"""The pages on roles and concessions: every field and kind is there, and the how-to's configuration is a valid one."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from desk.approvals import ApprovalRule, Approvals, Over, Situation
from desk.concessions import KINDS, STATES, Concessions, Outcome, RoleAuthority
from desk.settings import validate
from desk.team import Agent, CaseIs, Rule, To
from playbooks.schema import ROLES

DOCS = Path(__file__).resolve().parents[2] / "docs"
ROLES_PAGE = (DOCS / "reference" / "roles.md").read_text(encoding="utf-8")
CONCESSIONS_PAGE = (DOCS / "reference" / "concessions.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "approve-and-grant.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", [Agent, CaseIs, Rule, To, Approvals, ApprovalRule, Situation])
def test_every_field_is_on_the_page_of_roles(form: type[BaseModel]) -> None:
    for name in form.model_fields:
        assert f"`{name}`" in ROLES_PAGE, f"{form.__name__}.{name}"


@pytest.mark.parametrize("form", [Concessions, RoleAuthority])
def test_every_field_is_on_the_page_of_concessions(form: type[BaseModel]) -> None:
    for name in form.model_fields:
        assert f"`{name}`" in CONCESSIONS_PAGE, f"{form.__name__}.{name}"


def test_every_word_is_explained() -> None:
    for word in (*ROLES, *Over.model_fields, "people"):
        assert word in ROLES_PAGE
    for word in (*KINDS, *STATES, *Outcome.__dataclass_fields__, "NOBET_CODES_KEY"):
        assert word in CONCESSIONS_PAGE


def test_the_how_tos_configuration_is_a_valid_one() -> None:
    blocks = re.findall(r"^( *)```yaml\n(.*?)^\1```", HOW_TO, re.S | re.M)
    data: dict[str, object] = {}
    for _, block in blocks:
        data |= yaml.safe_load(textwrap.dedent(block))
    assert set(data) == {"agents", "assignment", "approvals", "concessions"}
    settings = validate(data, None)
    assert [agent.role for agent in settings.agents] == ["team_lead", "agent", "crisis_manager", "pr_lead"]
    assert len(settings.approvals.rules) == 3 and settings.concessions.budget
