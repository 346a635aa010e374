"""Files that a brand exports from its panel: the same complaints under the same ids."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collectors import files
from collectors.files import Good
from mention import Mention

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HEAD = "Şikayet No;Şikayet Başlığı;Şikayet Metni;Şikayet Tarihi;Müşteri;Durum;Şikayet Linki\n"


def read(path: Path, data: str) -> list[Mention]:
    path.write_text(data, encoding="utf-8")
    found = list(files.read(path, now=NOW, zone=ZoneInfo("Europe/Istanbul"), source="sikayetvar"))
    assert all(isinstance(item, Good) for item in found), found
    return [item.fetched.mention for item in found if isinstance(item, Good)]


def test_an_exported_row_is_the_complaint_of_the_page(tmp_path: Path) -> None:
    rows = (
        '30412345;İade Param Ödenmedi!;"Kargo; ""teslim"" aldı";21.11.2026 13:40;Şükrü Ö.;Çözüldü;'
        "https://www.sikayetvar.com/cinar-ev/iade-param-odenmedi?ref=panel\n"
        "30412346;Koltuk;=cmd|'/c calc'!A1;20.11.2026 09:05;Ali;Çözülmedi;https://www.sikayetvar.com/cinar-ev/koltuk\n"
    )
    first, second = read(tmp_path / "a.csv", HEAD + rows)
    assert first.native_id == "cinar-ev/iade-param-odenmedi" == first.thread_id
    assert first.text == 'İade Param Ödenmedi!\n\nKargo; "teslim" aldı' and first.author_name == "Şükrü Ö."
    assert first.extra["complaint_no"] == "30412345" and first.extra["solved"] is True
    assert first.published_at == datetime(2026, 11, 21, 10, 40, tzinfo=UTC) and first.channel == "sikayetvar"
    assert second.extra["solved"] is False and second.text == "Koltuk\n\n=cmd|'/c calc'!A1"


def test_rows_with_other_links_keep_their_ids(tmp_path: Path) -> None:
    rows = (
        "7;a;b;21.11.2026 13:40;c;Açık;https://www.sikayetvar.com/cinar-ev\n"
        "8;a;b;21.11.2026 13:40;c;Açık;https://kotu.example/cinar-ev/x\n9;a;b;21.11.2026 13:40;c;Açık;/cinar-ev/x\n"
        "10;a;b;21.11.2026 13:40;c;Açık;\n"
    )
    assert [mention.native_id for mention in read(tmp_path / "a.csv", HEAD + rows)] == ["7", "8", "9", "10"]


def test_what_nobet_exported_keeps_the_ids_that_it_gave(tmp_path: Path) -> None:
    data = (
        "native_id,text,published_at,url\n"
        "cinar-ev/x#1f,yanıt,2026-11-21T10:00:00+00:00,https://www.sikayetvar.com/cinar-ev/x\n"
    )
    (reply,) = read(tmp_path / "a.csv", data)
    assert reply.native_id == "cinar-ev/x#1f" and reply.thread_id is None
