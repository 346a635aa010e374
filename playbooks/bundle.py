"""Playbooks, crisis plans and phrases as one YAML text, to be carried away and read back; and what kind a file is.

The bundle is read with the same care as single files (playbooks/document.py) and checked with the same rules, and each
finding names the line of the bundle. Comments of the single files are not carried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from playbooks.checks import (
    Problem,
    field_problems,
    part_problems,
    phrase_field_problems,
    phrase_problems,
    where,
    whole_problems,
)
from playbooks.crisis.checks import plan_problems
from playbooks.crisis.plan import Plan, written_out
from playbooks.document import Document, DocumentError, Path_, parse_document, read_document
from playbooks.schema import Library, Part, Phrases, Playbook, suggestion
from playbooks.shelf import Finding, LibraryError

FORM = 1
"""The form of the bundle; raised when a reader of the old form could not read it."""

LARGEST = 16 * 1024 * 1024
"""Bytes of a bundle; the whole shipped library has one."""

FIELDS = ("nobet_plan", "playbooks", "plans", "phrases")


@dataclass(frozen=True)
class Bundle:
    """What one file carries."""

    playbooks: tuple[Playbook, ...] = ()
    plans: tuple[Plan, ...] = ()
    phrases: Phrases = field(default_factory=Phrases)


# The C writer is several times as fast; where it is missing the other one writes what is read back the same.
_BASE: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_BASE):  # type: ignore[misc]  # PyYAML carries no types
    """Text of several lines as a block, and no aliases, which the reader refuses."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def write_yaml(part: Part) -> str:
    """One playbook, plan or set of phrases as YAML that is read back equal; fields with their usual value left out."""
    return _dump(_plain(part))


def write_bundle(bundle: Bundle) -> str:
    """Everything as one YAML text, the same for the same content."""
    value: dict[str, Any] = {"nobet_plan": FORM}
    value["playbooks"] = [_plain(part) for part in bundle.playbooks]
    value["plans"] = [_plain(part) for part in bundle.plans]
    value["phrases"] = _plain(bundle.phrases)
    return _dump(value)


def _plain(part: Part) -> dict[str, Any]:
    return part.model_dump(mode="json", exclude_defaults=True)


def _dump(value: dict[str, Any]) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    return text


