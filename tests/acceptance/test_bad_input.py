"""Bad input of every kind gets a sentence and the right exit status, and loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.command import nobet

GOOD = {"source": "x", "native_id": "1", "text": "kargom hâlâ gelmedi", "published_at": "2026-11-20T09:30:00+03:00"}


def line(**change: object) -> str:
    return json.dumps({**GOOD, **change}, ensure_ascii=False)


def sentences(err: str) -> list[str]:
    return [text for text in err.splitlines() if text.startswith("nobet: ")]


# what is wrong: the file's bytes, the words the sentence must hold, read, new, rejected
BAD_FILES: dict[str, tuple[bytes, tuple[str, ...], int, int, int]] = {
    "broken JSON": (f'{line()}\n{{"source": "x", \n'.encode(), ("line 2", "JSON"), 2, 1, 1),
    "not an object": (f"{line()}\n[1, 2]\n".encode(), ("line 2", "object"), 2, 1, 1),
    "a field missing": (f'{line()}\n{{"source": "x", "text": "a"}}\n'.encode(), ("line 2", "native_id"), 2, 1, 1),
    "impossible date": (
        f"{line()}\n{line(native_id='2', published_at='2026-02-30T10:00:00+03:00')}\n".encode(),
        ("line 2", "published_at", "2026-02-30"), 2, 1, 1,
    ),
    "future date": (
        f"{line()}\n{line(native_id='2', published_at='2126-02-20T10:00:00+03:00')}\n".encode(),
        ("line 2", "future"), 2, 1, 1,
    ),
    "empty text": (f"{line()}\n{line(native_id='2', text='   ')}\n".encode(), ("line 2", "empty"), 2, 1, 1),
    "unknown field": (f"{line(colour='red')}\n".encode(), ("colour", "extra"), 1, 1, 0),
    "wrong type": (f"{line()}\n{line(native_id='2', followers='many')}\n".encode(), ("line 2", "followers"), 2, 1, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_line_is_named_and_the_good_ones_are_kept(name: str, tmp_path: Path) -> None:
    content, words, read, new, rejected = BAD_FILES[name]
    file = tmp_path / "mentions.jsonl"
    file.write_bytes(content)
    answer = nobet(tmp_path / "home", "import", file, "--store-only")
    assert f"read {read}, new {new}, known 0, rejected {rejected}" in answer.out
    assert answer.status == (1 if rejected else 0)
    said = sentences(answer.err)
    assert len(said) == 1 and all(word in said[0] for word in words), answer.err
    stored = nobet(tmp_path / "home", "export", "mentions").jsonl
    assert len(stored) == new


def test_a_megabyte_of_text_is_kept_whole(tmp_path: Path) -> None:
    text = "kargom gelmedi " * 70_000
    file = tmp_path / "big.jsonl"
    file.write_text(line(text=text), encoding="utf-8")
    answer = nobet(tmp_path / "home", "import", file)
    assert answer.status == 0 and "new 1" in answer.out
    [stored] = nobet(tmp_path / "home", "export", "mentions").jsonl
    assert stored["text"] == text and stored["score"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("import", "no-such-file.jsonl"), 1, ("no-such-file.jsonl",)),
        (("import", "."), 1, ("folder",)),
        (("score", "no-such-file.jsonl"), 1, ("no-such-file.jsonl",)),
        (("due", "--posted-at", "2026-02-30T10:00", "--urgency", "urgent"), 2, ("--posted-at", "2026-02-30")),
        (("due", "--posted-at", "2026-02-20T10:00", "--urgency", "soon"), 2, ("--urgency", "soon")),
        (("due", "--posted-at", "2026-02-20T10:00"), 2, ("--urgency",)),
        (("dew",), 2, ("dew",)),
        (("export", "everything"), 2, ("everything",)),
        (("export", "mentions", "--format", "xml"), 2, ("xml",)),
        (("playbooks", "show", "no_such"), 1, ("no_such", "late_delivery")),
        (("playbooks", "check", "no-such-folder"), 1, ("no-such-folder",)),
        (("collect", "--source", "nobody", "--once"), 1, ("nobody",)),
        (("due", "--posted-at", "2026-02-20T10:00", "--urgency", "urgent", "--config", "no.yaml"), 1, ("no.yaml",)),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: tuple[str, ...], status: int, words: tuple[str, ...], tmp_path: Path
) -> None:
    answer = nobet(tmp_path / "home", *arguments)
    assert answer.status == status, answer.err
    said = sentences(answer.err)
    assert len(said) == 1 and all(word in said[0] for word in words), answer.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("brand: {nam: Marka}", ("brand.nam", "name")),
        ("desk: {timezone: Europe/Istambul}", ("desk.timezone", "Europe/Istambul")),
        ("desk: {promises: {urgent: {within: two hours}}}", ("desk.promises.urgent.within", "two hours")),
        ("desk: {hours: {mon: ['9-18']}}", ("desk.hours.mon", "9-18")),
        ("brand: [", ("line",)),
        ("- a\n- b", ("mapping",)),
        ("sources: [{name: news}]", ("kind",)),
    ],
)
def test_a_configuration_with_a_typo_names_the_field(text: str, words: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "nobet.yaml"
    file.write_text(text, encoding="utf-8")
    answer = nobet(tmp_path, "due", "--posted-at", "2026-11-20T10:00", "--urgency", "urgent", "--config", file)
    assert answer.status == 1
    said = sentences(answer.err)
    assert len(said) == 1 and all(word in said[0] for word in (*words, "nobet.yaml")), answer.err


@pytest.mark.parametrize("source", [{"kind": "feeed"}, {"kind": "feed", "adress": "http://127.0.0.1"}, {"kind": "x"}])
def test_a_source_with_a_typo_is_named_before_anything_starts(source: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "nobet.yaml"
    file.write_text(json.dumps({"brand": {"name": "Marka"}, "sources": [source]}), encoding="utf-8")
    answer = nobet(tmp_path, "collect", "--once", "--config", file)
    assert answer.status == 1
    assert len(sentences(answer.err)) == 1 and source["kind"] in answer.err
