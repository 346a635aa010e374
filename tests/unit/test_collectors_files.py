"""Files for `nobet import`: every line comes out once, a bad one never costs a good one, what is assumed is said."""

from __future__ import annotations

import csv
import io
import json
import os
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors import files
from collectors.files import Bad, Good, UnreadableFile
from mention import Mention
from tests.tries import tries

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ISTANBUL = ZoneInfo("Europe/Istanbul")


def line(number: int, **fields: Any) -> str:
    base = {
        "source": "x",
        "native_id": str(number),
        "text": f"kargo {number}",
        "published_at": "2026-11-20T09:30+03:00",
    }
    return json.dumps({**base, **fields}, ensure_ascii=False)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def reader(data: str | bytes, name: str = "a.jsonl", **options: Any) -> list[Good | Bad]:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return list(files.read(path, now=NOW, zone=ISTANBUL, **options))

    return reader


def goods(found: list[Good | Bad]) -> list[Mention]:
    return [item.fetched.mention for item in found if isinstance(item, Good)]


def bads(found: list[Good | Bad]) -> dict[int, str]:
    return {item.line: item.reason for item in found if isinstance(item, Bad)}


def notes(found: list[Good | Bad]) -> list[str]:
    return [note for item in found for note in item.notes]


# --- JSONL


def test_jsonl_as_the_design_writes_it(read: Any) -> None:
    record = {
        "source": "x", "native_id": "1790", "text": "İade ŞART", "author": "ayse", "author_name": "Ayşe",
        "followers": 120, "url": "https://x.com/i/1790", "published_at": "2026-11-21T09:30:00+03:00",
        "lang": None, "thread_id": None, "in_reply_to": None,
        "engagement": {"likes": 1, "shares": 0, "replies": 0, "views": 0},
        "rating": None, "extra": {},
    }  # fmt: skip
    (found,) = read(json.dumps(record) + "\n")
    assert found.line == 1 and found.notes == () and found.fetched.raw == record
    mention = found.fetched.mention
    assert mention.text == "İade ŞART" and mention.published_at == datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
    assert mention.engagement.likes == 1 and mention.followers == 120


def test_each_bad_line_is_named_and_the_good_ones_are_kept(read: Any) -> None:
    lines = [
        line(1), '{"source": "x", ', "", line(4, published_at="2026-02-31T10:00"), line(5, text=""),
        line(6, text="  \n"),
        '"text"', "[1, 2]", "null", "17", line(11, published_at=None), line(12, native_id=None),
        line(13, followers=-3), line(14, published_at="2031-01-01T00:00Z"), line(15, extra=[1]),
        '{"source": "x", "native_id": "16", "text": "a", "published_at": "2026-11-20", "rating": NaN}',
        '{"source": "x", "native_id": "17", "text": "a", "published_at": "2026-11-20", "rating": 1e999}',
        "[" * 100_000, line(19, engagement={"likes": "çok"}), line(20, text=["a"]), line(21),
    ]  # fmt: skip
    found = read("\n".join(lines))
    assert [mention.native_id for mention in goods(found)] == ["1", "21"]
    reasons = bads(found)
    assert set(reasons) == set(range(2, 21)) - {3}
    for number, word in {
        2: "broken JSON at column", 4: "is not a date", 5: "text is empty", 6: "text is empty", 7: "a JSON text",
        8: "list",
        9: "null", 10: "number", 11: "published_at is missing", 12: "native_id is missing", 13: "followers",
        14: "future", 15: "extra must be an object", 16: "NaN", 17: "too large", 18: "nested", 19: "engagement.likes",
        20: "text must be",
    }.items():  # fmt: skip
        assert word in reasons[number], reasons[number]
    kept = {item.line: item.raw for item in found if isinstance(item, Bad)}
    assert kept[2] == '{"source": "x", ' and kept[5]["native_id"] == "5"


def test_unknown_fields_are_kept_and_named_once(read: Any) -> None:
    found = read("\n".join([line(1), line(2, mood="kızgın"), line(3, mood="üzgün", shop={"id": 5})]))
    assert [mention.extra for mention in goods(found)] == [{}, {"mood": "kızgın"}, {"mood": "üzgün", "shop": {"id": 5}}]
    assert found[1].notes == ("unknown field 'mood' is kept in extra (first on line 2)",)
    assert found[2].notes == ("unknown field 'shop' is kept in extra (first on line 3)",)


