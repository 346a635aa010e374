"""Orders from a folder of CSV exports as shops write them: encodings, bad lines, changing and unfinished files."""

from __future__ import annotations

import os
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from desk.orders import csv_folder
from desk.orders.csv_folder import CsvFolder
from desk.orders.csv_rows import NotATable, read_table
from desk.orders.keys import email_key, order_key, phone_key
from desk.orders.order import Money, Order
from desk.orders.registry import source_for
from desk.orders.settings import OrderSourceSettings
from desk.orders.source import Deadline, OrderSourceError
from tests.tries import tries

FIELDS = {
    "number": "Sipariş No", "status": "Durum", "total": "Tutar", "phone": "Telefon", "email": "E-posta",
    "items": {"name": "Ürün", "count": "Adet"},
}  # fmt: skip
HEADER = "Sipariş No;Durum;Tutar;Telefon;E-posta;Ürün;Adet"
ROWS = [
    "SN-0001;Kargoda;1.299,90;0532 123 45 67;ayse@x.com;Çaydanlık, büyük;1",
    "SN-0001;Kargoda;1.299,90;0532 123 45 67;ayse@x.com;Fincan;6",
    'SN-0002;Teslim Edildi;45,00;;ISIK@X.COM;"Tabak ""derin""\nmavi";2',
]


def source(folder: Path, **more: Any) -> CsvFolder:
    record = {"kind": "csv", "name": "exports", "folder": str(folder), "fields": FIELDS, **more}
    made = TypeAdapter(OrderSourceSettings).validate_python(record)
    found = source_for(made, home=folder, zone=ZoneInfo("Europe/Istanbul"), region="TR", environ={})
    assert isinstance(found, CsvFolder)
    return found


def write(file: Path, data: bytes | str, age: float = 60) -> None:
    """A file whose last change was `age` seconds ago."""
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    then = time.time() - age
    os.utime(file, (then, then))


def find(made: CsvFolder, number: str) -> tuple[Order, ...]:
    return made.find(order_key(number), Deadline.after(30))


def text(rows: list[str], sep: str = ";") -> str:
    return "\n".join([HEADER, *rows, ""]).replace(";", sep)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1254", "utf-16"])
@pytest.mark.parametrize("sep", [";", "\t", "|"])
@pytest.mark.parametrize("lead", ["", "sep={}\r\n"])
def test_files_as_shops_write_them(tmp_path: Path, encoding: str, sep: str, lead: str) -> None:
    write(tmp_path / "a.csv", (lead.format(sep) + text(ROWS, sep).replace("\n", "\r\n")).encode(encoding))
    made = source(tmp_path, decimal=",")
    [order] = find(made, "sn 0001")
    assert order.status == "shipped" and order.total == Money(Decimal("1299.90"), "TRY")
    assert [(one.name, one.count) for one in order.items] == [("Çaydanlık, büyük", 1), ("Fincan", 6)]
    assert made.find(phone_key("+905321234567"), Deadline.after(5)) == (order,)
    [other] = made.find(email_key("isik@x.com"), Deadline.after(5))
    assert other.items[0].name == 'Tabak "derin" mavi'


def test_commas_between_and_decimal_points(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 'Sipariş No,Tutar,Ürün\nA-1,"1,299.90","x, y"\nA-2,12.5,=HYPERLINK("http://x")\n')
    made = source(tmp_path)
    assert find(made, "A-1")[0].total == Money(Decimal("1299.90"), "TRY")
    assert find(made, "A-2")[0].items[0].name is not None  # a formula is text like any other
    told = made.check(Deadline.after(5))
    assert told.reached and any("has no column 'Durum'" in note for note in told.notes)


def test_a_bad_line_gets_a_sentence_and_the_rest_is_kept(tmp_path: Path) -> None:
    bad = ["SN-3;x", 'SN-4;"never closed;1;2;3;4;5', "SN-5;a;b;c;d;e;f;g;h", "1,2346E+11;a;1;2;3;4;5",
           "SN-6;" + "x" * 30_000 + ";1;2;3;4;5", "", ";;;;;;"]  # fmt: skip
    write(tmp_path / "a.csv", text([ROWS[0], *bad, "SN-9;yolda;1,00;;;Son;1"]))
    made = source(tmp_path)
    assert find(made, "SN-0001") and find(made, "SN-9")[0].items[0].name == "Son"
    notes = made.check(Deadline.after(5)).notes
    for line, words in (
        (3, "2 cells"),
        (4, "never closed"),
        (5, "9 cells"),
        (6, "shortened a number"),
        (7, "longer than"),
    ):
        assert [note for note in notes if f"line {line}" in note and words in note and note.startswith("a.csv")], line
    assert len(notes) == 5


def test_a_changed_file_is_read_again_and_a_lost_one_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    made = source(tmp_path)
    write(file, text(["SN-1;yeni;1;;;A;1"]), age=100)
    assert find(made, "SN-1")[0].status == "placed"
    write(file, text(["SN-1;kargoda;1;;;A;1"]), age=50)
    assert find(made, "SN-1")[0].status == "shipped"
    write(tmp_path / "b.csv", text(["SN-2;iptal;1;;;B;1"]))
    assert find(made, "SN-2")[0].status == "cancelled"
    file.unlink()
    assert find(made, "SN-1") == () and find(made, "SN-2")


