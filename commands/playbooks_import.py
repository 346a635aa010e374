"""Writes the files of a YAML export: all of them or none."""

from __future__ import annotations

import os
from pathlib import Path

from playbooks.bundle import Bundle, write_yaml
from playbooks.crisis.plan import Plan
from playbooks.crisis.shelf import load_plans
from playbooks.schema import Part, Phrases, Playbook
from playbooks.shelf import ENDINGS, PHRASES, Finding, LibraryError, load_library


def write_files(bundle: Bundle, into: Path, replace: bool) -> int:
    """The number of files written for a bundle that was already checked.

    Raises LibraryError, and writes nothing, where a file is there already (without `replace`), or where it would be
    replaced by another text of the same or an older version: a run that keeps its version must be able to tell them
    apart. OSError is left to the caller; what was written beside the old files is then taken away.
    """
    parts: dict[Path, Part] = {into / f"{one.id}.yaml": one for one in bundle.playbooks}
    parts |= {into / "plans" / f"{one.id}.yaml": one for one in bundle.plans}
    if bundle.phrases != Phrases():
        parts[into / PHRASES.name] = bundle.phrases
    findings = [finding for file, part in parts.items() for finding in _in_the_way(file, part, replace)]
    if findings:
        raise LibraryError(f"Nothing was taken in: {findings[0]}", tuple(findings))
    ready: list[tuple[Path, Path]] = []
    try:
        for file, part in parts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            beside = file.with_name(f".{file.name}.new")
            ready.append((beside, file))
            beside.write_text(write_yaml(part), encoding="utf-8")
        for beside, file in ready:
            os.replace(beside, file)
    finally:
        for beside, _ in ready:
            beside.unlink(missing_ok=True)
    return len(ready)


def _in_the_way(file: Path, part: Part, replace: bool) -> list[Finding]:
    there = [one for one in (file.with_suffix(ending) for ending in ENDINGS) if one.exists()]
    if not there:
        return []
    if there != [file]:
        return [Finding(str(there[0]), 1, "", "a file of this name is there; it would be read beside the new one")]
    if not replace:
        return [Finding(str(file), 1, "", "the file is there already; say --replace to write over it")]
    if not isinstance(part, Playbook | Plan):
        return []
    try:
        old = (load_library(file) if isinstance(part, Playbook) else load_plans(file)).get(part.id)
    except LibraryError:
        return []  # what is there cannot be used; no run can have kept it
    if old is None or old == part or part.version > old.version:
        return []
    said = f"version {part.version} would replace another text of version {old.version}; raise 'version' in the import"
    return [Finding(str(file), 1, "version", said)]
