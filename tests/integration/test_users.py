"""Signing in on a real store: who comes in, who waits, who is out and when; what the log and the store know of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from desk import passwords, sign_in
from desk.preferences import Preferences
from desk.roles import Refused
from desk.settings import Settings, validate
from desk.sign_in import LASTS, LOOK_EVERY, SignIn, digest
from desk.users import Users, any_user
from store import Store, StoreError
from store import events as event_log
from store import users as user_store
from store.tables_board import sessions, users

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ELIFS, MERTS, NEW = "kedi köpek kuş balık", "mavi tren akşam çayı", "pencere kaplan dümen su"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap ones: how dear a real one is, the unit tests look at."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", quick)
    monkeypatch.setattr(passwords, "_NOBODYS", quick.hash("nobody"))


def settings_of(**more: object) -> Settings:
    data = {
        "brand": {"name": "Çınar Ev"},
        "agents": [{"name": "Elif", "also": ["team_lead"]}, {"name": "Mert"}],
        **more,
    }
    return validate(data, None)


@pytest.fixture
def settings() -> Settings:
    return settings_of()


@pytest.fixture
def door(store: Store, settings: Settings) -> SignIn:
    """A board with two users; Mert's password is one that somebody else knows."""
    them = Users(store, settings)
    them.add("Elif", ELIFS, NOW, own=True)
    them.add("Mert", MERTS, NOW)
    return SignIn(store, settings)


def log(store: Store) -> list[tuple[str, str, dict[str, object]]]:
    with store.read() as tx:
        assert event_log.verify_chain(tx, settings_of().brand.key) == []
        return [(event.type, event.by, event.data) for event in event_log.all_events(tx, settings_of().brand.key)]


