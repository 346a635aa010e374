"""A playbook or crisis plan as text that somebody is changing: read with its check, previewed, raised to a version.

Pure. The text is a person's, comments and all, and is never written anew from the values: only its `version` line is.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mention import FAMILIES
from playbooks.checks import field_problems, part_problems, where, whole_problems
from playbooks.crisis.checks import plan_problems
from playbooks.crisis.plan import Plan
from playbooks.document import MAX_BYTES, DocumentError, parse_document
from playbooks.drafts import LENGTH_LIMITS, DraftError, draft, length_on
from playbooks.facts import sample_facts
from playbooks.schema import Playbook
from playbooks.shelf import Finding

KINDS = ("playbook", "plan")
"""What can be edited on the board."""

LONGEST_DIFF = 400
"""Lines of a comparison; more is another file."""

_VERSION = re.compile(r"(?m)^version:[ \t]*[^\s#]+")


@dataclass(frozen=True)
class Reading:
    """What a text says: the playbook or plan where it can be read, and everything that is wrong with it."""

    part: Playbook | Plan | None
    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """Whether it could be put in force."""
        return self.part is not None and not self.findings


@dataclass(frozen=True)
class Preview:
    """A reply as it would be drafted for sample facts; `limit` is the family's longest, None where there is none."""

    family: str
    language: str
    text: str
    length: int
    limit: int | None


def digest(text: str) -> str:
    """SHA-256 of a text in hex, which names exactly this text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_text(kind: str, id: str, text: str) -> Reading:
    """The playbook or plan (`kind` one of KINDS) in a text that is to be the file of `id`, with its findings by line.

    Whatever the text holds, nothing is raised and nothing runs: what cannot be read is a finding.
    """
    name = f"{id}.yaml"
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        return Reading(None, (Finding(name, line, "", "the file is not UTF-8 text; save it as UTF-8"),))
    if size > MAX_BYTES:
        said = f"the file has {size} bytes; a playbook has at most {MAX_BYTES}"
        return Reading(None, (Finding(name, 1, "", said),))
    try:
        document = parse_document(text)
    except DocumentError as error:
        line = min(error.line, text.count("\n") + 1)  # what is missing at the end is on the last line there is
        return Reading(None, (Finding(name, line, error.field, str(error)),))
    except RecursionError:
        return Reading(None, (Finding(name, 1, "", "the file is nested too deeply to be a playbook"),))
    part: Playbook | Plan | None
    if kind == "plan":
        found, problems = part_problems(document, Plan)
        part = found if isinstance(found, Plan) else None
        problems = problems if part is None else list(plan_problems(part, id))
    else:
        part, problems = field_problems(document)
        problems = problems if part is None else list(whole_problems(part, id))
    findings = sorted((Finding(name, *where(document, each)) for each in problems), key=lambda one: one.line)
    if not findings and not _VERSION.search(text):
        findings = [Finding(name, 1, "version", "write 'version' on a line of its own, so that it can be raised")]
    return Reading(part, tuple(findings))


def with_version(text: str, version: int) -> str:
    """The text with another version number, everything else as it was. Raises ValueError where it has no such line."""
    if not _VERSION.search(text):
        raise ValueError("the text has no line that begins with 'version:'")
    return _VERSION.sub(f"version: {version}", text, count=1)


def previews(playbook: Playbook, language: str) -> tuple[Preview, ...]:
    """The drafts of every channel family for sample facts; a template that cannot be rendered is left out."""
    made = []
    for family in FAMILIES:
        try:
            text = draft(playbook, family, language, sample_facts(language))
        except DraftError:
            continue  # it is a finding already
        made.append(Preview(family, language, text, length_on(family, text), LENGTH_LIMITS.get(family)))
    return tuple(made)


def line_changes(old: str, new: str, before: str, after: str) -> str:
    """What changed line by line, as a unified diff; `before` and `after` name the two texts. Empty: nothing."""
    found: Sequence[str] = list(
        difflib.unified_diff(old.splitlines(), new.splitlines(), before, after, lineterm="", n=2)
    )
    more = len(found) - LONGEST_DIFF
    return "\n".join([*found[:LONGEST_DIFF], *([f"… +{more}"] if more > 0 else [])])
