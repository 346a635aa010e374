"""The board's words: both languages whole, nothing unused, every slot filled, the desk's sentences all translated."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from board.coverage import UNKNOWN, WINDOWS
from board.crisis import TABS
from board.first_run import OWN as OWN_PROMISE
from board.log import EVENTS
from board.playbook_pages import TABS as PLAYBOOK_TABS
from board.queue import SHOWN
from board.reply import WRITTEN
from board.reports import LASTS
from board.reports import TABS as REPORT_TABS
from board.settings_fields import AS_DESK
from board.settings_forms import SECTIONS, asks
from board.settings_forms import TABS as SETTINGS_TABS
from board.settings_users import SIGNS as USER_STATES
from board.setup import MORE
from board.sources import SIGNS
from board.texts import LANGUAGES, LOCALE, Texts, sentence, texts
from desk.beginning import PROMISES, STEPS
from desk.bulk import EVENTS as EVENTS_OF_MANY
from desk.bulk import LENGTHS
from desk.coverage import STATES
from desk.crisis.knowledge import SORTED
from desk.crisis.settings import PARTIES
from desk.crisis.statements import PLACES
from desk.customer_book import TOLD
from desk.customer_search import VIEWS as CUSTOMER_VIEWS
from desk.desk import HEADS, DeskError
from desk.jobs import ACTIONS as LONG_WORK
from desk.policy import WEEKDAYS, Policy
from desk.preferences import CHOICES
from desk.quiet import STATES as QUIET
from desk.settings import Settings
from desk.timeline import KINDS as LINES
from mention import CHANNEL_FAMILY, FACTS
from playbooks.schema import CONCESSIONS
from store.jobs import STATES as JOB_STATES
from store.outbox import STATES as STATES_OF_SENDS
from store.rows import BACKFILL_STATES, CLOCKS, QUARANTINE_STAGES, SOURCE_STATES, STATUSES
from store.warnings import ALERT_STATES

_ASKED = {
    asked.key: None
    for section in (*SECTIONS, "agent-0", "agent-1", "contact-0", "team-a")
    for asked in asks(section, Settings(desk=Policy.model_validate({"teams": {"a": {}}})), texts("tr"))
}

ROOT = Path(__file__).parents[2]
CODE = [*sorted((ROOT / "board").glob("*.py")), ROOT / "app.py", *sorted((ROOT / "board" / "parts").glob("*.js"))]
SOURCE = "\n".join(file.read_text(encoding="utf-8") for file in CODE)

# Keys that are put together: the part before the dot in the code, what may follow from where it is defined.
FAMILIES = {
    "set": (*_ASKED, "closed", "nobody", "homonym", "sold", "messages"),
    "promise_kind": (AS_DESK, "always", "staffed", "same_day"),
    "settings": tuple(f"{what}_{kind}" for what in ("own", "kind") for kind in ("team", "channel")),
    "settings_tab": SETTINGS_TABS, "settings_section": tuple(SECTIONS), "weekday": WEEKDAYS,
    "query": ("line", "verdict", "by"),
    "query_miss": ("spelling", "excluded", "lacking"),
    "telling": (
        "morning", "noon", "noon_urgent", "before_close", "night_critical", "friday", "saturday", "sunday",
        "holiday_eve", "holiday", "exception", "clock_change", "posted", "urgency", "due", "before", "after", "why",
        "own", "half", "closed",
    ),
    "begin_step": STEPS, "begin_title": STEPS[:-1], "begin_text": STEPS, "begin_meaning": ("no", "yes"),
    "begin_verdict": ("about", "not_about", "unsure"), "begin_source": ("feed", "file", "later"),
    "begin_source_text": ("feed", "file", "later"), "begin_more": ("everything", "inside"),
    "begin_promise": (*PROMISES, "own"), "begin_promise_text": (*PROMISES, "own"), "begin_own": OWN_PROMISE,
    "begin_wait": ("written", "worker", "read", "scored"),
    "job": tuple(LONG_WORK), "job_state": JOB_STATES,
    "view": SHOWN, "status": (*STATUSES, "waiting_team"), "clock": CLOCKS, "event": EVENTS,
    "channel": tuple(CHANNEL_FAMILY),
    "source": SOURCE_STATES, "stage": QUARANTINE_STAGES, "head": tuple(HEADS), "language": LANGUAGES,
    "hand": ("customer", "system"), "story": ("answered", "note", "auto_acknowledged"),
    "state": ("running", "paused", "met", "late", "breached", "cancelled"), "theme": ("auto", "light", "dark"),
    "contrast": CHOICES["contrast"], "density": CHOICES["density"], "bar": ("menu", "more", "look", "me"),
    "sign_in": ("enter", "change"), "user_state": tuple(USER_STATES),
    "page": ("today", "triage", "crisis", "incidents", "customers", "reports", "causes", "drills", "work", "sources",
             "playbooks", "settings", "setup"),
    "coverage": (*STATES, UNKNOWN), "window": tuple(WINDOWS), "refill": BACKFILL_STATES,
    "doubt": ("partly", "blocked", "quota", "broken"), "gap": ("unseen", "idle"),
    "budget": ("requests", "items", "money"),
    "tested": ("real_server", "recorded", "documents"), "setup": ("needs", "costs", "proves", "tested", *MORE),
    "fact": (*FACTS, "offence_mild", "offence_strong", "offence_hate", "offence_threat"),
    "quiet": QUIET,
    "report_last": LASTS, "report_tab": tuple(REPORT_TABS), "report_every": LASTS,
    "report_column": ("figure", "value", "interval", "n", "before", "change"),
    "unit": ("day", "hour", "minute", "second"), "ago": tuple("smhd"),
    "in": tuple("smhd"),
    "filter": tuple(f"{any_}{name}" for any_ in ("", "any_") for name in ("urgency", "channel", "topic", "language")),
    "empty": tuple(f"{view}_{part}" for view in SHOWN for part in ("title", "text")),
    "step": ("done", "skipped", "done_by", "skipped_by"),
    "act": ("answer", "assign", "note", "wait", "back", "resolve", "set_aside", "reopen",
            "more", "decide", "tier", "snooze", "tags", "team",
            "split", "merge", "undo"),
    "aside": ("not_about_us", "spam", "duplicate", "other_hands", "other"),
    "given": ("promised", "granted", "redeemed", "cancelled"), "concession": CONCESSIONS,
    "target": ("public", "private", "phone"), "decide": WRITTEN, "check": ("blocking", "advising"),
    "send": STATES_OF_SENDS, "approve": ("reply", "concession", "statement"), "withheld": ("stranger", "linked_then"),
    "line": (*dict.fromkeys(LINES.values()), "wrote", "concession", "case_opened"),
    "crisis_tab": TABS, "place": PLACES, "party": PARTIES, "sorting": SORTED, "action": ("open", "done", "dropped"),
    "crisis_act": ("declare", "dismiss", "contain", "close", "severity"),
    "crisis_text": ("declare", "dismiss", "contain", "close"),
    "crisis_done": ("declare", "dismiss", "contain", "close", "severity"),
    "crisis_step": ("not_begun", "waiting", "open", "done", "decided", "waited", "left"),
    "crisis_plan": ("step", "role", "state", "when", "note"),
    "statement_state": ("draft", "asked", "approved", "rejected", "published"),
    "people_evidence": ("what", "until", "kept", "where"), "people_told": ("who", "what", "when", "answer"),
    "ready": ("person", "channel", "state", "went", "stage", "tries", "seen", "acknowledged"),
    "ready_state": ALERT_STATES,
    "drill_state": ("running", "ended", "broken_off"), "drill_goal": ("what", "role", "by", "at", "met"),
    "drill_role": ("role", "ended", "late", "handed_on", "still_open"),
    "playbooks_tab": PLAYBOOK_TABS, "playbooks_list": ("playbooks", "plans"), "playbooks_run": ("playbook", "plan"),
    "playbooks_step": ("step", "done", "late", "skipped", "open"),
    "customers_view": CUSTOMER_VIEWS, "customers_sign": CUSTOMER_VIEWS, "customers_text": CUSTOMER_VIEWS,
    "customers_empty": CUSTOMER_VIEWS, "customers_promise": TOLD,
    "customers_kind": ("case", "email", "phone", "order", "tracking", "handle", "declared", "name"),
    "key": ("j", "k", "Enter", "a", "s", "x", "w", "n", "e", "u", "z", "t", "d", "m", "Space", "J", "U", ".", "/",
            "Esc", "?"),
    "many": tuple(f"{part}{act}" for part in ("", "ask_", "text_", "do_", "did_") for act in EVENTS_OF_MANY),
    "sleep": (*LENGTHS, "tomorrow"),
}  # fmt: skip
# Kinds are the collectors' files; one without a name here is called as it is. Advice is for the states that need it.
# Evidence is found by its English wording, and what kinds ask by their settings' names; each has a test of its own.
OPTIONAL = {
    "mistake": None, "set_help": set(_ASKED), "settings_text": set(SECTIONS),
    "kind": None, "advice": set(SIGNS), "evidence": None, "ask": None,
}  # fmt: skip


def catalogue(language: str) -> dict[str, tuple[str, ...]]:
    with (LOCALE / language / "LC_MESSAGES" / "nobet.po").open("rb") as file:
        read = read_po(file, locale=language, abort_invalid=True)
    found: dict[str, tuple[str, ...]] = {}
    for message in read:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            assert key not in found, f"{key} is written twice"
            found[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return found


def slots(form: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", form))


def test_both_languages_say_everything_with_the_same_slots() -> None:
    turkish, english = catalogue("tr"), catalogue("en")
    assert set(turkish) == set(english)
    for key in turkish:
        assert all(turkish[key]) and all(english[key]), f"{key} is empty in one language"
        assert slots(turkish[key][-1]) == slots(english[key][-1]), f"{key} has other slots in the other language"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_the_code_names_is_there(language: str) -> None:
    known = texts(language)
    named = set(re.findall(r"""\b(?:t|tn|say|say_number|has)\(\s*["']([a-z_0-9]+\.[^"'`{}]+)["']""", SOURCE))
    named |= {f"{family}.{name}" for family, names in FAMILIES.items() for name in names}
    assert len(named) > 200
    assert not sorted(key for key in named if not known.has(key))


def test_no_text_is_unused() -> None:
    literal = set(re.findall(r"""["'`]([a-z_0-9]+\.[^"'`{}\s]+)["'`]""", SOURCE))
    made = {f"{family}.{name}" for family, names in FAMILIES.items() for name in names}
    unused = []
    for key in catalogue("tr"):
        family, _, name = key.partition(".")
        if key in literal or key in made or family == "error":
            continue
        if family in OPTIONAL and (OPTIONAL[family] is None or name in OPTIONAL[family]):
            continue
        unused.append(key)
    assert not unused


DESK = ("desk.py", "room.py", "moves.py", "together.py", "drafting.py", "answering.py", "customers.py")


def desk_sentences() -> list[tuple[str, str]]:
    """Every sentence that the desk raises, with its values filled in, and as it is written there."""
    files = [*(ROOT / "desk" / name for name in DESK), ROOT / "board" / "reply.py", ROOT / "board" / "hands.py"]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    found = []
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "DeskError":
            said = node.args[0]
            if isinstance(said, ast.Constant):
                found.append((str(said.value), str(said.value)))
            elif isinstance(said, ast.JoinedStr):
                parts = [str(p.value) if isinstance(p, ast.Constant) else "7 Ağaç {x}" for p in said.values]
                found.append(("".join(parts), ast.unparse(said)))
    return found


@pytest.mark.parametrize(("said", "written"), desk_sentences(), ids=lambda value: value[:40])
def test_every_sentence_of_the_desk_is_said_in_turkish(said: str, written: str) -> None:
    turkish = sentence(DeskError(said), texts("tr"))
    assert turkish != said, f"no error.… text has the English wording {written}"
    assert "{" not in turkish.replace("7 Ağaç {x}", "")
    assert sentence(DeskError(said), texts("en")) == said


def test_no_sentence_is_kept_that_the_desk_no_longer_says() -> None:
    said = [sentence for sentence, _ in desk_sentences()]
    for key, (english, *_) in catalogue("en").items():
        if key.startswith("error."):
            pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(english))
            assert any(re.fullmatch(pattern, one) for one in said), key


def test_a_sentence_nobody_knows_is_shown_as_it_was_said() -> None:
    assert sentence(DeskError("Something new."), texts("tr")) == "Something new."


def test_a_value_is_never_read_as_a_slot() -> None:
    said = Texts("en", {"a.b": ("{who} and {n}",)})
    assert said.say("a.b", who="{n}", n=3) == "{n} and 3"
    assert said.say("c.d") == "c.d"


def test_plural_forms() -> None:
    assert texts("en").say_number("row.mentions", 1) == "1 message"
    assert texts("en").say_number("row.mentions", 2) == "2 messages"
    assert texts("tr").say_number("row.mentions", 2) == "2 ileti"


def test_labels_begin_with_a_capital_of_the_language() -> None:
    assert texts("tr").label("topic", "cancellation") == "İptal"
    assert texts("en").label("topic", "cancellation") == "Cancellation"
    assert texts("tr").label("channel", "a_new_one") == "a_new_one"
