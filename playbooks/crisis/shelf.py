"""Crisis plans in a folder of YAML files: read, checked, compared, and their JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playbooks.crisis.checks import plan_problems
from playbooks.crisis.plan import Plan
from playbooks.schema import Playbook
from playbooks.shelf import Finding, LibraryError, read_parts

PLANS = Path(__file__).parent / "plans"
"""The crisis plans that come with Nöbet."""


def load_plans(path: Path | str | None = None) -> dict[str, Plan]:
    """The plans of a folder or a file by id; those that come with Nöbet when `path` is None.

    Raises LibraryError with every finding when anything is wrong with any of them: none is used then.
    """
    plans, findings = _read(Path(path) if path is not None else PLANS)
    if findings:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise LibraryError(f"The crisis plans cannot be used: {findings[0]}{more}.", tuple(findings))
    return plans


def check_plans(path: Path | str | None = None) -> list[Finding]:
    """Everything that is wrong with the plans of a folder or a file, by file and line; empty when they are good."""
    return _read(Path(path) if path is not None else PLANS)[1]


def _read(path: Path) -> tuple[dict[str, Plan], list[Finding]]:
    plans, findings = read_parts(path, Plan, plan_problems)
    return {plan.id: plan for plan in plans}, findings


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a plan, for editors that complete and underline."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Plan.model_json_schema()}


def difference(old: Plan | Playbook, new: Plan | Playbook) -> tuple[str, ...]:
    """What changed between two versions, a line each: `steps[hold].within: 15m -> 10m`, `+ steps[call]: ...`.

    Parts with an id are compared with the part of the same id, wherever it stands; a changed order is said once.
    """
    return tuple(_changed("", old.model_dump(mode="json"), new.model_dump(mode="json")))


_NAMES = ("id", "role", "level")


def _name(part: Any) -> str | None:
    return next((str(part[key]) for key in _NAMES if key in part), None) if isinstance(part, dict) else None


def _changed(at: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            inner = f"{at}.{key}" if at else key
            if key not in old:
                yield f"+ {inner}: {_short(new[key])}"
            elif key not in new:
                yield f"- {inner}: {_short(old[key])}"
            else:
                yield from _changed(inner, old[key], new[key])
        return
    if isinstance(old, list) and isinstance(new, list):
        before, after = ({_name(part): part for part in parts} for parts in (old, new))
        if None not in before and None not in after and len(before) == len(old) and len(after) == len(new):
            yield from (f"- {at}[{name}]: {_short(part)}" for name, part in before.items() if name not in after)
            yield from (f"+ {at}[{name}]: {_short(part)}" for name, part in after.items() if name not in before)
            for name in before:
                if name in after:
                    yield from _changed(f"{at}[{name}]", before[name], after[name])
            if [name for name in before if name in after] != [name for name in after if name in before]:
                yield f"{at}: the order is now {', '.join(str(name) for name in after)}"
            return
    yield f"{at}: {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        title = value.get("title") or value.get("what") or value
        value = title.get("en", title) if isinstance(title, dict) else title
    text = (
        "nothing" if value in (None, [], "") else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    )
    text = " ".join(text.split())
    return text if len(text) <= 100 else text[:99] + "…"
