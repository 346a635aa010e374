"""`nobet users`: a password comes unseen and never as an option, each sentence says what to do, the log who did it."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.command import nobet

CONFIG = """
brand: {name: Örnek, slug: ornek}
agents: [{name: Elif, role: team_lead, also: [administrator]}, {name: Mert}]
"""
ELIFS, MERTS = "kedi köpek kuş balık", "mavi tren akşam çayı"


def test_users_are_made_listed_and_kept_out(tmp_path: Path) -> None:
    (tmp_path / "nobet.yaml").write_text(CONFIG, encoding="utf-8")
    assert "asks nobody" in nobet(tmp_path, "users", "list").out
    first = nobet(tmp_path, "users", "add", "Elif", "--own", stdin=ELIFS + "\n")
    assert first.status == 0 and "add the others too: Mert" in first.err
    assert nobet(tmp_path, "users", "add", "Mert", "--by", "Elif", stdin=MERTS).status == 0
    for arguments, stdin, said in (
        (("add", "Mert"), MERTS, "is a user already"),
        (("add", "Kimse"), MERTS, "not on the desk"),
        (("reset", "Mert"), "kısa", "at least 15 characters"),
        (("reset", "Mert"), "", "nothing was changed"),
        (("disable", "Kimse"), "", "There is no user Kimse"),
        (("disable", "Elif", "--by", "Mert"), "", "Mert may not manage the users"),
    ):
        refused = nobet(tmp_path, "users", *arguments, stdin=stdin)
        assert refused.status == 1 and said in refused.err, refused
    assert nobet(tmp_path, "users", "add", "Mert", MERTS).status == 2, "a password is no argument"
    assert nobet(tmp_path, "users", "disable", "Mert").status == 0
    listed = nobet(tmp_path, "users", "list", "--json").json
    assert [(one["name"], one["state"], one["seen_at"]) for one in listed] == [
        ("Elif", "in", None), ("Mert", "disabled", None),
    ]  # fmt: skip
    log = nobet(tmp_path, "export", "events")
    assert [(event["type"], event["by"]) for event in log.jsonl] == [
        ("user_added", "system"), ("user_added", "agent:Elif"), ("user_disabled", "system"),
    ]  # fmt: skip
    for secret in (ELIFS, MERTS):
        assert secret not in log.out and secret.encode() not in (tmp_path / "nobet.db").read_bytes()


def test_a_board_for_the_network_is_refused_while_anybody_could_come_in(tmp_path: Path) -> None:
    (tmp_path / "nobet.yaml").write_text(CONFIG + "board: {address: 0.0.0.0}\n", encoding="utf-8")
    refused = nobet(tmp_path, "board")
    assert refused.status == 1 and "nobet users add" in refused.err and "0.0.0.0" in refused.err
