"""`nobet import` of saved mails, mailboxes and pages: counted, named by number, and the same file twice is once."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.command import ROOT, nobet

MAIL = """From: =?utf-8?q?Ay=C5=9Fe?= <ayse@example.com>
To: destek@marka.example
Subject: =?utf-8?q?Kargom_nerede=3F?=
Date: Fri, 20 Nov 2026 09:30:00 +0300
Message-ID: <m{number}@example.com>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Işık gibi söz verdiniz, kargom gelmedi ({number}).
"""


def test_a_mail_and_a_mailbox(tmp_path: Path) -> None:
    home, one, many = tmp_path / "home", tmp_path / "one.eml", tmp_path / "many.mbox"
    one.write_text(MAIL.format(number=1), encoding="utf-8")
    box = "".join(f"From ayse Fri Nov 20 09:30:00 2026\n{MAIL.format(number=n)}\n" for n in (1, 2, 3))
    many.write_text(box + "From nobody\n\n", encoding="utf-8")
    assert "read 1, new 1, known 0, rejected 0" in nobet(home, "import", "--store-only", one).out
    answer = nobet(home, "import", "--store-only", many)
    assert (
        "new 2, known 1" in answer.out and answer.status == 1 and "many.mbox, mail 4: the mail is empty" in answer.err
    )
    kept = nobet(home, "export", "mentions").jsonl
    assert {m["native_id"] for m in kept} == {f"m{n}@example.com" for n in (1, 2, 3)}
    assert {(m["source"], m["channel"], m["author"]) for m in kept} == {("mail", "email", "ayse@example.com")}
    assert all("Işık gibi söz verdiniz" in m["text"] for m in kept)


def test_a_saved_page_and_one_that_nobody_knows(tmp_path: Path) -> None:
    home, strange = tmp_path / "home", tmp_path / "haber.html"
    strange.write_text("<html><title>Haber</title><p>Kargo", encoding="utf-8")
    refused = nobet(home, "import", "--store-only", strange)
    assert refused.status == 1 and "page 1: no reader knows this page ('Haber')" in refused.err
    page = ROOT / "tests" / "fixtures" / "sikayetvar" / "detail.html"
    assert "rejected 0" in nobet(home, "import", "--store-only", page).out
    again = nobet(home, "import", "--store-only", page)
    assert "new 0" in again.out and "known 0" not in again.out
    kept = nobet(home, "export", "mentions").jsonl
    assert kept and {m["channel"] for m in kept} == {"sikayetvar"}
