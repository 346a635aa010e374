"""A playbook as text that is being changed: hostile text, the version's line, previews, findings in both languages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.editing import digest, line_changes, previews, read_text, with_version
from playbooks.findings import said_finding
from playbooks.schema import Playbook
from playbooks.shelf import SHIPPED

TEXT = (SHIPPED / "late_delivery.yaml").read_text(encoding="utf-8")
BOMB = "a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(9))

HOSTILE = {
    "an alias that grows": (BOMB, "the alias"),
    "a tag that would run": ("!!python/object/apply:os.system ['touch /tmp/x']", "a playbook is a mapping"),
    "a tagged field": ("id: !!python/name:os.system x\nversion: 1\n", "is missing"),
    "ten thousand brackets": ("a: " + "[" * 10_000, "nested too deeply"),
    "half a bracket": ("a: [", "this is not YAML"),
    "nothing": ("", "the file is empty"),
    "a control character": ("a: \x00", "this is not YAML"),
    "two documents": ("id: a\n---\nid: b\n", "this is not YAML"),
    "a field twice": ("id: a\nid: b\n", "is written twice"),
    "half a megabyte": ("# " + "x" * 600_000, "a playbook has at most"),
    "a lone surrogate": ("id: \ud800\nversion: 1\n", ""),
}


@pytest.mark.parametrize(("text", "said"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_a_finding_with_a_line_and_never_more(text: str, said: str) -> None:
    reading = read_text("playbook", "late_delivery", text)
    assert reading.part is None and reading.findings and not reading.good
    assert any(said in finding.sentence for finding in reading.findings), reading.findings
    assert all(1 <= finding.line <= text.count("\n") + 1 for finding in reading.findings)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200), st.sampled_from(("playbook", "plan")))
def test_anything_may_be_typed(text: str, kind: str) -> None:
    assert not read_text(kind, "late_delivery", text).good
    assert len(digest(text)) == 64


@given(st.integers(1, 10**6))
def test_only_the_line_of_the_version_changes(version: int) -> None:
    text = "# version: 7 in a comment\nid: a\nversion: 3  # raised by the board\nnote: 'version: 9'\n"
    assert with_version(text, version) == text.replace("version: 3 ", f"version: {version} ", 1)
    assert with_version(with_version(text, version), 3) == text


def test_a_text_without_such_a_line_is_found() -> None:
    flowing = "{" + ", ".join(f"{line}" for line in ("id: a", "version: 1")) + "}"
    with pytest.raises(ValueError, match="no line that begins"):
        with_version(flowing, 2)


def test_every_family_is_previewed_with_sample_facts() -> None:
    part = read_text("playbook", "late_delivery", TEXT).part
    assert isinstance(part, Playbook)
    for language in ("tr", "en"):
        made = previews(part, language)
        assert [one.family for one in made] == [
            "social", "forum", "portal", "email", "marketplace", "direct", "phone"
        ]  # fmt: skip
        assert all(one.text and "‹" not in one.text and one.length <= (one.limit or 10**6) for one in made)


def test_the_difference_is_told_by_line_and_is_bounded() -> None:
    assert line_changes(TEXT, TEXT, "a", "b") == ""
    told = line_changes(TEXT, TEXT.replace("within: 2h", "within: 90m", 1), "önceki", "yeni")
    assert told.splitlines()[:2] == ["--- önceki", "+++ yeni"] and "+    within: 90m" in told
    assert len(line_changes("", "x\n" * 5000, "a", "b").splitlines()) <= 401


MISTAKES = {
    "within: yarın": "bir süre değil",
    "within: 400d": "en çok 365 gün",
    "role: patron": "bilinen bir rol ya da taraf değil",
    "colour: red": "diye bir alan yok",
}


@pytest.mark.parametrize(("wrong", "turkish"), MISTAKES.items(), ids=MISTAKES)
def test_common_mistakes_are_said_in_turkish(wrong: str, turkish: str) -> None:
    name = wrong.partition(":")[0]
    written = re.sub(rf"(?m)^(\s+(?:- )?){name}: \S+$", rf"\g<1>{wrong}", TEXT, count=1)
    if written == TEXT:
        written = f"{wrong}\n{TEXT}"
    [finding] = read_text("playbook", "late_delivery", written).findings
    said, language = said_finding(finding.sentence, "tr")
    assert language == "tr" and turkish in said
    assert said_finding(finding.sentence, "en") == (finding.sentence, "en")


def test_a_sentence_that_nobody_put_into_turkish_says_that_it_is_english() -> None:
    assert said_finding("something new is wrong", "tr") == ("something new is wrong", "en")


def test_a_hint_is_said_too() -> None:
    said, _ = said_finding("'patron' is not a known role; did you mean 'agent'?", "tr")
    assert said == "'patron' bilinen bir rol değil; 'agent' mi demek istediniz?"