def test_a_time_without_offset_is_read_in_the_zone_and_said_once(read: Any) -> None:
    found = read("\n".join(line(n, published_at="2026-11-20T09:30:00") for n in (1, 2)))
    assert goods(found)[0].published_at == datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
    assert notes(found) == ["published_at has no offset; read as Europe/Istanbul (first on line 1)"]


def test_a_missing_source_is_filled_in(read: Any) -> None:
    record = json.dumps({"native_id": "1", "text": "a", "published_at": "2026-11-20T09:30Z"})
    assert goods(read(record, source="dosya"))[0].source == "dosya"
    assert "source is missing" in bads(read(record))[1]


def test_a_megabyte_of_text_is_kept(read: Any) -> None:
    text = "ş" * 1_000_000
    assert goods(read(line(1, text=text) + "\n" + line(2)))[0].text == text
    table = f'id;tarih;metin\n1;20.11.2026 10:00;"{text}"\n2;20.11.2026 10:00;b\n'
    assert [mention.text for mention in goods(read(table, "a.csv"))] == [text, "b"]


def test_a_line_too_long_to_be_a_mention_costs_itself_only(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from collectors import lines

    monkeypatch.setattr(lines, "MAX_LINE", 1000)
    found = read("\n".join([line(1), line(2, text="a" * 5000), line(3)]))
    assert [mention.native_id for mention in goods(found)] == ["1", "3"]
    assert "longer than" in bads(found)[2]


def test_what_databases_refuse_does_not_get_through(read: Any) -> None:
    found = read('{"source":"x","native_id":"1","text":"a\\u0000\\ud800","published_at":"2026-11-20","n":["\\u0000"]}')
    (mention,) = goods(found)
    assert mention.text == "a\ufffd\ufffd" and mention.extra == {"n": ["\ufffd"]}
    json.dumps(found[0].fetched.raw, ensure_ascii=False).encode()


# --- encodings and files that are none


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", None), ("utf-8-sig", None), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-32", "UTF-32"),
        ("windows-1254", "Windows-1254"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_encodings(read: Any, encoding: str, note: str | None, name: str) -> None:
    text = "Şişli'de çöpe ığdır İĞNE €"
    data = line(1, text=text) + "\n" if name == "a.jsonl" else f"id,tarih,metin\n1,20.11.2026 10:00,{text}\n"
    found = read((("\ufeff" if encoding == "utf-16-le" else "") + data).encode(encoding), name)
    assert [mention.text for mention in goods(found)] == [text]
    assert any(note in said for said in notes(found)) if note else "file" not in " ".join(notes(found))


def test_files_joined_with_their_marks_are_read(read: Any) -> None:
    assert len(goods(read("".join(f"\ufeff{line(number)}\n" for number in (1, 2))))) == 2


def test_one_line_in_another_encoding_is_rejected_and_the_rest_kept(read: Any) -> None:
    data = line(1, text="şöyle böyle").encode() + b"\n" + line(2, text="ığdır").encode("cp1254") + b"\n"
    found = read(data + line(3, text="üçüncü").encode())
    assert [mention.text for mention in goods(found)] == ["şöyle böyle", "üçüncü"]
    (bad,) = [item for item in found if isinstance(item, Bad)]
    assert bad.line == 2 and "not valid UTF-8" in bad.reason and "ığdır" in bad.raw
    table = "id,tarih,metin\n1,20.11.2026,şöyle böyle\n".encode() + "2,20.11.2026,ığdır\n".encode("cp1254")
    found = read(table + "3,20.11.2026,üçüncü\n".encode(), "a.csv")
    assert [mention.text for mention in goods(found)] == ["şöyle böyle", "üçüncü"]
    assert "not valid UTF-8" in bads(found)[3]


@pytest.mark.parametrize(
    ("data", "name", "word"),
    [
        (json.dumps([{"source": "x"}]), "a.json", "JSON array"),
        (json.dumps([{"source": "x"}], indent=2), "a.jsonl", "JSON array"),
        (b"PK\x03\x04" + b"\x00" * 50, "a.xlsx", "Excel"), (b"\x1f\x8b\x08" + b"z" * 50, "a.jsonl.gz", "gzip"),
        (b"%PDF-1.7 ...", "a.pdf", "PDF"), (bytes(range(256)) * 20, "a.bin", "binary"),
        ("merhaba".encode("utf-16-le"), "a.csv", "binary"), ("bir,iki\n1,2\n", "a.csv", "names a text column"),
        ("metin,puan\na,2\n", "a.csv", "names a time column"), ("düz bir metin dosyası\n", "a.txt", "header line"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_a_sentence(read: Any, data: str | bytes, name: str, word: str) -> None:
    with pytest.raises(UnreadableFile) as raised:
        read(data, name)
    text = str(raised.value)
    assert word in text and name in text and "Nothing was read" in text and "\n" not in text


def test_missing_files_folders_and_pipes(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist"):
        files.read(tmp_path / "none.jsonl", now=NOW, zone=None)
    with pytest.raises(IsADirectoryError, match="is a folder"):
        files.read(tmp_path, now=NOW, zone=None)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableFile, match="pipe"):
        files.read(tmp_path / "pipe", now=NOW, zone=None)


@pytest.mark.parametrize("data", [b"", b"\n\n  \n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_lines(read: Any, data: bytes) -> None:
    assert read(data) == [] and read(data, "a.csv") == []


# --- CSV


def test_csv_with_turkish_headers(read: Any) -> None:
    found = read(
        "Kaynak;ID;Tarih;Saat;Yazar;Ad Soyad;Metin;Bağlantı;Puan;Takipçi;Beğeni;Paylaşım;Yanıt;Görüntülenme;"
        "Kanal;Şehir\n"
        'sikayet;7;21.11.2026;09:30;ayse;Ayşe Ş;"Kargo; ""gelmedi""\nniye?";https://a/7;4,5;12.500;3;2;1;1.000;'
        "Portal;Bursa\n",
        "a.csv",
    )
    (mention,) = goods(found)
    assert mention.text == 'Kargo; "gelmedi"\nniye?' and mention.published_at == datetime(
        2026, 11, 21, 6, 30, tzinfo=UTC
    )
    assert (mention.source, mention.native_id, mention.author, mention.author_name) == (
        "sikayet",
        "7",
        "ayse",
        "Ayşe Ş",
    )
    assert (mention.url, mention.rating, mention.followers) == ("https://a/7", 4.5, 12_500)
    assert mention.engagement.model_dump() == {"likes": 3, "shares": 2, "replies": 1, "views": 1000}
    assert mention.channel == "portal" and mention.extra == {"channel": "portal", "Şehir": "Bursa"}
    assert found[0].fetched.raw["Metin"] == mention.text
    assert "columns are separated by semicolons" in notes(found)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(read: Any, separator: str) -> None:
    rows = [["id", "date", "text"], ["1", "2026-11-20T09:30Z", f'a{separator}b "c"'], ["2", "20 Kasım 2026 09:30", "d"]]
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    assert [mention.text for mention in goods(read(out.getvalue(), "a.csv"))] == [f'a{separator}b "c"', "d"]
    found = read("sep=;\r\nid;tarih;metin\r\n1;20.11.2026;a\r\n", "a.csv")
    assert [(item.line, item.fetched.mention.text) for item in found] == [(3, "a")]


def test_an_own_column_name_wins_over_a_synonym(read: Any) -> None:
    (found,) = read("id,native_id,yorum,text,published_at\n5,6,bir,iki,2026-11-20\n", "a.csv")
    mention = found.fetched.mention
    assert (mention.native_id, mention.text) == ("6", "iki") and mention.extra == {"id": "5", "yorum": "bir"}


def test_without_an_id_the_digest_is_stable(read: Any) -> None:
    table = "tarih,yazar,metin\n20.11.2026 10:00,ayşe,a\n20.11.2026 10:00,ayşe,a\n20.11.2026 10:00,ali,a\n"
    first, second = read(table, "a.csv", source="ş"), read(table.replace(",", ";"), "b.csv", source="ş")
    ids = [mention.native_id for mention in goods(first)]
    assert ids[0] == ids[1] != ids[2] and ids == [mention.native_id for mention in goods(second)]
    assert ids[0].startswith("digest:") and any("no id column" in note for note in notes(first))
    assert goods(read(table, "a.csv"))[0].source == "import"
    assert any('called "import"' in note for note in notes(read(table, "a.csv")))


def test_bad_rows_are_named_and_the_good_ones_kept(read: Any) -> None:
    found = read(
        "id,tarih,metin\n"
        "1,20.11.2026 10:00,bir\n"
        "2,31.02.2026,iki\n"
        "3,20.11.2026,\n"
        "4,,dört\n"
        "\n"
        "6,20.11.2026,altı, fazla\n"
        '7,20.11.2026,"açık kalan\n'
        "8,20.11.2026,sekiz\n"
        '9,20.11.2026,"dokuz"\n'
        "10,20.11.2026,on,,\n"
        '11,20.11.2026,5" ekran\n'
        '12,20.11.2026,"iç "tırnak" var"\n'
        ",,\n"
        "14,20.11.2026\n"
        '15,20.11.2026,"iki\nsatır"\n'
        '17,20.11.2026,"sonda açık\n',
        "a.csv",
    )
    assert {item.line: item.fetched.mention.native_id for item in found if isinstance(item, Good)} == {
        2: "1", 9: "8", 10: "9", 11: "10", 12: "11", 13: "12", 16: "15",
    }  # fmt: skip
    reasons = bads(found)
    assert set(reasons) == {3, 4, 5, 7, 8, 15, 18}
    for number, word in {
        3: "not a date",
        4: "text is empty",
        5: "missing",
        7: "4 columns",
        8: "never closed",
        18: "never",
    }.items():
        assert word in reasons[number], reasons[number]
    assert [item.raw for item in found if isinstance(item, Bad) and item.line == 8] == ['7,20.11.2026,"açık kalan']


def test_odd_numbers_do_not_cost_the_mention(read: Any) -> None:
    found = read(
        "id,tarih,metin,begeni,takipci,puan\n1,20.11.2026,a,çok,-5,iyi\n2,20.11.2026,b,1.250.000,1e3,4/5\n", "a.csv"
    )
    first, second = goods(found)
    assert first.extra == {"likes": "çok", "followers": "-5", "rating": "iyi"} and first.engagement.likes == 0
    assert second.engagement.likes == 1_250_000 and second.rating == 4 and second.followers is None
    assert len([note for note in notes(found) if "is no number" in note]) == 3


def test_what_was_exported_is_read_again(read: Any) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["source", "native_id", "text", "published_at", "engagement", "extra", "rating"])
    writer.writerow(["x", "1", "a", "2026-11-20T09:30:00+00:00", '{"likes": 4}', '{"channel": "eksi"}', "5"])
    writer.writerow(["x", "2", "b", "2026-11-20T09:30:00+00:00", "{broken", "", ""])
    found = read(out.getvalue(), "a.csv")
    (mention,) = goods(found)
    assert mention.engagement.likes == 4 and mention.channel == "eksi" and mention.rating == 5
    assert "engagement is not a JSON object" in bads(found)[3]


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\n\t\"';,|"), max_size=12)


@given(
    rows=st.lists(st.tuples(CELL, CELL), max_size=6),
    separator=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=tries(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_csv_writer_writes_is_read(
    tmp_path: Path, rows: list[tuple[str, str]], separator: str, end: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=end)
    writer.writerow(["id", "tarih", "metin", "renk"])
    for number, (text, colour) in enumerate(rows):
        writer.writerow([f"r{number}", "20.11.2026 10:00", text, colour])
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + out.getvalue().encode())
    found = list(files.read(path, now=NOW, zone=None, source="s"))
    written = {f"r{number}": text for number, (text, _) in enumerate(rows) if text.strip()}
    assert {mention.native_id: mention.text for mention in goods(found)} == written
    assert len(found) == len(rows)


@given(data=st.binary(max_size=300), name=st.sampled_from(["a.jsonl", "a.csv"]))
@settings(max_examples=tries(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_break_it(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes((b"id,tarih,metin\n" if name == "a.csv" else b"") + data)
    try:
        found = list(files.read(path, now=NOW, zone=None, source="s"))
    except UnreadableFile:
        return
    for item in found:
        json.dumps(item.raw if isinstance(item, Bad) else item.fetched.raw, ensure_ascii=False).encode()


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("w", encoding="utf-8") as file:
        if name == "a.csv":
            file.write("id,tarih,metin\n")
        for number in range(2_500):
            file.write(
                line(number, text="ş" * 1000) + "\n" if name == "a.jsonl" else f"{number},20.11.2026,{'ş' * 1000}\n"
            )
    assert path.stat().st_size > 4_500_000
    tracemalloc.start()
    try:
        count = sum(isinstance(item, Good) for item in files.read(path, now=NOW, zone=None, source="s"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 2_500 and peak < 4_500_000, f"{peak:,} bytes"
