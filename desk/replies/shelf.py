"""Where the rules of the reply check are taken from: a folder of YAML files, one rule a file, checked as a whole.

As with playbooks, rules are used only when nothing is wrong with any of them: a rule that silently went missing would
be noticed by the customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desk.replies.schema import Rule
from playbooks.document import Document, DocumentError, Path_, read_document, spell

SHIPPED = Path(__file__).parent / "rules"
"""The rules that come with Nöbet."""

ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a rule's file: on which line (from 1), in which field, in one sentence."""

    file: str
    line: int
    field: str
    sentence: str

    def __str__(self) -> str:
        named = f" {self.field}:" if self.field else ""
        return f"{self.file}:{self.line}:{named} {self.sentence}"


class RulesError(Exception):
    """Rules that cannot be used; the message is a sentence, `problems` are everything that is wrong."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"The rules of the reply check cannot be used: {problems[0]}{more}. Nothing was changed.")
        self.problems = problems


@lru_cache(maxsize=1)
def shipped() -> tuple[Rule, ...]:
    """The rules that come with Nöbet, read once."""
    return load_rules(SHIPPED)


def load_rules(folder: Path | str) -> tuple[Rule, ...]:
    """The rules of a folder (or one file), by id. Raises RulesError with everything that is wrong with any."""
    rules, problems = read_rules(Path(folder))
    if problems:
        raise RulesError(tuple(problems))
    return tuple(rules)


def with_own(own: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The shipped rules and a brand's own; a rule of the brand replaces the shipped one of the same id."""
    merged = {rule.id: rule for rule in (*shipped(), *own)}
    return tuple(merged[name] for name in sorted(merged))


def read_rules(path: Path) -> tuple[list[Rule], list[Problem]]:
    """The rules that can be read, and everything that is wrong with the others."""
    try:
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix in ENDINGS and not file.is_dir())
            if not files:
                return [], [Problem(str(path), 1, "", "there is no rule here; a rule is a file such as too_long.yaml")]
        elif path.exists():
            files = [path]
        else:
            return [], [Problem(str(path), 1, "", "there is no such file or folder")]
    except OSError as error:
        return [], [Problem(str(path), 1, "", f"the folder cannot be read: {error.strerror or error}")]
    rules: list[Rule] = []
    problems: list[Problem] = []
    for file in files:
        rule, found = _read(file)
        problems += sorted(found, key=lambda problem: problem.line)
        if rule is not None:
            rules.append(rule)
    return sorted(rules, key=lambda rule: rule.id), problems


def _read(file: Path) -> tuple[Rule | None, list[Problem]]:
    try:
        document = read_document(file)
    except DocumentError as error:
        # The reader is the playbooks' own and speaks of them.
        return None, [Problem(str(file), error.line, error.field, str(error).replace("playbook", "rule"))]
    except OSError as error:
        return None, [Problem(str(file), 1, "", f"the file cannot be read: {error.strerror or error}")]
    try:
        rule = Rule.model_validate(document.value)
    except ValidationError as error:
        return None, [_problem(file, document, details) for details in error.errors()]
    if rule.id != file.stem:
        sentence = f"the id {rule.id!r} and the file's name {file.stem!r} must be the same"
        return None, [Problem(str(file), document.line(("id",)), "id", sentence)]
    return rule, []


def _problem(file: Path, document: Document, details: Any) -> Problem:
    # Pydantic names the chosen kind of matcher among the places; the file has no such field.
    place: list[str | int] = list(details["loc"])
    if len(place) > 1 and place[0] == "looks_for":
        del place[1]
    path: Path_ = tuple(place)
    name = next((part for part in reversed(path) if isinstance(part, str)), "the rule")
    kind = details["type"]
    if kind == "missing":
        sentence = f"the field {name!r} is missing"
    elif kind == "extra_forbidden":
        sentence = f"{name!r} is not a field here"
    elif kind == "value_error":
        sentence = str(details["ctx"]["error"])
    elif kind == "too_short":
        sentence = f"{name!r} has {details['ctx']['actual_length']} entries; at least {details['ctx']['min_length']}"
    elif kind == "union_tag_invalid":
        sentence = f"{details['ctx']['tag']!r} is no kind of matcher; there are {details['ctx']['expected_tags']}"
    elif kind == "union_tag_not_found":
        sentence = "the field 'kind' is missing"
    else:
        message = str(details["msg"])
        sentence = f"{name!r} holds {str(details['input'])[:40]!r}: {message[:1].lower()}{message[1:]}"
    return Problem(str(file), document.line(path), spell(path), sentence)
