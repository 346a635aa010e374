"""Broken playbooks: each kind of mistake is found with its file, its line, its field and a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.document import DocumentError, parse_document
from playbooks.shelf import SHIPPED, Finding, LibraryError, check_library, load_library
from tests.tries import tries

GOOD = """\
id: broken_lamp
version: 1
title: {tr: Kırık lamba, en: Broken lamp}
summary: {tr: Lamba kırık geldi., en: The lamp came broken.}
when:
  topics: [product_defect]
  words:
    any: [lamba*]
inform_first:
  - {role: team_lead, within: 1h}
decides: {role: team_lead, deputy: crisis_manager, hand_over_after: 1h}
outside:
  maker: {tr: Üretici, en: The maker}
solutions:
  - id: new_lamp
    title: {tr: Yeni lamba, en: A new lamp}
    limit: {amount: "400.00", currency: TRY}
    who: [agent]
steps:
  - id: answer
    title: {tr: Yanıt, en: Answer}
    kind: reply
    who: agent
    within: 1h
    text: {tr: Yanıtlayın., en: Answer them.}
  - id: tell
    title: {tr: Haber, en: Tell}
    kind: inform
    who: agent
    to: [maker]
    within: 2h
    text: {tr: Üreticiye yazın., en: Write to the maker.}
  - id: give
    title: {tr: Öneri, en: Offer}
    kind: offer
    who: agent
    solutions: [new_lamp]
    within: 3h
    text: {tr: Önerin., en: Offer it.}
replies:
  social: {tr: 'Merhaba {{ name }}, üzgünüz.', en: 'Hello {{ name }}, we are sorry.'}
  forum: {tr: Merhaba., en: Hello.}
  portal: {tr: 'Sayın {{ name }},', en: 'Dear {{ name }},'}
  email:
    tr: |
      Sayın {{ name }},
      {{ order_number }} için üzgünüm.
      {{ agent }}
    en: |
      Dear {{ name }},
      I am sorry about {{ order_number }}.
      {{ agent }}
do_not_say:
  - say: {tr: Bize ne., en: Not our business.}
    why: {tr: Kaba., en: Rude.}
