"""`nobet alerts`: what came of a test on each channel, over real HTTP, and no address anywhere."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.command import nobet
from tests.integration.alert_service import SECRET, services

CONFIG = """
brand: {name: Marka, slug: marka}
agents:
  - {name: Ece, role: crisis_manager, alerts: [NOBET_ALERT_ECE, NOBET_ALERT_DOWN]}
  - {name: Ada, role: team_lead, alerts: [NOBET_ALERT_ADA]}
  - {name: Elif}
"""


def test_a_test_on_every_channel_and_the_list_afterwards(tmp_path: Path) -> None:
    (tmp_path / "nobet.yaml").write_text(CONFIG, encoding="utf-8")
    with services("up", "down") as reached:
        reached["down"].status = 503
        env = {"NOBET_ALERT_ECE": reached["up"].address, "NOBET_ALERT_DOWN": reached["down"].address}
        done = nobet(tmp_path, "alerts", "test", **env)
        turkish = nobet(tmp_path, "alerts", "test", "Ece", "--json", "--lang", "tr", **env)
        listed = nobet(tmp_path, "alerts", "list", "--json", **env)
    assert done.status == 1 and done.err.endswith("nobet: 2 of 3 test alerts did not arrive\n")
    assert [line.split(maxsplit=2) for line in done.out.splitlines()] == [
        ["Ece", "NOBET_ALERT_ECE", "sent"],
        ["Ece", "NOBET_ALERT_DOWN", "the service behind NOBET_ALERT_DOWN did not take it; check the address"],
        [
            "Ada",
            "NOBET_ALERT_ADA",
            "NOBET_ALERT_ADA is not set; put the address there, in nobet.env or the environment",
        ],
    ]
    assert [one["why"] for one in turkish.json] == [
        None, "NOBET_ALERT_DOWN arkasındaki hizmet iletiyi almadı; adresi denetleyin"
    ]  # fmt: skip
    assert [(one["person"], one["channel"], one["set"]) for one in listed.json] == [
        ("Ece", "NOBET_ALERT_ECE", True), ("Ece", "NOBET_ALERT_DOWN", True), ("Ada", "NOBET_ALERT_ADA", False),
        ("Elif", None, False),
    ]  # fmt: skip
    assert [got["title"] for got in reached["up"].got] == ["Nöbet DENEME uyarısı"] * 2
    assert SECRET not in "".join(text for answer in (done, turkish, listed) for text in (answer.out, answer.err))


def test_somebody_without_a_channel(tmp_path: Path) -> None:
    (tmp_path / "nobet.yaml").write_text(CONFIG, encoding="utf-8")
    nothing = nobet(tmp_path, "alerts", "test", "Elif", "--lang", "tr")
    assert nothing.status == 1 and "Elif için uyarı kanalı yok" in nothing.err