def said(what: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        what()
    return refused.value.say("tr")


def test_nobody_is_asked_before_the_first_user(store: Store, settings: Settings) -> None:
    empty = SignIn(store, settings)
    assert not empty.needed(NOW) and not any_user(store, settings)
    Users(store, settings).add("Elif", ELIFS, NOW)
    assert not empty.needed(NOW + SECOND), "what a process knows may be seconds old"
    assert empty.needed(NOW + LOOK_EVERY)


def test_who_signs_in_is_known_by_a_token_that_the_store_does_not_hold(store: Store, door: SignIn) -> None:
    token = door.enter("elif", ELIFS, NOW)
    session = door.who(token, NOW)
    assert session is not None and (session.name, session.must_change) == ("Elif", False)
    assert door.who(token + "x", NOW) is None and door.who("", NOW) is None and door.who(digest(token), NOW) is None
    with store.read() as tx:
        kept = str([*tx.execute(select(users)), *tx.execute(select(sessions))])
    told = log(store)
    assert [type for type, _, _ in told] == ["user_added", "user_added", "signed_in"]
    assert told[-1][1] == "agent:Elif"
    for secret in (token, ELIFS, MERTS):
        assert secret not in kept and secret not in str(told)


def test_an_unknown_name_and_a_wrong_password_hear_the_same_all_along(store: Store, door: SignIn) -> None:
    heard: dict[str, list[str]] = {}
    for name in ("Elif", "Hacı", "root'; --"):
        heard[name] = [said(lambda name=name, n=n: door.enter(name, "yanlış", NOW + n * SECOND)) for n in range(8)]
    assert heard["Elif"] == heard["Hacı"] == heard["root'; --"]
    assert heard["Elif"][:5] == ["Ad ya da parola yanlış."] * 5
    assert heard["Elif"][5].startswith("Art arda çok sayıda yanlış deneme oldu. 29 saniye")
    assert said(lambda: door.enter("Elif", ELIFS, NOW + 10 * SECOND)).startswith("Art arda"), "the right one waits too"
    assert said(lambda: door.enter("Elif", "yanlış", NOW + 40 * SECOND)) == "Ad ya da parola yanlış."
    assert "59 saniye" in said(lambda: door.enter("Elif", ELIFS, NOW + 41 * SECOND)), "each pause is longer"
    assert door.who(door.enter("Elif", ELIFS, NOW + 101 * SECOND), NOW) is not None
    assert said(lambda: door.enter("Elif", "yanlış", NOW + 102 * SECOND)) == "Ad ya da parola yanlış.", "counted anew"
    refused = [data for type, _, data in log(store) if type == "sign_in_refused"]
    assert [data["why"] for data in refused if data["name"] == "Elif"] == ["password"] * 7, (
        "nothing is said of what was not even tried"
    )
    strange = [data for data in refused if data["name"] is None]
    assert [data["times"] for data in strange] == [1], "made-up names do not fill the log, nor stand in it"


def test_a_hundred_tries_at_once_are_no_more_than_the_free_ones(store: Store, door: SignIn) -> None:
    with ThreadPoolExecutor(12) as many:
        heard = list(many.map(lambda n: said(lambda: door.enter("Elif", f"deneme {n}", NOW)), range(24)))
    assert heard.count("Ad ya da parola yanlış.") == 5
    assert sum(type == "sign_in_refused" for type, _, _ in log(store)) == 5


def test_a_session_lasts_as_long_as_it_is_used_and_no_shift_longer(store: Store, door: SignIn) -> None:
    token = door.enter("Elif", ELIFS, NOW)
    almost = NOW + LASTS - SECOND
    assert door.who(token, almost) is not None
    door.used(token, almost)
    assert door.who(token, almost + LASTS - SECOND) is not None
    assert door.who(token, almost + LASTS) is None
    door.used(token, almost + LASTS)
    assert door.who(token, almost + LASTS + LOOK_EVERY) is None, "what has ended does not come back by use"


def test_signing_out_ends_this_session_alone_and_at_once(store: Store, door: SignIn) -> None:
    here, there = door.enter("Elif", ELIFS, NOW), door.enter("Elif", ELIFS, NOW)
    other = SignIn(store, door.settings)  # another process
    assert other.who(here, NOW) is not None
    door.leave(here, NOW + SECOND)
    door.leave(here, NOW + SECOND)
    assert door.who(here, NOW + SECOND) is None and other.who(here, NOW + LOOK_EVERY) is None
    assert door.who(there, NOW + SECOND) is not None
    assert [type for type, _, _ in log(store)].count("signed_out") == 1


@pytest.mark.parametrize("what", ["disabled", "reset", "removed", "off the desk"])
def test_who_may_not_be_here_is_out_within_seconds(store: Store, door: SignIn, what: str) -> None:
    token, them = door.enter("Elif", ELIFS, NOW), Users(store, door.settings)
    assert door.who(token, NOW) is not None
    if what == "disabled":
        them.disable("Elif", NOW)
    elif what == "reset":
        them.reset("Elif", NEW, NOW)
    elif what == "removed":
        assert them.remove("Elif", NOW) is False
    else:
        door = SignIn(store, settings_of(agents=[{"name": "Mert"}]))
    assert door.who(token, NOW + LOOK_EVERY) is None
    if what == "disabled":
        assert "kapalı" in said(lambda: door.enter("Elif", ELIFS, NOW)), "told to who knows the password"
        assert said(lambda: door.enter("Elif", "yanlış", NOW)) == "Ad ya da parola yanlış."
        them.enable("Elif", NOW)
        assert door.who(token, NOW + 2 * LOOK_EVERY) is None, "letting in again opens no session of before"
        door.enter("Elif", ELIFS, NOW)
    elif what == "reset":
        assert said(lambda: door.enter("Elif", ELIFS, NOW)) == "Ad ya da parola yanlış."
        again = door.who(door.enter("Elif", NEW, NOW), NOW)
        assert again is not None and again.must_change
    else:
        assert said(lambda: door.enter("Elif", ELIFS, NOW)) == "Ad ya da parola yanlış."
    assert ("user_" + what if what in ("disabled", "reset", "removed") else "signed_in") in [e[0] for e in log(store)]


def test_a_password_that_somebody_else_knows_is_changed_first(store: Store, door: SignIn) -> None:
    token = door.enter("Mert", MERTS, NOW)
    session = door.who(token, NOW)
    assert session is not None and session.must_change
    assert "15" in said(lambda: door.change_password(token, "", "kısa", NOW))
    assert "başka" in said(lambda: door.change_password(token, "", MERTS, NOW))
    door.change_password(token, "", NEW, NOW)
    session = door.who(token, NOW)
    assert session is not None and not session.must_change, "they go on where they are"
    assert said(lambda: door.enter("Mert", MERTS, NOW)) == "Ad ya da parola yanlış."
    elsewhere = door.enter("Mert", NEW, NOW)
    for n in range(5):
        assert "Şimdiki" in said(lambda n=n: door.change_password(token, "yanlış", ELIFS, NOW + n * SECOND))
    assert said(lambda: door.change_password(token, NEW, ELIFS, NOW + 5 * SECOND)).startswith("Art arda")
    door.change_password(token, NEW, ELIFS, NOW + timedelta(minutes=1))
    assert door.who(elsewhere, NOW + timedelta(minutes=1)) is None, "whoever is in elsewhere has to know the new one"
    assert door.who(token, NOW + timedelta(minutes=1)) is not None
    assert "bitti" in said(lambda: door.change_password(elsewhere, ELIFS, NEW, NOW + timedelta(minutes=2)))


def test_only_agents_become_users_once_and_the_last_one_of_an_open_board_stays(store: Store, door: SignIn) -> None:
    them = Users(store, settings_of(board={"address": "0.0.0.0"}))
    assert "masada değil" in said(lambda: them.add("Kimse", NEW, NOW))
    assert "zaten" in said(lambda: them.add("Elif", NEW, NOW))
    assert "15" in said(lambda: them.reset("Elif", "kısa", NOW))
    for what in (them.disable, them.enable, them.remove):
        assert "Kimse" in said(lambda what=what: what("Kimse", NOW))
    door.enter("Elif", ELIFS, NOW)  # the reset above changed nothing
    them.disable("Mert", NOW)
    states = {one.name: (one.state, one.seen_at) for one in them.list(NOW)}
    assert states == {"Elif": ("in", NOW), "Mert": ("disabled", None)}
    assert them.remove("Mert", NOW) is False
    assert "0.0.0.0" in said(lambda: them.remove("Elif", NOW)) and any_user(store, them.settings)
    assert Users(store, settings_of()).remove("Elif", NOW) is True and not any_user(store, them.settings)
    with store.read() as tx:
        assert user_store.users_of(tx, "another-brand") == []


def test_old_sessions_are_forgotten_and_made_up_tokens_fill_no_memory(
    store: Store, door: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "STRANGERS", 10)
    door.leave(door.enter("Elif", ELIFS, NOW), NOW)
    door.enter("Elif", ELIFS, NOW + sign_in.KEPT + SECOND)
    with store.read() as tx:
        assert len(list(tx.execute(select(sessions.c.token)))) == 1
    for n in range(30):
        assert door.who(f"made up {n}", NOW) is None
    assert len(door._known.sessions) <= sign_in.STRANGERS + 1


def test_a_store_that_cannot_be_read_sends_nobody_away(
    store: Store, door: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = door.enter("Elif", ELIFS, NOW)
    assert door.needed(NOW) and door.who(token, NOW) is not None

    def gone() -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(store, "read", gone)
    later = NOW + timedelta(hours=1)
    assert door.needed(later) and door.who(token, later) is not None
    assert door.who(token, NOW + LASTS) is None, "but no longer than the session lasts"
    with pytest.raises(StoreError):
        door.who("a token that nobody knows yet", later)
    with pytest.raises(StoreError):
        SignIn(store, door.settings).needed(later)


def test_preferences_are_kept_for_each_person(store: Store, settings: Settings) -> None:
    elif_, mert = Preferences(store, settings, "Elif"), Preferences(store, settings, "Mert")
    assert elif_.read() == {}
    elif_.choose({"theme": "dark", "text_size": 115}, NOW)
    elif_.choose({"theme": "light"}, NOW)
    mert.choose({"language": "en"}, NOW)
    assert elif_.read() == {"theme": "light", "text_size": 115} and mert.read() == {"language": "en"}
    for wrong in ({"theme": "pink"}, {"colour": "red"}, {"text_size": "115"}, {"text_size": True}, {"theme": ["dark"]}):
        with pytest.raises(Refused):
            elif_.choose({"density": "compact", **wrong}, NOW)
    assert "density" not in elif_.read(), "all of it or nothing"
