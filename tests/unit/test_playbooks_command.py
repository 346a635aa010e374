"""The commands of `nobet playbooks`: what they print, what they find wrong, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from commands import playbooks as command
from commands.options import Failure
from playbooks.crisis.shelf import PLANS
from playbooks.drills import DRILLS
from playbooks.shelf import SHIPPED, LibraryError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NOBET_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()


def checked(capsys, path: Path | None = None) -> tuple[int, str]:
    with pytest.raises(typer.Exit) as ended:
        command.check(path)
    return ended.value.exit_code, "".join(capsys.readouterr())


def wrong(tmp_path: Path, source: Path, old: str, new: str, folder: str = ".") -> Path:
    text = source.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / folder / source.name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_what_is_shipped_is_in_order_plans_and_drills_too(capsys):
    assert checked(capsys) == (0, "all playbooks are in order\n")


@pytest.mark.parametrize(
    ("source", "old", "new", "said"),
    [
        (SHIPPED / "praise.yaml", "order: 90", "order: soon", "order"),
        (PLANS / "any_crisis.yaml", "take: team_lead", "take: teamlead", "did you mean 'team_lead'"),
        (DRILLS / "gas_smell.yaml", "plan: ", "plan: no_", "there is no crisis plan"),
    ],
    ids=["playbook", "plan", "drill"],
)
def test_a_file_of_each_kind_is_checked_as_what_it_is(tmp_path, capsys, source, old, new, said):
    file = wrong(tmp_path, source, old, new)
    status, out = checked(capsys, file)
    assert status == 1 and said in out and f"{file}:" in out


def test_a_folder_is_checked_with_its_plans_and_drills(tmp_path, capsys):
    wrong(tmp_path, SHIPPED / "praise.yaml", "order: 90", "order: 91")
    wrong(tmp_path, DRILLS / "gas_smell.yaml", "lasting: ", "lasting: 1m  # ", folder="drills")
    status, out = checked(capsys, tmp_path)
    assert status == 1 and "after the drill's end" in out
    (tmp_path / "drills" / "gas_smell.yaml").unlink()
    assert checked(capsys, tmp_path) == (0, "all playbooks are in order\n")
    wrong(tmp_path, PLANS / "any_crisis.yaml", "version: 1", "version: 1\nplaybook: late_delivery", folder="plans")
    status, out = checked(capsys, tmp_path)
    assert status == 1 and "there is no playbook 'late_delivery'" in out, "the folder's own library has only praise"


def test_an_export_is_checked_as_one(tmp_path, capsys):
    out = tmp_path / "plan.yaml"
    command.export(["praise"], "yaml", out, None, "tr")
    capsys.readouterr()
    assert checked(capsys, out)[0] == 0
    out.write_text(out.read_text(encoding="utf-8").replace("order: 90", "order: soon"), encoding="utf-8")
    assert "playbooks[0].order" in checked(capsys, out)[1]


def test_a_difference_is_said_in_the_language_asked_for(tmp_path, capsys):
    file = wrong(tmp_path, SHIPPED / "praise.yaml", "order: 90", "order: 91")
    command.diff("praise", str(file), None, "tr")
    command.diff("praise", str(file), None, "en")
    command.diff("praise", "praise", None, "tr")
    assert capsys.readouterr().out == "sıra: 90 → 91\norder: 90 → 91\nhiçbir fark yok\n"
    plan = wrong(tmp_path, PLANS / "any_crisis.yaml", "take_within: 5m", "take_within: 6m")
    command.diff("plan:any_crisis", str(plan), None, "en")
    assert capsys.readouterr().out == "taken within: 5m → 6m\n"


@pytest.mark.parametrize("names", [("praise", "any_crisis"), ("praise", "nothing_of_it"), ("nofile.yaml", "praise")])
def test_what_cannot_be_compared_is_said(names):
    with pytest.raises(Failure):
        command.diff(*names, None, "en")


@pytest.mark.parametrize(("kind", "field"), [("playbook", "replies"), ("plan", "triggers"), ("drill", "surprises")])
def test_each_schema_is_json_with_descriptions(capsys, kind, field):
    command.schema(kind)
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"].endswith("2020-12/schema") and schema["properties"][field]["description"]


def test_wrong_usage_is_said_so(tmp_path):
    for call in (
        lambda: command.schema("recipe"),
        lambda: command.export([], "docx", tmp_path / "x", None, "tr"),
        lambda: command.export([], "html", None, None, "tr"),
    ):
        with pytest.raises(typer.BadParameter):
            call()
    with pytest.raises(Failure, match="no_such"):
        command.export(["no_such"], "html", tmp_path / "x", None, "tr")
    with pytest.raises(Failure, match="cannot be written"):
        command.export(["praise"], "html", tmp_path / "no" / "x.html", None, "tr")


def test_a_wrong_plan_in_a_diff_is_no_traceback_but_a_sentence(tmp_path):
    file = wrong(tmp_path, SHIPPED / "praise.yaml", "order: 90", "order: soon")
    with pytest.raises(LibraryError):
        command.diff("praise", str(file), None, "en")
