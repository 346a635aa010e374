"""A plan that is carried away as YAML comes back equal, or is refused whole with the line of everything wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.playbooks_import import write_files
from playbooks.bundle import Bundle, kind_of, lent_problems, read_bundle, write_bundle, write_yaml
from playbooks.changes import said_changes
from playbooks.crisis.shelf import PLANS, difference, load_plans
from playbooks.document import parse_document
from playbooks.drills import DRILLS
from playbooks.schema import Bilingual, Library
from playbooks.shelf import PHRASES, SHIPPED, LibraryError, load_library
from tests.tries import tries

LIBRARY = load_library()
PLAN = load_plans(PLANS / "any_crisis.yaml")["any_crisis"]
RUMOUR, PRAISE = LIBRARY["false_rumour"], LIBRARY["praise"]
SMALL = Bundle((RUMOUR, PRAISE), (PLAN,), LIBRARY.phrases)


def kept(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("playbook_id", sorted(LIBRARY))
def test_every_shipped_playbook_is_written_and_read_back_equal(playbook_id):
    playbook = LIBRARY[playbook_id]
    assert type(playbook).model_validate(parse_document(write_yaml(playbook)).value) == playbook


def test_a_bundle_is_read_back_equal_and_written_the_same_again(tmp_path):
    text = write_bundle(SMALL)
    again = read_bundle(kept(tmp_path, text))
    assert again == SMALL and write_bundle(again) == text


tricky = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).filter(str.strip),
    st.sampled_from(["yes", "null", "1:30", "0x1f", "11.11", "a: b", "- x", "#x", "'", '"', "{{ x }}"]),
    st.sampled_from(["*a", "&a", "a\nb\n\n  c", "a\n", "a \nb", "\u0085x", "x\u2028y"]),
)  # fmt: skip


@settings(max_examples=tries(150), deadline=None)
@given(tricky, tricky)
def test_no_text_changes_on_the_way(tr, en):
    text = Bilingual(tr=tr, en=en)
    assert Bilingual.model_validate(parse_document(write_yaml(text)).value) == text


def test_what_is_wrong_is_said_with_the_line_of_the_bundle_and_nothing_is_taken_in(tmp_path):
    value = yaml.safe_load(write_bundle(SMALL))
    value["playbooks"][0]["steps"][0]["who"] = "nobody_known"
    value["playbooks"][1]["decides"]["deputy"] = value["playbooks"][1]["decides"]["role"]
    value["plans"][0]["steps"][0]["kind"] = "fly"
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    file = kept(tmp_path, text)
    with pytest.raises(LibraryError) as caught:
        read_bundle(file)
    lines = text.split("\n")
    said = {finding.field: lines[finding.line - 1].strip() for finding in caught.value.findings}
    assert said["playbooks[0].steps[0].who"] == "who: nobody_known"
    assert said["playbooks[1].decides.deputy"].startswith("deputy:")
    assert said["plans[0].steps[0].kind"] == "kind: fly"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("playbooks: []", "nobet_plan"),
        ("nobet_plan: 2\nplaybooks: []", "nobet_plan"),
        ("nobet_plan: 1", "no playbook"),
        ("nobet_plan: 1\nplaybooks: {}", "must be a list"),
        ("nobet_plan: 1\nplaybook: []", "did you mean"),
        ("nobet_plan: 1\nplaybooks: [x]", "fields"),
        ("nobet_plan: 1\nplaybooks: &a [*a]", "alias"),
        ("[" * 10_000, "YAML"),
        ("", "empty"),
    ],
)
def test_what_is_no_export_is_refused_in_a_sentence(tmp_path, text, said):
    with pytest.raises(LibraryError) as caught:
        read_bundle(kept(tmp_path, text))
    assert any(said in str(finding) for finding in caught.value.findings) or said == "YAML"


def test_two_playbooks_of_one_id_are_refused(tmp_path):
    with pytest.raises(LibraryError, match="used twice"):
        read_bundle(kept(tmp_path, write_bundle(Bundle((PRAISE, PRAISE)))))


def test_a_path_in_an_id_is_no_way_out_of_the_folder(tmp_path):
    text = write_bundle(Bundle((PRAISE,))).replace("id: praise", "id: ../../praise")
    with pytest.raises(LibraryError, match="small letters"):
        read_bundle(kept(tmp_path, text))


def test_the_files_written_are_a_library_again(tmp_path):
    folder = tmp_path / "own"
    assert write_files(SMALL, folder, replace=False) == 4
    assert load_library(folder) == Library((RUMOUR, PRAISE), LIBRARY.phrases)
    assert load_plans(folder / "plans") == {"any_crisis": PLAN}


def test_a_file_that_is_there_stays_unless_it_is_said_and_its_version_is_raised(tmp_path):
    write_files(Bundle((PRAISE,)), tmp_path, replace=False)
    before = (tmp_path / "praise.yaml").read_bytes()
    with pytest.raises(LibraryError, match="--replace"):
        write_files(SMALL, tmp_path, replace=False)
    changed = PRAISE.model_copy(update={"order": 91})
    with pytest.raises(LibraryError, match="raise 'version'"):
        write_files(Bundle((RUMOUR, changed)), tmp_path, replace=True)
    assert [file.name for file in tmp_path.iterdir()] == ["praise.yaml"]
    assert (tmp_path / "praise.yaml").read_bytes() == before
    newer = changed.model_copy(update={"version": PRAISE.version + 1})
    assert write_files(Bundle((RUMOUR, newer)), tmp_path, replace=True) == 2
    assert load_library(tmp_path)["praise"] == newer


def test_each_kind_of_file_is_known(tmp_path):
    assert {kind_of(file) for file in SHIPPED.glob("*.yaml")} == {"playbook"}
    assert {kind_of(file) for file in PLANS.glob("*.yaml")} == {"plan"}
    assert {kind_of(file) for file in DRILLS.glob("*.yaml")} == {"drill"}
    assert kind_of(PHRASES) == "phrases"
    assert kind_of(kept(tmp_path, write_bundle(SMALL))) == "bundle"
    assert kind_of(kept(tmp_path, "a: [")) == "playbook"


def test_a_plan_that_leans_on_what_is_not_there_is_found():
    def found(**change):
        plan = PLAN.model_copy(update=change)
        return [str(finding) for finding in lent_problems({plan.id: plan}, LIBRARY, lambda name: f"{name}.yaml")]

    assert found(playbook=None) == [] == found(playbook="false_rumour")
    assert "did you mean 'false_rumour'" in found(playbook="false_rumor")[0]
    offer = PLAN.steps[0].model_copy(update={"kind": "offer", "solutions": ("show_proof", "no_such")})
    said = found(playbook="false_rumour", steps=(offer, *PLAN.steps[1:]))
    assert len(said) == 1 and "'no_such' is no solution of false_rumour" in said[0]


def test_a_change_is_said_in_both_languages():
    step = RUMOUR.steps[0].model_copy(update={"who": "team_lead"})
    new = RUMOUR.model_copy(
        update={"version": 9, "urgency_floor": None, "steps": (*RUMOUR.steps[2:], RUMOUR.steps[1], step)}
    )
    turkish, english = said_changes(RUMOUR, new, "tr"), said_changes(RUMOUR, new, "en")
    assert f"sürüm: {RUMOUR.version} → 9" in turkish and f"version: {RUMOUR.version} → 9" in english
    assert "en az aciliyet: urgent → yok" in turkish and "lowest urgency: urgent → nothing" in english
    assert "adım is_it_true, kim: agent → team_lead" in turkish and "step is_it_true, who: agent → team_lead" in english
    assert any(line.startswith("adım: yeni sıra: ") for line in turkish)
    assert len(turkish) == len(english) == len(difference(RUMOUR, new))
    assert said_changes(PLAN, PLAN, "tr") == ()
