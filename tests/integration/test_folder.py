"""The watched folder keeps the contract of collectors: every finished file is read, once, whoever is killed when."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors import folder, saved
from collectors.folder import FolderCollector
from collectors.protocol import Batch, Cursor, Fetched, Refused, Rejected, Unreadable
from collectors.registry import ConfigError, collector_for
from mention import Mention, parse_mention

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TURKISH = "İıŞşĞğÜüÖöÇç: Kargom hâlâ yolda, 'yarın' dediniz! 👩‍👩‍👧"


def line(number: int, **fields: Any) -> str:
    base = {"native_id": str(number), "text": f"kargo {number}", "published_at": "2026-11-20T09:30:00+03:00"}
    return json.dumps({**base, **fields}, ensure_ascii=False) + "\n"


def mail(number: int) -> bytes:
    text = (
        f"From: Ayşe <ayse@example.com>\r\nTo: destek@marka.example\r\nSubject: Kargo {number}\r\n"
        f"Date: Fri, 20 Nov 2026 09:30:00 +0300\r\nMessage-ID: <m{number}@example.com>\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"Kargom gelmedi, İstanbul {number}\r\n"
    )
    return text.encode()


class Looks:
    """A store in memory and the looks at one folder, each at its own time; `kill_after` ends one between batches."""

    def __init__(self, path: Path, **settings: Any) -> None:
        self.settings = {"kind": "folder", "path": str(path), **settings}
        self.cursor: Cursor | None = None
        self.mentions: dict[tuple[str, str], Mention] = {}
        self.rejected: list[Rejected] = []
        self.notes: list[str] = []
        self.last: Batch | None = None
        self.times = 0
        self.read = 0

    def look(self, kill_after: int | None = None) -> None:
        self.times += 1
        now = NOW + timedelta(seconds=10 * self.times)
        for number, batch in enumerate(collector_for(self.settings).fetch(self.cursor, now), 1):
            json.dumps(batch.cursor)
            self.cursor, self.last = json.loads(json.dumps(batch.cursor)), batch
            self.read += len(batch.fetched)
            for item in batch.fetched:
                key = item.mention.source, item.mention.native_id
                self.mentions.setdefault(key, item.mention)
            self.rejected += batch.rejected
            self.notes.append(batch.note)
            if number == kill_after:
                return

    @property
    def ids(self) -> set[str]:
        return {native_id for _, native_id in self.mentions}


@pytest.fixture
def looks(tmp_path: Path) -> Callable[..., Looks]:
    (tmp_path / "in").mkdir()
    return lambda **settings: Looks(tmp_path / "in", **settings)


def put(looks: Looks, name: str, data: str | bytes) -> Path:
    path = Path(looks.settings["path"]) / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return path


def test_every_kind_of_file_is_read(looks: Callable[..., Looks]) -> None:
    it = looks(channel="sikayetvar")
    put(it, "a.jsonl", line(1, text=TURKISH) + line(2))
    put(it, "b.csv", "ID;Tarih;Yazar;Metin\n3;21.11.2026 09:30;ayşe;Işık yanmıyor\n")
    put(it, "c.eml", mail(4))
    put(it, "d.mbox", b"From a\n" + mail(5).replace(b"\r", b"") + b"\nFrom b\n" + mail(6).replace(b"\r", b""))
    it.look()
    assert it.ids == {"1", "2"} and it.last is not None and it.last.reach is None and "3 still" in it.notes[-1]
    it.look()
    assert {"1", "2", "3"} <= it.ids and len(it.ids) == 6 and it.rejected == []
    assert it.mentions["folder", "1"].text == TURKISH and it.mentions["folder", "1"].channel == "sikayetvar"
    (mailed,) = [m for m in it.mentions.values() if "İstanbul 4" in m.text]
    assert mailed.channel == "email" and mailed.author == "ayse@example.com"
    assert it.last.reach is not None and it.last.reach.proof == "ended"
    before = it.read
    it.look()
    assert it.read == before and it.notes[-1] == "nothing new"


def test_a_file_still_being_written_is_left_alone(looks: Callable[..., Looks]) -> None:
    it = looks()
    for name in (".hidden.csv", "a.csv.part", "b.eml.tmp", "~c.csv", "d.crdownload"):
        put(it, name, "ID,date,text\n1,2026-11-20 09:30,a\n")
    it.look()
    it.look()
    assert it.ids == set() and it.notes[-1] == "nothing new"
    for rows in range(1, 5):  # grows at every look
        put(it, "e.csv", "ID,date,text\n" + "".join(f"{n},2026-11-20 09:30,a\n" for n in range(rows)))
        it.look()
        assert it.ids == set()
    it.look()
    assert len(it.ids) == 4


def test_a_growing_jsonl_is_read_on_and_half_a_line_waits(looks: Callable[..., Looks]) -> None:
    it = looks()
    path = put(it, "a.jsonl", line(1) + line(2)[:20])
    it.look()
    assert it.ids == {"1"} and it.rejected == []
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line(2)[20:] + line(3).rstrip("\n"))  # a whole object is read without its line end too
    it.look()
    assert it.ids == {"1", "2", "3"} and it.read == 3
    with path.open("a", encoding="utf-8") as stream:
        stream.write("\n" + line(4))
    it.look()
    it.look()
    assert it.ids == {"1", "2", "3", "4"} and it.read == 4 and it.rejected == []


def test_half_a_line_that_stays_is_named_after_an_hour(looks: Callable[..., Looks]) -> None:
    it = looks()
    put(it, "a.jsonl", line(1) + '{"native_id": "2", "te')
    for _ in range(3):
        it.look()
    assert it.rejected == []
    it.times += 400  # the file has not changed since; an hour has passed
    it.look()
    it.look()
    (found,) = it.rejected
    assert found.reason.startswith("a.jsonl, line 2: broken JSON") and found.raw["file"] == "a.jsonl"


def test_a_rotated_or_replaced_jsonl_is_read_from_its_beginning(looks: Callable[..., Looks]) -> None:
    it = looks()
    path = put(it, "a.jsonl", line(1) + line(2) + line(3))
    it.look()
    path.write_text(line(4), encoding="utf-8")  # truncated in place
    it.look()
    path.write_text(line(5) + line(6) + line(7) + line(8), encoding="utf-8")  # another beginning, and longer
    it.look()
    path.unlink()
    path.write_text("".join(line(n) for n in range(9, 30)), encoding="utf-8")
    it.look()
    assert it.ids == {str(n) for n in range(1, 30)}


def test_a_long_jsonl_with_the_same_beginning_is_told_apart(looks: Callable[..., Looks]) -> None:
    it = looks()
    same = "".join(line(n) for n in range(100))  # more than is compared
    path = put(it, "a.jsonl", same + line(100) + line(101))
    it.look()
    path.write_text(same + line(102), encoding="utf-8")  # shorter
    it.look()
    assert "102" in it.ids
    path.rename(path.with_suffix(".old.jsonl"))
    path.write_text(same + line(103) + line(104) + line(105), encoding="utf-8")  # longer, and another file
    it.look()
    it.look()
    assert it.ids == {str(n) for n in range(106)}


def test_a_table_that_changes_while_it_is_read_is_read_again(looks: Callable[..., Looks]) -> None:
    it = looks()
    rows = "ID,date,text\n" + "".join(f"b{n},2026-11-20 09:30,a\n" for n in range(1_700))
    path = put(it, "b.csv", rows)
    it.look()
    reading = collector_for(it.settings).fetch(it.cursor, NOW)
    first = next(reading)
    with path.open("a", encoding="utf-8") as stream:
        stream.write("late,2026-11-20 09:30,a\n")
    rest = list(reading)
    assert first.cursor["files"]["b.csv"]["items"] == folder.BATCH, "a cursor handed over does not change any more"
    it.cursor = json.loads(json.dumps(rest[-1].cursor))
    it.look()
    it.look()
    assert "late" in it.ids


def test_bad_lines_are_named_and_cost_nothing_else(looks: Callable[..., Looks]) -> None:
    it = looks()
    put(it, "a.jsonl", line(1) + "{broken\n" + "[1]\n" + line(2) + line(3, text="") + line(4, published_at="yarın"))
    put(it, "b.csv", "ID;Tarih;Metin\n5;31.02.2026;a\n6;20.11.2026 09:30;b\n")
    it.look()
    it.look()
    assert it.ids == {"1", "2", "6"}
    said = sorted(item.reason for item in it.rejected)
    assert [s.split(":")[0] for s in said] == [
        "a.jsonl, line 2", "a.jsonl, line 3", "a.jsonl, line 5", "a.jsonl, line 6", "b.csv, line 2",
    ]  # fmt: skip


def test_what_nobody_can_read_is_said_once(looks: Callable[..., Looks]) -> None:
    it = looks()
    for name, data in {
        "a.pdf": b"%PDF-1.4 x", "b.xlsx": b"PK\x03\x04" + b"\0" * 50, "c.jsonl": b'[{"a": 1}]',
        "d.msg": b"\xd0\xcf\x11\xe0",
        "e.html": b"<html><title>Haber</title><p>x", "f.bin": bytes(range(256)) * 9, "g.mbox": b"no mailbox\n",
    }.items():  # fmt: skip
        put(it, name, data)
    for _ in range(4):
        it.look()
    reasons = {item.raw["file"]: item.reason for item in it.rejected}
    assert len(it.rejected) == len(reasons) == 7 and it.ids == set()
    assert "Excel" in reasons["b.xlsx"] and "no reader knows this page" in reasons["e.html"]
    assert not [r for r in reasons.values() if looks().settings["path"] in r]


def test_encodings(looks: Callable[..., Looks]) -> None:
    it = looks()
    put(it, "a.jsonl", line(1, text="Işık ğüşöç").encode("cp1254") + line(2).encode("cp1254"))
    put(it, "b.jsonl", (line(3, text="İyi") + line(4)).encode("utf-16"))
    put(it, "c.jsonl", b"\xef\xbb\xbf" + line(5, text="Çok").encode())
    put(it, "d.jsonl", line(6, text="Çok").encode() + line(7, text="Çok").encode("cp1254"))
    it.look()
    it.look()
    texts = {native_id: m.text for (_, native_id), m in it.mentions.items()}
    assert texts["1"] == "Işık ğüşöç" and texts["3"] == "İyi" and texts["5"] == texts["6"] == "Çok"
    assert "7" not in texts and "not valid UTF-8" in it.rejected[0].reason


def test_links_and_subfolders_are_not_followed(looks: Callable[..., Looks], tmp_path: Path) -> None:
    it = looks()
    outside = tmp_path / "outside.jsonl"
    outside.write_text(line(1), encoding="utf-8")
    where = Path(it.settings["path"])
    (where / "a.jsonl").symlink_to(outside)
    (where / "sub").mkdir()
    (where / "sub" / "b.jsonl").write_text(line(2), encoding="utf-8")
    (where / "dir").symlink_to(tmp_path)
    os.mkfifo(where / "pipe.jsonl")
    it.look()
    it.look()
    assert it.ids == set() and "2 link(s) passed over" in it.notes[-1]


def test_read_files_move_away_at_the_next_look(looks: Callable[..., Looks]) -> None:
    it = looks(done="done")
    where = Path(it.settings["path"])
    put(it, "a.csv", "ID,date,text\n1,2026-11-20 09:30,a\n")
    old = put(it, "b.jsonl", line(2))
    put(it, "c.jsonl", line(3))
    os.utime(old, (NOW.timestamp() - 4000, NOW.timestamp() - 4000))
    it.look()
    it.look()
    assert it.ids == {"1", "2", "3"} and (where / "a.csv").exists(), "not before what it held is stored"
    it.look()
    assert sorted(p.name for p in where.iterdir()) == ["c.jsonl", "done"], "a JSONL file may still grow"
    assert sorted(p.name for p in (where / "done").iterdir()) == ["a.csv", "b.jsonl"]
    put(it, "a.csv", "ID,date,text\n4,2026-11-20 09:30,a\n")  # another file of that name
    for _ in range(3):
        it.look()
    assert it.ids == {"1", "2", "3", "4"} and len(list((where / "done").iterdir())) == 3
    assert it.cursor is not None and list(it.cursor["files"]) == ["c.jsonl"]


def test_a_missing_folder_and_an_unmounted_share_are_errors(looks: Callable[..., Looks], tmp_path: Path) -> None:
    it = looks()
    where = Path(it.settings["path"])
    put(it, "a.jsonl", line(1))
    it.look()
    where.rename(tmp_path / "away")
    with pytest.raises(Refused, match="there is no folder"):
        it.look()
    where.mkdir()
    with pytest.raises(Unreadable, match="not mounted"):
        it.look()
    put(it, "b.jsonl", line(2))
    it.look()
    assert it.ids == {"1", "2"}


def test_a_file_that_may_not_be_read_stops_no_other(
    looks: Callable[..., Looks], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = looks()
    put(it, "a.jsonl", line(1))
    put(it, "b.jsonl", line(2))
    really = folder._opened

    def refuses_one(path: Path) -> Any:  # the rights of a file do not stop root, who runs tests in containers
        if path.name == "a.jsonl":
            raise PermissionError(13, "Permission denied")
        return really(path)

    monkeypatch.setattr(folder, "_opened", refuses_one)
    for _ in range(2):
        with pytest.raises(Refused, match=r"a\.jsonl \(Permission denied\)"):
            it.look()
    assert it.ids == {"2"} and it.last is not None and it.last.reach is None
    monkeypatch.setattr(folder, "_opened", really)
    it.look()
    assert it.ids == {"1", "2"}


def test_large_files_come_in_batches_and_a_kill_repeats_one(looks: Callable[..., Looks]) -> None:
    it = looks()
    put(it, "a.jsonl", "".join(line(n) for n in range(1_700)))
    put(it, "b.csv", "ID,date,text\n" + "".join(f"b{n},2026-11-20 09:30,a\n" for n in range(1_700)))
    it.look(kill_after=2)
    assert len(it.ids) == 2 * folder.BATCH
    for _ in range(6):
        it.look(kill_after=1)
    it.look()
    assert len(it.ids) == 3_400 and it.read == 3_400, "nothing is read twice from a stored cursor"


def test_a_very_long_line_is_cut_and_the_next_is_read(
    looks: Callable[..., Looks], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "MAX_LINE", 1000)
    it = looks()
    put(it, "a.jsonl", line(1) + line(2, text="x" * 5000) + line(3))
    it.look()
    assert it.ids == {"1", "3"} and "longer than" in it.rejected[0].reason


def test_the_cursor_given_is_not_changed(looks: Callable[..., Looks]) -> None:
    it = looks()
    put(it, "a.jsonl", line(1))
    put(it, "b.csv", "ID,date,text\n2,2026-11-20 09:30,a\n")
    it.look()
    given = copy.deepcopy(it.cursor)
    list(collector_for(it.settings).fetch(given, NOW))
    assert given == it.cursor


def test_settings_and_verify(looks: Callable[..., Looks], tmp_path: Path) -> None:
    for wrong in ({"path": "relative"}, {"path": "/x", "done": "../out"}, {"path": "/x", "timezone": "Mars"}):
        with pytest.raises(ConfigError, match="folder"):
            collector_for({"kind": "folder", **wrong})
    it = looks()
    put(it, "a.jsonl", line(1))
    made = collector_for(it.settings)
    assert isinstance(made, FolderCollector) and "1 file(s)" in made.verify(NOW)


def test_saved_pages_go_to_the_reader_that_knows_them(
    looks: Callable[..., Looks], monkeypatch: pytest.MonkeyPatch
) -> None:
    def reader(data: bytes, source: str, now: datetime) -> list[Fetched | Rejected] | None:
        if b"complaint" not in data:
            return None
        if b"broken" in data:
            raise ValueError
        record = {"native_id": "9", "text": "Kargo", "published_at": "2026-11-20T09:30:00Z"}
        return [Fetched(parse_mention(record, now=now, source=source)[0], {}), Rejected("no text", {})]

    monkeypatch.setattr(saved, "page_readers", lambda: (reader,))
    it = looks()
    put(it, "a.html", "<p class=complaint>Kargo")
    put(it, "b.htm", "<title>Haber</title>")
    put(it, "c.html", "<p class=complaint>broken")
    mhtml = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=B\n\n--B\nContent-Type: text/html\n\n"
    put(it, "d.mhtml", mhtml + b"<p class=complaint>\n--B--\n")
    it.look()
    it.look()
    assert it.ids == {"9"} and it.read == 2
    said = {(item.raw["file"], item.reason) for item in it.rejected}
    assert len(said) == 4 and any("('Haber')" in reason for _, reason in said)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_random_writing_killing_and_moving_loses_nothing(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Files appear, grow, rotate while looks are killed between any two batches: in the end, all is there, once."""
    hand = random.Random(seed)
    where = tmp_path_factory.mktemp("in")
    it = Looks(where, done=hand.choice(["", "done"]))
    sent: set[str] = set()
    clock = NOW.timestamp() - 100_000
    number = 0

    def touched(path: Path) -> None:
        nonlocal clock
        clock += 7
        os.utime(path, (clock, clock))

    for step in range(hand.randint(3, 12)):
        for _ in range(hand.randint(0, 3)):
            name = f"{step}-{hand.randint(0, 9)}"
            ids = [f"{seed}-{number + k}" for k in range(hand.choice([1, 3, 700]))]
            number += len(ids)
            kind = hand.choice(["csv", "new", "grow", "eml"])
            if kind == "csv":
                path = where / f"{name}.csv"
                if path.exists():
                    continue
                path.write_text("ID,date,text\n" + "".join(f"{i},2026-11-20 09:30,a\n" for i in ids), encoding="utf-8")
            elif kind == "eml":
                ids = ids[:1]
                path = where / f"{name}.eml"
                if path.exists():
                    continue
                path.write_bytes(mail(0).replace(b"<m0@example.com>", f"<{ids[0]}>".encode()))
            else:
                path = where / ("log.jsonl" if kind == "grow" else f"{name}.jsonl")
                text = "".join(line(0, native_id=i) for i in ids)
                cut = hand.randint(0, len(text)) if hand.random() < 0.5 else len(text)
                with path.open("a", encoding="utf-8") as stream:
                    stream.write(text[:cut])
                    stream.flush()
                    it.look(kill_after=hand.choice([None, 1, 2]))
                if not path.exists():  # it was moved between two writes, which the writer's open file follows
                    path = where / "done" / path.name
                with path.open("a", encoding="utf-8") as stream:
                    stream.write(text[cut:])
                if path.parent != where:
                    path.rename(where / f"again-{number}.jsonl")
                    path = where / f"again-{number}.jsonl"
            sent.update(ids)
            touched(path)
        it.look(kill_after=hand.choice([None, None, 1, 2]))
    for _ in range(4):
        it.look()
    got = {native_id.strip("<>") for native_id in it.ids}
    assert got == sent and it.rejected == []
