"""The playbooks' documentation says everything the code knows, and its example is a playbook that works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mention import TOPICS
from playbooks.facts import FACTS
from playbooks.reasons import SENTENCES
from playbooks.schema import CLOCKS, KINDS, ROLES, Part
from playbooks.shelf import check_library, load_library
from playbooks.words import name_of

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "playbooks.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "write-a-playbook.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", REFERENCE))))


def _parts(part: type[Part] = Part) -> list[type[Part]]:
    return [part for child in part.__subclasses__() for part in (child, *_parts(child))]


PARTS = [
    part for part in _parts() if part.__module__ == "playbooks.schema"
]  # the rules of other rooms have pages of their own


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_field_is_documented_and_describes_itself(part):
    for name, field in part.model_fields.items():
        assert name in CODE, f"{part.__name__}.{name} is not in docs/reference/playbooks.md"
        assert field.description or name in ("name",), f"{part.__name__}.{name} has no description"


def test_every_role_kind_clock_fact_and_reason_is_documented():
    for name in (*ROLES, *KINDS, *CLOCKS, *FACTS, *SENTENCES):
        assert name in CODE, f"{name} is not in docs/reference/playbooks.md"


def test_the_table_of_facts_tells_what_is_public():
    for fact in FACTS.values():
        row = next(line for line in REFERENCE.split("\n") if line.startswith(f"| `{fact.name}` |"))
        assert row.endswith("| yes |" if fact.public else "| no |") and fact.tr in row and fact.en in row


def test_what_the_library_covers_is_told_truthfully():
    library = load_library()
    assert all(playbook_id in REFERENCE for playbook_id in library)
    covered = {topic for playbook in library.values() for topic in playbook.when.topics}
    assert all(topic in REFERENCE for topic in set(TOPICS) - covered)


def test_every_reason_is_said_in_both_languages_with_the_same_values():
    for code, (turkish, english) in SENTENCES.items():
        strip = re.compile(r"\{(\w+?)(?:_tr|_en)?\}")
        assert set(strip.findall(turkish)) == set(strip.findall(english)), code
        assert turkish != english and turkish.endswith(".") and english.endswith(".")


def test_every_label_has_a_name_in_both_languages():
    for topic in TOPICS:
        assert name_of("topic", topic, "tr") != topic
    for role in ROLES:
        assert name_of("role", role, "tr") != role
    assert name_of("topic", "unheard_of", "tr") == "unheard_of"


def test_the_example_is_a_playbook_that_works(tmp_path):
    found = re.search(r"`(\w+\.yaml)`:\n\n```yaml\n(.*?)```", HOW_TO, re.DOTALL)
    assert found
    (tmp_path / found[1]).write_text(found[2], encoding="utf-8")
    assert check_library(tmp_path) == []
    assert list(load_library(tmp_path)) == [found[1].removesuffix(".yaml")]
