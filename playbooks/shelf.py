"""Where playbooks are taken from: a folder of YAML files, one playbook a file, read and checked as a whole.

A folder may also hold `snippets.yaml`, the general phrases; without one, those that come with Nöbet are used.

A library is loaded only when nothing is wrong with it: a playbook that silently went missing would be noticed in the
middle of a crisis, a start that says which line is wrong is noticed at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from playbooks.checks import (
    Problem,
    field_problems,
    part_problems,
    phrase_field_problems,
    phrase_problems,
    where,
    whole_problems,
)
from playbooks.document import Document, DocumentError, read_document
from playbooks.schema import Library, Part, Phrases, Playbook

SHIPPED = Path(__file__).parent / "library"
"""The playbooks that come with Nöbet."""

PHRASES = Path(__file__).parent / "snippets.yaml"
"""The general snippets and automatic messages that come with Nöbet."""

ENDINGS = (".yaml", ".yml")


P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a library: in which file, on which line (from 1), in which field, in one sentence."""

    file: str
    line: int
    field: str
    sentence: str

    def __str__(self) -> str:
        named = f" {self.field}:" if self.field else ""
        return f"{self.file}:{self.line}:{named} {self.sentence}"


class LibraryError(Exception):
    """A library that cannot be used; the message is a sentence, `findings` are everything that is wrong."""

    def __init__(self, sentence: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(sentence)
        self.findings = findings


def load_library(path: Path | str | None = None) -> Library:
    """The playbooks of a folder (or of one file); those that come with Nöbet when `path` is None.

    Raises LibraryError, with every finding, when anything is wrong with any of them. What comes with Nöbet is only
    read: its templates were tried before it was shipped; trying them again would cost every command half a second.
    """
    playbooks, phrases, findings = _read(Path(path)) if path is not None else _read(SHIPPED, tried=True)
    if findings:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise LibraryError(
            f"The playbooks cannot be used: {findings[0]}{more}. Nothing was changed; "
            "run 'nobet playbooks check' for the whole list.",
            tuple(findings),
        )
    return Library(tuple(playbooks), phrases)


def check_library(path: Path | str | None = None) -> list[Finding]:
    """Everything that is wrong with the playbooks of a folder or a file, by file and line; empty when they are good.

    The phrases that go with them are checked too.
    """
    return _read(Path(path) if path is not None else SHIPPED)[2]


def _read(path: Path, tried: bool = False) -> tuple[list[Playbook], Phrases, list[Finding]]:
    phrases_file = path if path.name == PHRASES.name else path / PHRASES.name
    phrases, findings = _read_phrases(phrases_file, tried) if phrases_file.is_file() else _shipped_phrases()
    if path.name == PHRASES.name and path.is_file():
        return [], phrases, findings
    playbooks, found = _read_playbooks(path, tried)
    return playbooks, phrases, [*found, *findings]


@cache
def _shipped_phrases() -> tuple[Phrases, list[Finding]]:
    return _read_phrases(PHRASES)


def read_parts(
    path: Path, form: type[P], problems_of: Callable[[P, str], list[Problem]]
) -> tuple[list[P], list[Finding]]:
    """The parts (crisis plans, drills) of a folder or a file, in the files' order, with everything that is wrong.

    `problems_of` is asked of each part whose fields can be read, with its file's name without the ending.
    """
    files = sorted(f for f in path.iterdir() if f.suffix in ENDINGS) if path.is_dir() else [path]
    parts: list[P] = []
    findings: list[Finding] = []
    for file in files:
        document = _document(file)
        if isinstance(document, Finding):
            findings.append(document)
            continue
        part, problems = part_problems(document, form)
        if isinstance(part, form):
            problems = problems_of(part, file.stem)
            parts.append(part)
        found = [_finding(str(file), document, problem) for problem in problems]
        findings += sorted(found, key=lambda finding: finding.line)
    return parts, findings


def _document(file: Path) -> Document | Finding:
    """What stands in a file, or why it cannot be read."""
    try:
        return read_document(file)
    except DocumentError as error:
        return Finding(str(file), error.line, error.field, str(error))
    except OSError as error:
        return Finding(str(file), 1, "", f"the file cannot be read: {error.strerror or error}")


def _read_phrases(file: Path, tried: bool = False) -> tuple[Phrases, list[Finding]]:
    name, document = str(file), _document(file)
    if isinstance(document, Finding):
        return Phrases(), [document]
    phrases, problems = phrase_field_problems(document)
    if phrases is not None:
        problems = [] if tried else list(phrase_problems(phrases))
    found = [_finding(name, document, problem) for problem in problems]
    return phrases or Phrases(), sorted(found, key=lambda finding: finding.line)


def _read_playbooks(path: Path, tried: bool) -> tuple[list[Playbook], list[Finding]]:
    try:
        if path.is_dir():
            here = (file for file in path.iterdir() if file.suffix in ENDINGS and not file.is_dir())
            files = sorted(file for file in here if file.name != PHRASES.name)
            if not files:
                return [], [Finding(str(path), 1, "", "there is no playbook here; a playbook is a file such as x.yaml")]
        elif path.exists():
            files = [path]
        else:
            return [], [Finding(str(path), 1, "", "there is no such file or folder")]
    except OSError as error:
        return [], [Finding(str(path), 1, "", f"the folder cannot be read: {error.strerror or error}")]
    playbooks: list[Playbook] = []
    findings: list[Finding] = []
    owners: dict[str, str] = {}
    for file in files:
        playbook, found = _read_file(file, owners, tried)
        findings.extend(sorted(found, key=lambda finding: finding.line))
        if playbook is not None:
            playbooks.append(playbook)
    return playbooks, findings


def _read_file(file: Path, owners: dict[str, str], tried: bool) -> tuple[Playbook | None, list[Finding]]:
    """The playbook of one file with its findings; `owners` maps each id to the first file that has it."""
    name, document = str(file), _document(file)
    if isinstance(document, Finding):
        return None, [document]
    playbook, problems = field_problems(document)
    if playbook is not None:
        problems = [] if tried or _is_shipped(file) else list(whole_problems(playbook, file.stem))
        owner = owners.setdefault(playbook.id, name)
        if owner != name:
            problems.append((("id",), f"the id {playbook.id!r} is already used by {Path(owner).name}", 1))
    return playbook, [_finding(name, document, problem) for problem in problems]


def _is_shipped(file: Path) -> bool:
    """Whether a file is a copy, to the letter, of one that comes with Nöbet: those were tried before. A brand whose own
    library differs in one playbook then waits for one, and not for all."""
    try:
        return file.parent != SHIPPED and file.read_bytes() == (SHIPPED / file.name).read_bytes()
    except OSError:
        return False


def _finding(name: str, document: Document, problem: tuple[tuple[str | int, ...], str, int]) -> Finding:
    return Finding(name, *where(document, problem))