source: {tr: Deneyim., en: Experience.}
"""

# what is changed (old -> new), the line and the field of the finding, and what its sentence says
BROKEN = [
    ("version: 1\n", "version: 1\ncolour: red\n", 3, "colour", "not a field"),
    ("summary: {", "sumary: {", 4, "sumary", "did you mean 'summary'"),
    ("    kind: reply\n", "    kind: reply\n    whom: agent\n", 23, "steps[0].whom", "not a field"),
    ("title: {tr: Yeni lamba, en: A new lamp}", "title: {tr: Yeni lamba}", 16, "solutions[0].title.en", "English text"),
    ("title: {tr: Kırık lamba, en: Broken lamp}", "title: {en: Broken lamp}", 3, "title.tr", "Turkish text is missing"),
    ("  forum: {tr: Merhaba., en: Hello.}\n", "", 40, "replies.forum", "'forum' is missing"),
    ("tr: Merhaba., en: Hello.", "tr: '  ', en: Hello.", 42, "replies.forum.tr", "is empty"),
    ("who: [agent]", "who: [boss]", 18, "solutions[0].who[0]", "'boss' is not a known role"),
    ("    who: agent\n    within: 1h", "    who: agnt\n    within: 1h", 23, "steps[0].who", "did you mean 'agent'"),
    ("- {role: team_lead", "- {role: mayor", 10, "inform_first[0].role", "'mayor' is not a known role or"),
    ("to: [maker]", "to: [carrier]", 30, "steps[1].to[0]", "name outside parties under 'outside'"),
    ("[product_defect]", "[product_defects]", 6, "when.topics[0]", "did you mean 'product_defect'"),
    ("  words:", "  urgencies: [now]\n  words:", 7, "when.urgencies[0]", "'now' is not a known urgency"),
    ("  words:", "  channels: [myspace]\n  words:", 7, "when.channels[0]", "'myspace' is not a known channel"),
    ("deputy: crisis_manager, ", "", 11, "decides.deputy", "the decider has no deputy"),
    ("deputy: crisis_manager", "deputy: team_lead", 11, "decides.deputy", "must be another role"),
    ("deputy: crisis_manager", "deputy: maker", 11, "decides.deputy", "'maker' is not a known role"),
    ("- id: tell", "- id: answer", 26, "steps[1].id", "'answer' is used twice"),
    ("    within: 2h", "    within: 30m", 31, "steps[1].within", "before that of the earlier step 'answer'"),
    ("    within: 2h", "    within: soon", 31, "steps[1].within", "not a time box"),
    ("    within: 2h", "    within: 90", 31, "steps[1].within", "not a time box"),
    ("    within: 2h", "", 26, "steps[1].within", "'within' is missing"),
    ("kind: inform", "kind: tell", 28, "steps[1].kind", "'tell' is not a known kind of step"),
    ("    to: [maker]\n", "", 26, "steps[1]", "informs nobody"),
    ("solutions: [new_lamp]", "solutions: []", 33, "steps[2]", "offers nothing"),
    ("solutions: [new_lamp]", "solutions: [old_lamp]", 37, "steps[2].solutions[0]", "did you mean 'new_lamp'"),
    ("kind: reply", "kind: do", 19, "steps", "never answered"),
    ('amount: "400.00"', "amount: 400.00", 17, "solutions[0].limit.amount", "in quotes"),
    ('amount: "400.00"', 'amount: "a lot"', 17, "solutions[0].limit.amount", "not an amount"),
    ('amount: "400.00"', 'amount: "-5"', 17, "solutions[0].limit.amount", "more than nothing"),
    ('amount: "400.00"', 'amount: "1.005"', 17, "solutions[0].limit.amount", "two decimals"),
    ("currency: TRY", "currency: lira", 17, "solutions[0].limit.currency", "three capitals"),
    (', currency: TRY}', "}", 17, "solutions[0].limit", "needs its currency"),
    ('{amount: "400.00", currency: TRY}', "{}", 17, "solutions[0].limit", "either an amount"),
    ("any: [lamba*]", "any: [Lâmba*]", 8, "when.words.any[0]", "write 'lamba*'"),
    ("any: [lamba*]", "any: ['*']", 8, "when.words.any[0]", "is no word"),
    ("any: [lamba*]", "also: [lamba*]", 8, "when.words.also", "on top of 'any'"),
    ("  topics: [product_defect]\n  words:\n    any: [lamba*]", "  sentiments: [negative]", 5, "when",
     "would take every mention"),
    ("  - {role: team_lead, within: 1h}\n", "  []\n", 9, "inform_first", "nobody is informed first"),
    ("'Merhaba {{ name }}, üzgünüz.'", "'Merhaba {{ nmae }}'", 41, "replies.social.tr", "did you mean 'name'"),
    ("'Hello {{ name }}, we are sorry.'", "'Hello {{ name'", 41, "replies.social.en", "cannot be read"),
    ("I am sorry about {{ order_number }}.", "Sorry {% for x in name %}{% endfor %}", 51, "replies.email.en",
     "for is not allowed"),
    ("'Hello {{ name }}, we are sorry.'", "'{{ order_number }}'", 41, "replies.social.en", "is private"),
    ("'Sayın {{ name }},'", "\"{{ brand }}'dan\"", 43, "replies.portal.tr", "suffix"),
    ("Hello {{ name }}, we are sorry.", "Hello {{ name }}, " + "so sorry " * 30, 41, "replies.social.en",
     "social takes 280"),
    ("replies:\n", "apology: perhaps\nreplies:\n", 40, "apology", "valid boolean"),
    ("replies:\n", "apology: true\nreplies:\n", 42, "replies.social.tr", "wants an apology"),
    ("  portal: {", "  marketplace: {tr: 'Yazın: {{ contact }}', en: 'Hello there, customer.'}\n  portal: {", 43,
     "replies.marketplace.tr", "no place in a marketplace reply"),
    ("  portal: {", "  marketplace: {tr: Merhaba., en: 'Please send us a private message.'}\n  portal: {", 43,
     "replies.marketplace.en", "leading the customer away"),
    ("  portal: {", "  direct: {tr: Merhaba.}\n  portal: {", 43, "replies.direct.en", "English text is missing"),
    ("  portal: {", "  fax: {tr: Merhaba., en: Hello.}\n  portal: {", 43, "replies.fax", "known are social"),
    ("    who: [agent]\n", "    who: [agent]\n    offer: {tr: '{{ offer }}', en: a lamp}\n", 19,
     "solutions[0].offer.tr", "cannot stand in them"),
    ("    who: [agent]\n", "    who: [agent]\n    public_offer: {tr: 400 TL veririz., en: We have an offer.}\n", 19,
     "solutions[0].public_offer.tr", "nobody else's business"),
    ("do_not_say:", "snippets:\n  - {id: a, title: {tr: A, en: B}, text: {tr: '{{ x }}', en: b}}\ndo_not_say:", 54,
     "snippets[0].text.tr", "is not a fact"),
    ("do_not_say:",
     "snippets:\n  - {id: a, title: {tr: A, en: B}, text: {tr: a, en: b}, families: [fax]}\ndo_not_say:", 54,
     "snippets[0].families[0]", "not a known channel family"),
    ("id: broken_lamp", "id: Broken Lamp", 1, "id", "small letters"),
    ("id: broken_lamp", "id: lamp", 1, "id", "must be the same"),
    ("version: 1\n", "version: one\n", 2, "version", "valid integer"),
    ("version: 1\n", "version: 0\n", 2, "version", "greater than or equal to 1"),
    ("version: 1\n", "version: yes\n", 2, "version", "valid integer"),
    ("version: 1\n", "version: 1\nversion: 2\n", 3, "version", "written twice; it is already on line 2"),
    ("version: 1\n", "version: 1\npriority_floor: 9\n", 3, "priority_floor", "less than or equal to 5"),
    ("version: 1\n", "version: 1\nclock: sometimes\n", 3, "clock", "known are staffed, always"),
    ("steps:\n", "steps: none\nold:\n", 19, "steps", "where a list is wanted"),
    ("decides: {role: team_lead, deputy: crisis_manager, hand_over_after: 1h}", "decides: team_lead", 11, "decides",
     "where fields are wanted: role, deputy, hand_over_after"),
    ("do_not_say:\n  - say: {tr: Bize ne., en: Not our business.}\n    why: {tr: Kaba., en: Rude.}",
     "do_not_say: []", 53, "do_not_say", "is empty"),
    ("  maker: {", "  legal: {tr: Hukuk, en: Legal}\n  maker: {", 13, "outside.legal", "is a role of the house"),
    ("who: [agent]",
     "who: [agent]\n  - id: new_lamp\n    title: {tr: İki, en: Two}\n    limit: {count: 1}\n    who: [agent]", 19,
     "solutions[1].id", "used twice"),
    ("source: {", "source: &a {", None, "", ""),  # an anchor alone harms nothing
    ("who: [agent]", "who: &who [agent]\nx: *who", 19, "", "alias *who is not read"),
    ("title: {tr: Kırık lamba", "title: {tr: Kırık, lamba", 3, "title.lamba", "put a text with a comma in quotes"),
    ("title: {tr: Kırık lamba", "title: {de: Lampe, tr: Kırık lamba", 3, "title.de", "known are tr, en"),
    ("when:\n", "when: [\n", None, None, "this is not YAML"),
    ("when:\n", "\twhen:\n", None, None, "this is not YAML"),
    ("when:\n", "---\nwhen:\n", None, None, "this is not YAML"),
    ("when:\n", "? [a, b]\n: c\nwhen:\n", 5, "", "must be plain text"),
]  # fmt: skip


def _check(tmp_path: Path, text: str | bytes, name: str = "broken_lamp.yaml") -> list[Finding]:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return check_library(file)


def test_the_good_one_is_good(tmp_path):
    assert _check(tmp_path, GOOD) == []


@pytest.mark.parametrize(("old", "new", "line", "field", "sentence"), BROKEN)
def test_a_mistake_is_found_with_its_line_and_field(tmp_path, old, new, line, field, sentence):
    assert old in GOOD, "the table speaks of a line that is not there"
    findings = _check(tmp_path, GOOD.replace(old, new, 1))
    if not sentence:
        assert findings == []
        return
    right = [f for f in findings if sentence in f.sentence]
    assert right, [str(finding) for finding in findings]
    if line is not None:
        assert (right[0].line, right[0].field) == (line, field), str(right[0])
    assert right[0].file == str(tmp_path / "broken_lamp.yaml")
    for finding in findings:
        assert finding.line >= 1 and "\n" not in finding.sentence and finding.sentence
        assert not re.search(r"Value error|pydantic|ctx|Traceback", finding.sentence)


def test_there_are_enough_kinds():
    assert len({sentence for *_, sentence in BROKEN}) >= 45


def test_all_mistakes_of_a_file_are_told_at_once_in_the_order_of_their_lines(tmp_path):
    text = GOOD.replace("version: 1", "version: one").replace("[product_defect]", "[nothing]").replace("en: Rude.", "")
    lines = [finding.line for finding in _check(tmp_path, text)]
    assert len(lines) >= 3 and lines == sorted(lines)


FILES = [
    (b"", 1, "the file is empty"),
    (b"# only a comment\n", 1, "the file is empty"),
    (b"- a\n- b\n", 1, "a playbook is a mapping"),
    (b"just text", 1, "a playbook is a mapping"),
    (GOOD.encode("cp1254"), 3, "not UTF-8"),
    (b"\xff\xfe" + GOOD.encode("utf-16-le"), 1, "not UTF-8"),
    (b"id: a\x07b\n", 1, "not YAML"),
    (b"id: " + b"x" * 600_000, 1, "at most"),
    (b"a: " + b"[" * 100_000, 1, "nested too deeply"),
    (b"a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 2, "alias"),
    (b"!!python/object/apply:os.system ['true']\n", 1, "a playbook is a mapping"),
    (b"id: !!python/object/apply:os.system ['true']\n", 1, "'version' is missing"),
]


@pytest.mark.parametrize(("content", "line", "sentence"), FILES)
def test_a_file_that_holds_no_playbook_is_said_to_hold_none(tmp_path, content, line, sentence):
    findings = _check(tmp_path, content)
    right = [finding for finding in findings if sentence in finding.sentence]
    assert right and right[0].line == line, [str(finding) for finding in findings]


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    assert _check(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()) == []


def test_two_files_with_one_id_are_told_apart(tmp_path):
    (tmp_path / "broken_lamp.yaml").write_text(GOOD)
    (tmp_path / "broken_lamp.yml").write_text(GOOD)
    findings = check_library(tmp_path)
    assert [(Path(f.file).name, f.line, f.field) for f in findings] == [("broken_lamp.yml", 1, "id")]
    assert "already used by broken_lamp.yaml" in findings[0].sentence


def test_a_missing_or_empty_folder_is_a_sentence(tmp_path):
    assert "no such file or folder" in check_library(tmp_path / "nowhere")[0].sentence
    assert "no playbook here" in check_library(tmp_path)[0].sentence


def test_a_library_with_a_mistake_is_not_loaded_and_says_why(tmp_path):
    (tmp_path / "broken_lamp.yaml").write_text(GOOD.replace("version: 1", "version: one"))
    (tmp_path / "good.yaml").write_text(GOOD.replace("id: broken_lamp", "id: good"))
    with pytest.raises(LibraryError, match=r"broken_lamp.yaml:2: version: .*nobet playbooks check") as caught:
        load_library(tmp_path)
    assert len(caught.value.findings) == 1


def test_a_library_of_ones_own_is_loaded_from_a_folder_or_a_file(tmp_path):
    file = tmp_path / "broken_lamp.yaml"
    file.write_text(GOOD)
    (tmp_path / "README.md").write_text("not a playbook")
    assert list(load_library(tmp_path)) == list(load_library(file)) == ["broken_lamp"]


def test_what_looks_like_something_else_stays_what_was_written():
    value = parse_document("a: 1:30\nb: 010\nc: on\nd: ~\ne: 2026-01-01\nf: '1'\ng: .inf\nh: 1_0\n").value
    assert value == {"a": "1:30", "b": 10, "c": True, "d": None, "e": "2026-01-01", "f": "1", "g": ".inf", "h": 10}


@settings(max_examples=tries(200), deadline=None)
@given(st.data())
def test_a_file_cut_or_garbled_anywhere_gives_findings_and_no_traceback(tmp_path_factory, data):
    text = (SHIPPED / "praise.yaml").read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    middle = data.draw(st.text(max_size=20))
    length = data.draw(st.integers(0, 200))
    file = tmp_path_factory.getbasetemp() / "praise.yaml"
    file.write_text(text[:start] + middle + text[start + length :], encoding="utf-8", errors="replace")
    for finding in check_library(file):
        assert finding.line >= 1 and finding.sentence


def test_a_document_error_names_the_line():
    with pytest.raises(DocumentError) as caught:
        parse_document("id: a\nid: b\n")
    assert (caught.value.line, caught.value.field) == (2, "id")