def read_bundle(file: Path) -> Bundle:
    """What a bundle carries. Raises LibraryError with every finding when anything in it is wrong; OSError is left."""
    raw = file.read_bytes()
    if len(raw) > LARGEST:
        _refuse([Finding(str(file), 1, "", f"the file has {len(raw)} bytes; a plan has at most {LARGEST}")])
    try:
        document = parse_document(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        _refuse([Finding(str(file), 1, "", "the file is not UTF-8 text; save it as UTF-8")])
    except DocumentError as error:
        _refuse([Finding(str(file), error.line, error.field, str(error))])
    findings = [Finding(str(file), *where(document, problem)) for problem in _form_problems(document)]
    if findings:
        _refuse(findings)
    playbooks: list[Playbook] = []
    plans: list[Plan] = []
    phrases = Phrases()
    for path, part in _parts(document):
        found, problems = _read(path, part)
        findings += [Finding(str(file), line, _spelt(path, name), said) for line, name, said in problems]
        if isinstance(found, Playbook):
            playbooks.append(found)
        elif isinstance(found, Plan):
            plans.append(found)
        elif isinstance(found, Phrases):
            phrases = found
    findings += _doubled(file, document, "playbooks") + _doubled(file, document, "plans")
    if findings:
        _refuse(sorted(findings, key=lambda finding: finding.line))
    return Bundle(tuple(playbooks), tuple(plans), phrases)


def _refuse(findings: list[Finding]) -> NoReturn:
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    raise LibraryError(f"Nothing was taken in: {findings[0]}{more}", tuple(findings))


def _form_problems(document: Document) -> list[Problem]:
    value = document.value
    found: list[Problem] = [
        ((name,), f"{name!r} is not a field here; {suggestion(str(name), FIELDS)}", 1)
        for name in value
        if name not in FIELDS
    ]
    if value.get("nobet_plan") != FORM:
        said = "this is no plan that 'nobet playbooks export --format yaml' wrote; it begins with 'nobet_plan: 1'"
        found.append((("nobet_plan",), said, 1))
    for name in ("playbooks", "plans"):
        if not isinstance(value.get(name, []), list):
            found.append(((name,), f"{name!r} must be a list", 1))
    if not found and not (value.get("playbooks") or value.get("plans")):
        found.append(((), "the file holds no playbook and no crisis plan", 1))
    return found


def _parts(document: Document) -> Iterable[tuple[Path_, Document]]:
    for name in ("playbooks", "plans"):
        for index in range(len(document.value.get(name, []))):
            yield (name, index), _within(document, (name, index))
    if document.value.get("phrases"):
        yield ("phrases",), _within(document, ("phrases",))


def _within(document: Document, path: Path_) -> Document:
    value = document.value
    for step in path:
        value = value[step]
    size = len(path)
    lines = {at[size:]: line for at, line in document.lines.items() if at[:size] == path}
    return Document(value, lines, {at[size:] for at in document.blocks if at[:size] == path})


def _read(path: Path_, part: Document) -> tuple[Part | None, list[tuple[int, str, str]]]:
    found: Part | None
    problems: list[Problem]
    if path[0] == "phrases":
        phrases, problems = phrase_field_problems(part)
        found = phrases
        problems = problems if phrases is None else list(phrase_problems(phrases))
    elif path[0] == "plans":
        found, problems = part_problems(part, Plan)
        if isinstance(found, Plan):
            problems = plan_problems(found, found.id)
    else:
        playbook, problems = field_problems(part)
        found = playbook
        problems = problems if playbook is None else list(whole_problems(playbook, playbook.id))
    return found, [where(part, problem) for problem in problems]


def _spelt(path: Path_, name: str) -> str:
    outer = path[0] if len(path) == 1 else f"{path[0]}[{path[1]}]"
    return f"{outer}.{name}" if name else str(outer)


def _doubled(file: Path, document: Document, name: str) -> list[Finding]:
    found, seen = [], set()
    for index, part in enumerate(document.value.get(name, [])):
        one = part.get("id") if isinstance(part, dict) else None
        if isinstance(one, str) and one in seen:
            line = document.line((name, index, "id"))
            found.append(Finding(str(file), line, f"{name}[{index}].id", f"the id {one!r} is used twice"))
        seen.add(str(one))
    return found


# several files together ---------------------------------------------------------------------------------------------


def kind_of(file: Path) -> str:
    """`playbook`, `plan`, `drill`, `phrases` or `bundle`, by the fields of a file; an unreadable one is a playbook.

    Raises OSError when the file cannot be read.
    """
    with file.open("rb") as stream:  # a bundle may be longer than any file that read_document takes
        if stream.read(13).removeprefix(b"\xef\xbb\xbf").startswith(b"nobet_plan"):
            return "bundle"
    try:
        fields = read_document(file).value
    except DocumentError:
        return "playbook"
    if "triggers" in fields or "take" in fields:
        return "plan"
    if "surprises" in fields or "suspected_by" in fields:
        return "drill"
    return "phrases" if set(fields) <= set(Phrases.model_fields) else "playbook"


def lent_problems(plans: Mapping[str, Plan], library: Library, file_of: Callable[[str], str]) -> list[Finding]:
    """Where a crisis plan names a playbook or a solution that is not in the library; `file_of` names a plan's file."""
    found = []
    for plan in plans.values():
        if plan.playbook is None:
            continue
        playbook = library.get(plan.playbook)
        if playbook is None:
            said = f"there is no playbook {plan.playbook!r}; {suggestion(plan.playbook, tuple(library))}"
            found.append(Finding(file_of(plan.id), 1, "playbook", said))
            continue
        known = tuple(solution.id for solution in playbook.solutions)
        for step in written_out(plan).steps:
            for solution in step.solutions:
                if solution not in known:
                    said = f"{solution!r} is no solution of {playbook.id}; {suggestion(solution, known)}"
                    found.append(Finding(file_of(plan.id), 1, f"steps.{step.id}.solutions", said))
    return found
