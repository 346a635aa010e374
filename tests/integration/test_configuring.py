"""The configuration changed by people: seen before it is written, kept from before, refused to the slower of two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from desk import configuring
from desk.config_text import LEFT_OUT
from desk.configuring import KEPT, Configuring, kept_of
from desk.roles import NotAllowed, Refused
from desk.settings import Settings, load_settings
from store import Store, events
from store.rows import EventRow
from store.settings_log import CHANGED

NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
TEXT = """\
# ours
brand: {name: Marka, handles: [marka]}   # as customers know us
agents:
  - {name: Elif, role: administrator}
  - {name: Mert, role: administrator}
  - {name: Can, role: agent}
"""


@pytest.fixture
def settings(tmp_path: Path, store: Store) -> Settings:
    file = tmp_path / "nobet.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return load_settings(file, {"NOBET_HOME": str(tmp_path), "NOBET_STORE_URL": store.url})


def hands(store: Store, settings: Settings, name: str = "Elif") -> Configuring:
    return Configuring(store, settings, next(agent for agent in settings.agents if agent.name == name))


def told(store: Store) -> list[EventRow]:
    with store.read() as tx:
        return [event for event in events.all_events(tx, "marka") if event.type == CHANGED]


def test_a_change_is_shown_written_kept_and_told(store: Store, settings: Settings) -> None:
    elif_ = hands(store, settings)
    proposal = elif_.propose(elif_.read().digest, {("brand", "name"): "Yeni", ("brand", "slug"): "marka"})
    assert elif_.file.read_text(encoding="utf-8") == TEXT, "a look writes nothing"
    assert [mark for mark, _ in proposal.lines if mark in "+-"] == ["-", "+"]
    kept = elif_.save(proposal, NOW)
    assert elif_.file.with_name(kept).read_text(encoding="utf-8") == TEXT
    assert "# as customers know us" in elif_.file.read_text(encoding="utf-8")
    [event] = told(store)
    assert (event.by, event.data["fields"], event.data["kept"]) == ("agent:Elif", ["brand.name", "brand.slug"], kept)
    assert "Yeni" not in str(event.data), "the log names fields, never values"
    [before] = elif_.before()
    assert (before.name, before.at, before.by, before.fields) == (kept, NOW, "Elif", ("brand.name", "brand.slug"))


def test_undo_puts_the_file_back_and_can_be_undone(store: Store, settings: Settings) -> None:
    elif_ = hands(store, settings)
    elif_.save(elif_.propose(elif_.read().digest, {("desk", "holidays"): None}), NOW)
    changed = elif_.read().text
    elif_.restore(elif_.before()[0].name, NOW + timedelta(seconds=1))
    assert elif_.read().text == TEXT
    elif_.restore(elif_.before()[0].name, NOW + timedelta(seconds=1))  # within the same second: a name of its own
    assert elif_.read().text == changed
    assert [event.data["fields"] for event in told(store)] == [["desk.holidays"], ["desk"], ["desk"]]
    with pytest.raises(Refused):
        elif_.restore("../nobet.env", NOW)


def test_whoever_was_quicker_is_named_and_nothing_is_lost(store: Store, settings: Settings) -> None:
    elif_, mert = hands(store, settings), hands(store, settings, "Mert")
    base = elif_.read().digest
    mine = elif_.propose(base, {("brand", "contact"): "bize@ulasin.example"})
    mert.save(mert.propose(base, {("desk", "holidays"): None}), NOW)
    theirs = mert.read().text
    for attempt in (lambda: elif_.save(mine, NOW), lambda: elif_.propose(base, {("brand", "contact"): "x"})):
        with pytest.raises(Refused) as refused:
            attempt()
        assert "Mert" in refused.value.say("tr") and "desk.holidays" in refused.value.say("tr")
    assert mert.read().text == theirs and len(told(store)) == 1
    elif_.file.write_text(theirs + "\n# by hand\n", encoding="utf-8")
    with pytest.raises(Refused) as by_hand:
        elif_.propose(mert.read().digest[::-1], {("brand", "contact"): "x"})
    assert "pano dışında" in by_hand.value.say("tr")


def test_a_mistake_is_never_written(store: Store, settings: Settings) -> None:
    elif_ = hands(store, settings)
    proposal = elif_.propose(elif_.read().digest, {("desk", "timezone"): "Mars/Olympus", ("agents", 2): LEFT_OUT})
    assert [one.field for one in proposal.mistakes] == ["desk.timezone"]
    with pytest.raises(Refused):
        elif_.save(proposal, NOW)
    assert elif_.read().text == TEXT and not told(store)


def test_only_who_may_writes_and_never_in_the_demo_or_a_drill(store: Store, settings: Settings) -> None:
    with pytest.raises(NotAllowed):
        hands(store, settings, "Can").propose(hands(store, settings).read().digest, {})
    demo = settings.model_copy(update={"demo": True})
    with pytest.raises(Refused):
        hands(store, demo).propose(hands(store, demo).read().digest, {})


def test_the_newest_files_are_kept(store: Store, settings: Settings) -> None:
    elif_ = hands(store, settings)
    for n in range(KEPT + 3):
        configuring.keep(elif_.read(), NOW + timedelta(minutes=n))
    kept = kept_of(elif_.file)
    assert len(kept) == KEPT and kept[0].name.endswith("T072200Z") and kept == sorted(kept, reverse=True)


@pytest.fixture
def full(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A disk on which the new file cannot be put in place."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", refuse)
        yield


def test_a_full_disk_leaves_everything_as_it_was(store: Store, settings: Settings, full: None) -> None:
    elif_ = hands(store, settings)
    proposal = elif_.propose(elif_.read().digest, {("brand", "name"): "Yeni"})
    with pytest.raises(Refused, match="nothing was changed"):
        elif_.save(proposal, NOW)
    assert elif_.read().text == TEXT and not told(store)
    assert yaml.safe_load(elif_.read().text)["brand"]["name"] == "Marka"
