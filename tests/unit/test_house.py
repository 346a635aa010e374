"""The house plan holds: imports go one way, rooms stay small, names say their job, every word has one spelling."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from tests.long import LONG

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "collectors",
    "nlp",
    "playbooks",
    "store",
    "desk",
    "board",
    "commands",
    "mention",
    "worker",
    "long_work",
    "classifying",
    "collecting",
    "connecting",
    "nobet",
    "app",
}

# What each room may import of ours. The entries (worker, nobet, commands) bring the rooms together.
ALLOWED = {
    "mention": set(),
    "collectors": {"mention"},
    "nlp": {"mention"},
    "playbooks": {"mention"},
    "store": {"mention"},
    "desk": {"mention", "playbooks", "store"},
    "board": {"mention", "playbooks", "desk"},
    "app": {"board", "desk", "connecting"},
    "classifying": {"mention", "nlp", "desk"},
    "collecting": {"mention", "collectors", "store"},
    "long_work": {"mention", "store", "desk"},
    "worker": {
        "mention",
        "collectors",
        "nlp",
        "playbooks",
        "store",
        "desk",
        "collecting",
        "classifying",
        "long_work",
    },
    "connecting": {"mention", "collectors", "nlp", "playbooks", "desk", "worker", "classifying"},
    "commands": {
        "classifying",
        "mention",
        "collectors",
        "nlp",
        "playbooks",
        "store",
        "desk",
        "worker",
        "long_work",
        "collecting",
        "connecting",
    },
    "nobet": {"mention", "collectors", "nlp", "playbooks", "store", "desk", "worker", "commands"},
}
# Rules that take `now` and do no I/O: nothing of the outside world may be imported there.
PURE = (
    "mention.py",
    "desk/policy.py",
    "desk/calendar.py",
    "desk/clock.py",
    "desk/deadline.py",
    "desk/story.py",
    "desk/coverage.py",
    "desk/roles.py",
    "desk/team.py",
    "desk/money.py",
    "desk/approvals.py",
    "desk/concessions.py",
    "collectors/pace.py",
    "collectors/query/syntax.py",
    "collectors/query/suffixes.py",
    "collectors/query/turkish.py",
    "collectors/query/match.py",
    "collectors/query/forms.py",
    "collectors/query/translate.py",
    "collectors/query/misses.py",
    "collectors/query/trial.py",
    "playbooks/routing.py",
    "playbooks/crisis/choice.py",
    "playbooks/crisis/run.py",
    "playbooks/crisis/walk.py",
    "playbooks/crisis/legs.py",
    "playbooks/crisis/scorecard.py",
    "playbooks/growth/watch.py",
    "playbooks/growth/meter.py",
    "playbooks/growth/change.py",
    "desk/crisis/review_numbers.py",
    "desk/crisis/drill_clock.py",
    "desk/causes/rates.py",
    "desk/causes/watching.py",
    "playbooks/decision.py",
    "playbooks/editing.py",
    "playbooks/findings.py",
    "playbooks/wording.py",
    "playbooks/phrases.py",
    "desk/lineage.py",
    "desk/report/content.py",
    "desk/report/meanings.py",
    "desk/report/words.py",
    "desk/windows.py",
    "desk/likeness.py",
    "desk/warnings.py",
    "desk/forecast.py",
    "desk/forecast_words.py",
    "desk/warning_words.py",
    "desk/rates.py",
    "desk/due_table.py",
    "desk/metrics/definitions.py",
    "desk/metrics/figures.py",
    "desk/metrics/minutes.py",
    "desk/metrics/period.py",
    "desk/metrics/way.py",
    "desk/metrics/case.py",
    "desk/metrics/course.py",
    "desk/metrics/alike.py",
    "desk/metrics/table.py",
    "desk/metrics/local.py",
    "desk/metrics/facts.py",
    "desk/metrics/estimates.py",
    "desk/metrics/cohort.py",
    "desk/metrics/measuring.py",
    "desk/metrics/winning.py",
    "desk/metrics/words.py",
    "desk/replies/check.py",
    "desk/replies/matchers.py",
    "desk/orders/card.py",
    "desk/orders/signs.py",
)
OUTSIDE = {"os", "io", "socket", "sqlite3", "subprocess", "requests", "sqlalchemy", "time", "random", "logging"}
LONGEST = 500


def sources() -> list[Path]:
    files = [p for p in ROOT.glob("*.py")]
    for room in sorted(ROOMS):
        files += [p for p in (ROOT / room).rglob("*.py")] if (ROOT / room).is_dir() else []
    return files


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def room_of(file: Path) -> str:
    first = file.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("file", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(file: Path) -> None:
    room = room_of(file)
    ours = imported(file) & ROOMS
    assert ours <= ALLOWED[room] | {room}, f"{room} must not import {sorted(ours - ALLOWED[room] - {room})}"


@pytest.mark.parametrize("name", PURE)
def test_rules_are_pure(name: str) -> None:
    assert not imported(ROOT / name) & OUTSIDE
    text = (ROOT / name).read_text(encoding="utf-8")
    assert ".now(" not in text and "utcnow" not in text, "`now` is passed in"


@pytest.mark.parametrize("file", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_one_room(file: Path) -> None:
    assert file.stem not in {"utils", "helpers", "common", "misc"}
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("file", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_file_and_public_name_says_what_it_is(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), "a file begins with what it is for"
    missing = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and "migrations" not in file.parts
    ]
    assert not missing, f"public names without a docstring: {missing}"


def test_nothing_private_or_fetched_is_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = listed.stdout.splitlines()
    assert not [n for n in names if n.endswith((".env", ".db", ".pkl", ".pickle")) or n.startswith(("var/", ".venv/"))]


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, names in LONG.items() for name in names])
def test_what_is_left_to_the_long_run_is_there(file: str, name: str) -> None:
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert f"def {name.partition('[')[0]}" in text
