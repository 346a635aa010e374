"""The docs say what the code does: the README's commands run, every command and setting is in the reference."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

from collectors.registry import KINDS
from desk.policy import Promise
from desk.settings import Settings, load_settings
from nobet import ROOMS, command_line
from tests.acceptance.command import ROOT, nobet

README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = ROOT / "docs" / "reference"


def readme_commands() -> list[str]:
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", README, re.S | re.M)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("nobet ")]


@pytest.mark.parametrize("command", readme_commands())
def test_the_readmes_commands_run(command: str, tmp_path: Path) -> None:
    arguments = shlex.split(command)[1:]
    if "--out" in arguments:
        arguments[arguments.index("--out") + 1] = str(tmp_path / "out")
    answer = nobet(tmp_path / "home", *arguments)
    assert answer.status == 0, answer.err
    assert answer.out or "--out" in arguments


def test_the_readme_names_the_two_commands_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, re.M):
        assert re.search(rf"^{target}:", makefile, re.M)
    assert "exec make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_readmes_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), ROOT / "CONTRIBUTING.md"]:
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)} links to {link}"


def test_every_command_and_option_is_in_the_reference() -> None:
    page = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    group = typer.main.get_command(command_line())
    assert set(group.commands) == set(ROOMS)  # type: ignore[attr-defined]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert f"nobet {name}" in page, f"nobet {name} is not in command-line.md"
        for inner in getattr(command, "commands", {"": command}).values():
            for parameter in inner.params:
                for option in parameter.opts:
                    if option.startswith("--") and option != "--help":
                        assert option in page, f"{option} of nobet {name} is not in command-line.md"


def test_every_setting_is_in_the_reference() -> None:
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")

    def names(form: type, path: str) -> list[str]:
        found = []
        for field, info in form.model_fields.items():  # type: ignore[attr-defined]
            if form is Settings and field in ("demo", "home", "store_url", "file"):
                continue
            found.append(f"{path}{field}")
            inner = info.annotation
            if inner is Promise:  # three of the same form: its fields are told once
                continue
            if hasattr(inner, "model_fields"):
                found += names(inner, f"{path}{field}.")
        return found

    for name in [*names(Settings, ""), *Promise.model_fields]:
        assert f"`{name}`" in page, f"{name} is not in settings.md"
    for variable in ("NOBET_HOME", "NOBET_STORE_URL", "NOBET_PORT", "NOBET_LOG"):
        assert variable in page


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_source_has_a_page_with_its_settings(kind: str) -> None:
    page = (REFERENCE / "sources" / f"{kind}.md").read_text(encoding="utf-8")
    shared = (REFERENCE / "sources" / "README.md").read_text(encoding="utf-8")
    for field in KINDS[kind].Settings.model_fields:
        assert f"`{field}`" in page or f"`{field}`" in shared, f"{field} is not in sources/{kind}.md"


def test_the_example_configuration_is_a_valid_one(tmp_path: Path) -> None:
    file = tmp_path / "nobet.yaml"
    shutil.copy(ROOT / "nobet.example.yaml", file)
    settings = load_settings(file, environ={"NOBET_HOME": str(tmp_path)})
    assert not settings.demo and settings.sources
    commented = re.sub(r"^  # ( *(?:- )?\w+:)", r"  \1", file.read_text(encoding="utf-8"), flags=re.M)
    file.write_text(commented, encoding="utf-8")
    from worker import sources_of

    assert len(sources_of(load_settings(file, environ={"NOBET_HOME": str(tmp_path)}))) == 3
