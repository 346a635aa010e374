"""Every rule of the reply check catches what it must and lets pass what it must, and says so in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from classifying import reader_of
from desk.replies import RulesError, check, load_rules, shipped, with_own
from desk.replies.schema import EXAMPLES, LEVELS, Rule
from desk.replies.shelf import SHIPPED
from desk.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
RULES = shipped()
CATCHES = [(rule, example) for rule in RULES for example in rule.catches]
PASSES = [(rule, example) for rule in RULES for example in rule.passes]
PAGE = ROOT / "docs/reference/reply-check.md"


@pytest.fixture(scope="module")
def reader():
    return reader_of(Settings())


def _name(value):
    return value.id if isinstance(value, Rule) else re.sub(r"\W+", "-", value.text)[:40]


@pytest.mark.parametrize(("rule", "example"), CATCHES, ids=_name)
def test_a_rule_catches_what_it_must(rule, example, reader):
    found = check(example.reply, example.about(), reader, (rule,))
    assert found, f"{rule.id} let {example.text!r} pass"
    for finding in found:
        assert finding.rule == rule.id and finding.level == rule.level and finding.blocks == (rule.level == "blocking")
        assert 0 <= finding.start <= finding.end <= len(example.reply)
        for language in ("tr", "en"):
            said = finding.say(language)
            assert said and not re.search(r"(?<![{$])\{\w+\}", said), "every slot is filled"
            assert len(finding.what(language)) < 300 and finding.advice(language) in said
    if example.about().language == "tr" or rule.say.tr != rule.say.en:
        assert found[0].say("tr") != found[0].say("en")


@pytest.mark.parametrize(("rule", "example"), PASSES, ids=_name)
def test_a_rule_lets_pass_what_it_must(rule, example, reader):
    found = check(example.reply, example.about(), reader, (rule,))
    assert not found, [finding.what("en") for finding in found]


def test_every_rule_has_examples_enough_in_each_of_its_languages():
    assert len(RULES) >= 30 and len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.level in LEVELS
        for examples in (rule.catches, rule.passes):
            assert len(examples) >= EXAMPLES, rule.id
            assert len({(one.text, one.times, str(one.context)) for one in examples}) == len(examples), rule.id
        spoken = {one.about().language for one in rule.catches}
        if rule.looks_for.kind not in ("length", "told") or rule.id == "too_short":
            assert spoken == set(rule.languages), rule.id


def test_the_page_lists_every_rule_with_its_level_and_nothing_else():
    rows = dict(re.findall(r"^\| `(\w+)` \| (blocking|advising) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows == {rule.id: rule.level for rule in RULES}


def test_the_page_names_every_field_of_the_context_and_every_kind_of_matcher():
    page = PAGE.read_text(encoding="utf-8")
    from desk.replies.context import Grant, ReplyContext
    from desk.replies.matchers import _KINDS

    for name in (*ReplyContext.__dataclass_fields__, *Grant.__dataclass_fields__, *_KINDS, *Rule.model_fields):
        assert f"`{name}`" in page, f"{name} is not in docs/reference/reply-check.md"


def test_a_brands_own_rule_joins_or_replaces_a_shipped_one(tmp_path):
    text = (SHIPPED / "shouting.yaml").read_text(encoding="utf-8")
    (tmp_path / "shouting.yaml").write_text(text.replace("advising", "blocking"), encoding="utf-8")
    (tmp_path / "loud.yaml").write_text(text.replace("id: shouting", "id: loud"), encoding="utf-8")
    merged = {rule.id: rule for rule in with_own(load_rules(tmp_path))}
    assert merged["shouting"].level == "blocking" and merged["loud"].level == "advising"
    assert set(merged) == {rule.id for rule in RULES} | {"loud"}


BROKEN = [
    ("id: shouting\n", "id: other\n", 1, "id", "must be the same"),
    ("level: advising", "level: loud", 2, "level", "'loud'"),
    ("report: capitals", "report: kapitals", 3, "looks_for.report", "kapitals"),
    ("kind: characters", "kind: charakters", 3, "looks_for", "no kind of matcher"),
    ("{found}'\ninstead", "{fund}'\ninstead", 1, "", "no slot of a rule of this kind"),
    ("level: advising", "level: advising\nlevels: x", 3, "levels", "not a field here"),
    ("level: advising", "level: advising\nfamilies: [sosyal]", 3, "families[0]", "channel family"),
    ("level: advising\n", "", 1, "level", "missing"),
    ("text: 'Yolda mı?'", "text: 'Yolda mı?', context: {chanel: x}", None, "passes[2]", "context: chanel"),
    ("id: shouting", "id: [", None, "", "not YAML"),
]


@pytest.mark.parametrize(("old", "new", "line", "field", "says"), BROKEN, ids=[one[4] for one in BROKEN])
def test_what_is_wrong_with_a_rule_is_said_with_file_line_and_field(tmp_path, old, new, line, field, says):
    text = (SHIPPED / "shouting.yaml").read_text(encoding="utf-8").replace("Siparişiniz yarın teslim", "Yarın teslim")
    text = text.replace("T.C. kimlik, IBAN ve PTT bilgileri gerekmez.", "Bu da geçer.")
    text = text.replace("ÇINAR EV olarak teşekkür ederiz.", "Yolda mı?")
    assert old in text
    (tmp_path / "shouting.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RulesError) as raised:
        load_rules(tmp_path)
    problem = next(one for one in raised.value.problems if says in one.sentence)
    assert problem.file.endswith("shouting.yaml") and problem.field == field
    assert line is None or problem.line == line
    assert "shouting.yaml" in str(raised.value)


def test_too_few_examples_and_unfolded_phrases_are_refused(tmp_path):
    text = (SHIPPED / "if_apology.yaml").read_text(encoding="utf-8")
    cut = re.sub(r"passes:.*", "passes:\n  - {text: 'Geç kaldık.'}\n", text, flags=re.DOTALL)
    (tmp_path / "if_apology.yaml").write_text(cut.replace("[sorry if,", "[Sorry if,"), encoding="utf-8")
    with pytest.raises(RulesError) as raised:
        load_rules(tmp_path)
    sentences = {problem.field: problem.sentence for problem in raised.value.problems}
    assert "at least 6" in sentences["passes"] and "write 'sorry if'" in sentences["looks_for.any.en[0]"]


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_rules_is_said(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RulesError, match="there is no"):
        load_rules(tmp_path / folder)
