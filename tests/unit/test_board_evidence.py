"""Evidence in the reader's language: whatever the ledger and the common collectors always say is said in Turkish."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from board.evidence import evidence
from board.texts import texts
from desk import coverage

ROOT = Path(__file__).parents[2]
TURKISH, ENGLISH = texts("tr"), texts("en")


def notes_of(name: str) -> list[str]:
    """Every fixed sentence that a file's walk or feed gives as a note: strings with a space that a fetch tells."""
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name in ("_ending", "_evidence"):
            inside = {id(part) for text in ast.walk(node) if isinstance(text, ast.JoinedStr) for part in text.values}
            for text in ast.walk(node):
                if isinstance(text, ast.JoinedStr):
                    found.append("".join(str(p.value) if isinstance(p, ast.Constant) else "7" for p in text.values))
                elif isinstance(text, ast.Constant) and isinstance(text.value, str) and id(text) not in inside:
                    found.append(text.value)
    return [note for note in found if " " in note.strip() and not note.startswith(("What a", "on page", ", "))]


LEDGER = [
    *coverage._EVIDENCE.values(), coverage.NOBODY, coverage.NOTHING, f"{coverage.NOTHING}, where about 12 are usual",
    "not read to its end yet", "waiting to be proven", "posts in between may be missing",
]  # fmt: skip
NOTES = [note for name in ("collectors/walk.py", "collectors/feed.py") for note in notes_of(name)]


def test_the_notes_of_the_walk_and_the_feed_were_found() -> None:
    assert "listing ended" in NOTES and "the feed is empty" in NOTES and len(NOTES) >= 8


@pytest.mark.parametrize("said", [*LEDGER, *(n for n in NOTES if n != "overlap found 7")])
def test_what_is_always_said_is_said_in_turkish(said: str) -> None:
    [(told, english)] = evidence(said, TURKISH)
    assert not english and told != said
    assert evidence(said, ENGLISH) == [(said, False)]


@pytest.mark.parametrize("how", ["on page 3", ", listing ended on page 3"])
def test_an_overlap_says_where(how: str) -> None:
    said = f"overlap found {how}".replace(" ,", ",")
    [(told, english)] = evidence(said, TURKISH)
    assert "3. sayfada" in told and not english


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('Source "x": api.x.com answered 503 to /2/tweets ("over capacity"). What was read before is kept. It is tried '
         "again later.",
         [('api.x.com, /2/tweets ("over capacity") için 503 yanıtını verdi. Daha önce okunanlar duruyor. Birazdan '
           "yeniden denenir.", False)]),
        ('Source "x", mentions: api.x.com did not answer within 30 seconds. What was read before is kept. It is tried '
         "again later.",
         [("mentions:", False),
          ("api.x.com 30 saniye içinde yanıt vermedi. Daha önce okunanlar duruyor. Birazdan yeniden denenir.", False)]),
        ("mentions: overlap found on page 2", [("mentions: 2. sayfada daha önce okunanlara rastlandı", False)]),
        ("something that nobody ever said", [("something that nobody ever said", True)]),
        ("listing ended; something new", [("liste sonuna dek okundu;", False), ("something new", True)]),
        ("", []),
    ],
)  # fmt: skip
def test_sentences_and_names(said: str, told: list[tuple[str, bool]]) -> None:
    assert evidence(said, TURKISH) == told


def test_every_text_of_evidence_is_found_by_its_own_wording() -> None:
    for key, (english, *_) in ENGLISH.forms.items():
        if key.startswith("evidence."):
            filled = re.sub(r"\{(\w+)\}", "7", english)
            [(told, still)] = evidence(filled, TURKISH)
            assert not still and told == re.sub(r"\{(\w+)\}", "7", TURKISH.forms[key][0]), key


@pytest.mark.parametrize("said", ["a: " * 200, "x; " * 200, '"' * 300, 'Source "a": ' * 40, "{n} {host} " * 50])
def test_hostile_notes_are_shown_and_cost_nothing(said: str) -> None:
    assert all(isinstance(text, str) for text, _ in evidence(said, TURKISH))
