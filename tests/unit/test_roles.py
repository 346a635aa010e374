"""Who may do what: the whole table, written out here once more by hand, and in the docs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from desk.roles import ACTIONS, NotAllowed, any_may, may, require, said, who_may
from playbooks.schema import ROLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "roles.md"

# One letter a role, in the order of the heading: a dot is no. Written by hand and not made from the code.
TABLE = """
                    A T C P L M V
see_queue           A T C P L M V
see_case            A T C P L M V
see_customer_notes  A T C P L . .
claim               A T C P . . .
assign_others       . T C . . . .
take_over           A T C . . . .
note                A T C P L . .
tag                 A T C P . . .
snooze              A T C P . . .
answer_draft        A T C P L . .
send_public         A T C P . . .
send_private        A T C P . . .
approve_reply       . T C P L . .
approve_statement   . . C P L . .
publish_statement   . . C P . . .
grant_within_limit  A T C . . . .
approve_concession  . T C . . . .
cancel_concession   . T C . . . .
see_code            A T C . . . .
split_merge         A T C . . . .
undo_other          . T C . . . .
link_persons        A T C . . . .
unlink_persons      A T C . . . .
set_aside           A T C . . . .
resolve             A T C P . . .
reopen              A T C P . . .
correct_label       A T C P . . .
run_step            A T C P L . .
edit_playbook       . T C P . . .
manage_sources      . . . . . M .
manage_settings     . . . . . M .
manage_users        . . . . . M .
manage_models       . T . . . M .
see_reports         . T C P L M V
see_coaching        . T . . . . .
start_improvement   . T C P . . .
see_ledger          . T C P L . .
export              . T . P L M .
erase_person        . . . . L M .
declare_crisis      . T C P . . .
close_crisis        . . C . . . .
see_crisis          A T C P L M V
report_crisis       A T C P L . .
work_crisis         A T C P L . .
write_review        . T C P L . .
sign_review         . . C P . . .
contain_crisis      . . C P . . .
assign_crisis_role  . . C . . . .
answer_many         . T C P . . .
follow_cause        . T C P . . .
run_drill           . T C P . . .
upload_codes        . T . . . M .
"""
LETTERS = {
    "A": "agent", "T": "team_lead", "C": "crisis_manager", "P": "pr_lead", "L": "legal", "M": "administrator",
    "V": "viewer",
}  # fmt: skip


def by_hand() -> dict[str, set[str]]:
    lines = [line.split() for line in TABLE.strip().splitlines()[1:]]
    assert all(len(line) == 8 for line in lines)
    return {line[0]: {LETTERS[letter] for letter in line[1:] if letter != "."} for line in lines}


@dataclass(frozen=True)
class Somebody:
    name: str
    roles: tuple[str, ...]


def test_the_table_has_every_action_and_no_other() -> None:
    assert set(by_hand()) == set(ACTIONS)
    assert set(LETTERS.values()) == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", sorted(by_hand()))
def test_role_and_action(role: str, action: str) -> None:
    allowed = role in by_hand()[action]
    assert may(role, action) is allowed
    hand = Somebody("Elif", (role,))
    if allowed:
        require(hand, action)
    else:
        with pytest.raises(NotAllowed) as refused:
            require(hand, action)
        for language in ("tr", "en"):
            assert said(who_may(action), language) in refused.value.say(language)
            assert "Elif" in refused.value.say(language)


@pytest.mark.parametrize(
    ("role", "action"),
    [("boss", "see_queue"), ("agent", "fly"), ("", ""), ("administrator", "Manage_Users"), ("agent ", "claim")],
)
def test_what_is_not_known_is_denied(role: str, action: str) -> None:
    assert not may(role, action)
    with pytest.raises(NotAllowed):
        require(Somebody("X", (role,)), action)


def test_nobody_has_no_role() -> None:
    assert not any(any_may((), action) for action in ACTIONS)


def test_several_roles_add_up() -> None:
    require(Somebody("Elif", ("viewer", "administrator")), "manage_users")
    with pytest.raises(
        NotAllowed, match="Elif may not approve a concession; it is for the team lead or crisis manager"
    ):
        require(Somebody("Elif", ("viewer", "administrator")), "approve_concession")


def test_the_sentence_in_turkish() -> None:
    with pytest.raises(NotAllowed) as refused:
        require(Somebody("Mert", ("agent",)), "close_crisis")
    assert refused.value.say("tr") == "Mert için buna izin yok: bir krizi kapatmak. Yetkili: kriz yöneticisi."


def test_the_docs_show_the_same_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|((?: (?:yes|–) \|){7})$", PAGE.read_text(encoding="utf-8"), re.M)
    order = ("agent", "team_lead", "crisis_manager", "pr_lead", "legal", "administrator", "viewer")
    shown = {
        action: {role for role, mark in zip(order, marks.rstrip("|").split("|"), strict=True) if mark.strip() == "yes"}
        for action, marks in rows
    }
    assert shown == by_hand()