def test_a_file_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    made = source(tmp_path)
    write(file, text(["SN-1;yeni;1;;;A;1"]))
    assert find(made, "SN-1")
    write(file, HEADER + "\nSN-1;kar", age=0)  # somebody has begun to write it anew
    assert find(made, "SN-1")[0].status == "placed"  # what it said before stays
    assert "still being written" in made._writing.pop() + " still being written"
    assert find(made, "SN-1") == ()  # two looks found it the same: it is whole, and its last line is cut off
    assert any("cut off" in note for note in made.check(Deadline.after(5)).notes)
    for name in ("b.csv.part", "~$c.csv", ".d.csv", "e.tmp"):
        write(tmp_path / name, text(["SN-7;yeni;1;;;A;1"]))
    assert find(made, "SN-7") == ()


def test_a_file_that_changes_while_it_is_read_is_left_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.csv"
    write(file, text(ROWS))
    plain = Path.read_bytes

    def grows(self: Path) -> bytes:
        data = plain(self)
        with open(self, "ab") as more:
            more.write(b"SN-8;yeni;1;;;A;1\n")
        return data

    made = source(tmp_path)
    monkeypatch.setattr(Path, "read_bytes", grows)
    assert find(made, "SN-0001") == ()
    monkeypatch.undo()
    write(file, text(ROWS))
    assert find(made, "SN-0001")


def test_while_a_changed_file_is_read_others_get_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.csv"
    write(file, text(["SN-1;yeni;1;;;A;1"]), age=100)
    made = source(tmp_path)
    assert find(made, "SN-1")[0].status == "placed"
    write(file, text(["SN-1;kargoda;1;;;A;1"]), age=50)
    begun, goes_on = threading.Event(), threading.Event()
    plain = Path.read_bytes

    def slow(self: Path) -> bytes:
        begun.set()
        assert goes_on.wait(30)
        return plain(self)

    monkeypatch.setattr(Path, "read_bytes", slow)
    found: list[Order] = []
    reader = threading.Thread(target=lambda: found.extend(find(made, "SN-1")))
    reader.start()
    assert begun.wait(30)
    assert made.find(order_key("SN-1"), Deadline.after(0.01))[0].status == "placed"
    with pytest.raises(OrderSourceError, match="still being read"):  # another that has read nothing yet must wait
        other = source(tmp_path)
        assert other._lock.acquire()
        other.find(order_key("SN-1"), Deadline.after(0.01))
    goes_on.set()
    reader.join()
    assert found[0].status == "shipped"


HOSTILE = [
    (b"\x00\x01\x02PK\x03\x04" * 100, "it is no text file"),
    (b"", "the file is empty"),
    (b"\n\n \n", "the file is empty"),
    (b"a;b;c\n1;2;3\n", "none of the columns"),
    (b"\xff\xfe\x00", "begins as UTF-16"),
    (b"\xef\xbb\xbf", "the file is empty"),
]


@pytest.mark.parametrize(("data", "sentence"), HOSTILE)
def test_what_is_no_export_is_named(tmp_path: Path, data: bytes, sentence: str) -> None:
    write(tmp_path / "x.csv", data)
    write(tmp_path / "good.csv", text(ROWS))
    made = source(tmp_path)
    assert find(made, "SN-0001")
    assert [note for note in made.check(Deadline.after(5)).notes if note.startswith("x.csv") and sentence in note]


def test_a_folder_that_cannot_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OrderSourceError, match="there is no folder"):
        find(source(tmp_path / "none"), "1")
    write(tmp_path / "file", "x")
    with pytest.raises(OrderSourceError, match="is a file"):
        find(source(tmp_path / "file"), "1")
    assert not source(tmp_path / "none").check(Deadline.after(5)).reached
    monkeypatch.setattr(csv_folder, "MOST_FILES", 1)
    monkeypatch.setattr(csv_folder, "MOST_BYTES", 10)
    write(tmp_path / "a.csv", text(ROWS))
    assert "at most 10 are read" in source(tmp_path).check(Deadline.after(5)).notes[0]
    write(tmp_path / "b.csv", text(ROWS))
    with pytest.raises(OrderSourceError, match="at most 1 are read"):
        find(source(tmp_path), "1")


def test_no_number_is_more_than_a_number(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", text(ROWS))
    made = source(tmp_path)
    for number in ("1' OR '1'='1", "../../etc/passwd", "*", "%", "SN-0001;x", "=1+1", "SN-000"):
        try:
            key = order_key(number)
        except ValueError:
            continue
        assert made.find(key, Deadline.after(5)) == ()


@settings(max_examples=tries(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_sentence(data: bytes) -> None:
    for lead in (b"", HEADER.encode() + b"\n"):
        try:
            table = read_table(lead + data, ["Sipariş No", "Durum"])
        except NotATable as error:
            assert str(error)
        else:
            assert all(len(row) == len(table.columns) for row in table.rows)
            assert lead or table.columns


CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\x00"), max_size=12
)


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_what_a_csv_writer_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Sipariş No", "Durum"])
    writer.writerows(rows)
    table = read_table(out.getvalue().encode(), ["Sipariş No", "Durum"])
    expected = [row for row in rows if any(cell.strip() for cell in row)]
    assert table.rows == expected and not table.bad
