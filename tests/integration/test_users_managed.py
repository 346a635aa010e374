"""Users in the hands of an agent, as the board asks: who may do what to whom, and what everybody else is told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from desk import passwords
from desk.roles import NotAllowed, Refused
from desk.settings import Settings, validate
from desk.sign_in import SignIn
from desk.users import Users, UserView, any_user
from store import Store
from store import events as event_log

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
FIRST, OTHER, NEW = "kedi köpek kuş balık", "mavi tren akşam çayı", "pencere kaplan dümen su"
SETTINGS = {
    "brand": {"name": "Çınar Ev"},
    "agents": [
        {"name": "Elif", "role": "team_lead", "also": ["administrator"]},
        {"name": "Deniz", "role": "administrator"},
        {"name": "Mert"},
        {"name": "Sude", "role": "crisis_manager"},
    ],
}


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap ones: how dear a real one is, the unit tests look at."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", quick)


def settings_of(**more: object) -> Settings:
    return validate({**SETTINGS, **more}, None)


def types(store: Store) -> list[tuple[str, str, dict[str, object]]]:
    with store.read() as tx:
        brand = settings_of().brand.key
        assert event_log.verify_chain(tx, brand) == []
        return [(event.type, event.by, event.data) for event in event_log.all_events(tx, brand)]


def by(store: Store, name: str) -> Users:
    return Users(store, settings_of(), f"agent:{name}")


@pytest.fixture
def begun(store: Store) -> Store:
    """Elif began; Deniz, the other administrator, is disabled; Mert was given a password; Sude is no user."""
    by(store, "Elif").add("Elif", FIRST, NOW, own=True)
    for name in ("Deniz", "Mert"):
        by(store, "Elif").add(name, OTHER, NOW)
    by(store, "Elif").disable("Deniz", NOW)
    return store


Act = Callable[[Users], object]
ADD: Act = lambda them: them.add("Sude", NEW, NOW)  # noqa: E731
RESET: Act = lambda them: them.reset("Mert", NEW, NOW)  # noqa: E731
DISABLE: Act = lambda them: them.disable("Mert", NOW)  # noqa: E731
ENABLE: Act = lambda them: them.enable("Deniz", NOW)  # noqa: E731
REMOVE: Act = lambda them: them.remove("Mert", NOW)  # noqa: E731
ACTS = {"add": ADD, "reset": RESET, "disable": DISABLE, "enable": ENABLE, "remove": REMOVE}

# Who tries what, and a word of the sentence that they hear.
REFUSED: dict[str, tuple[str, Act, str]] = {
    **{f"an agent, {name}": ("Mert", act, "kullanıcıları yönetmek") for name, act in ACTS.items()},
    **{f"a crisis manager, {name}": ("Sude", act, "kullanıcıları yönetmek") for name, act in ACTS.items()},
    **{f"a disabled administrator, {name}": ("Deniz", act, "giriş yapamıyor") for name, act in ACTS.items()},
    **{f"somebody of nowhere, {name}": ("Kimse", act, "masada değil") for name, act in ACTS.items()},
    "oneself, disable": ("Elif", lambda them: them.disable("Elif", NOW), "Kendi girişinizi kapatamazsınız"),
    "oneself, reset": ("Elif", lambda them: them.reset("Elif", NEW, NOW), "şimdiki parolanız"),
    "another's own": ("Elif", lambda them: them.add("Sude", NEW, NOW, own=True), "kendi seçer"),
    "twice": ("Elif", lambda them: them.add("Mert", NEW, NOW), "zaten kullanıcı"),
    "not on the desk": ("Elif", lambda them: them.add("Kimse", NEW, NOW), "masada değil"),
    "no user": ("Elif", lambda them: them.disable("Sude", NOW), "bir kullanıcı yok"),
    "too short": ("Elif", lambda them: them.reset("Mert", "kısa", NOW), "15"),
    "nothing typed": ("Elif", lambda them: them.add("Sude", "", NOW), "15"),
}


@pytest.mark.parametrize(("who", "act", "word"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_changes_nothing(begun: Store, who: str, act: Act, word: str) -> None:
    before = (types(begun), Users(begun, settings_of()).list(NOW))
    with pytest.raises(Refused) as refused:
        act(by(begun, who))
    assert word in refused.value.say("tr")
    assert (types(begun), Users(begun, settings_of()).list(NOW)) == before
    if who != "Elif":
        assert not by(begun, who).may()


@pytest.mark.parametrize(("name", "event"), [("add", "added"), ("reset", "reset"), ("disable", "disabled"),
                                             ("enable", "enabled"), ("remove", "removed")])  # fmt: skip
def test_an_administrator_does_it_with_an_event_of_their_hand_and_no_password_in_it(
    begun: Store, name: str, event: str
) -> None:
    assert by(begun, "Elif").may()
    ACTS[name](by(begun, "Elif"))
    told = types(begun)[-1]
    assert told[:2] == (f"user_{event}", "agent:Elif") and set(told[2]) == {"name"}
    assert not any(secret in str(types(begun)) for secret in (FIRST, OTHER, NEW))


def test_the_first_user_is_the_one_who_adds_it(store: Store) -> None:
    with pytest.raises(Refused) as refused:
        by(store, "Elif").add("Mert", OTHER, NOW)
    assert "siz dışarıda kalırsınız" in refused.value.say("tr") and not any_user(store, settings_of())
    with pytest.raises(NotAllowed):
        by(store, "Mert").add("Mert", OTHER, NOW, own=True)
    by(store, "Elif").add("Elif", FIRST, NOW, own=True)
    door = SignIn(store, settings_of())
    session = door.who(door.enter("elif", FIRST, NOW), NOW)
    assert session is not None and not session.must_change, "their own password is asked for no other"
    by(store, "Elif").add("Mert", OTHER, NOW)
    given = door.who(door.enter("Mert", OTHER, NOW), NOW)
    assert given is not None and given.must_change


@pytest.mark.parametrize("what", ["demo", "drill"])
def test_the_demo_and_a_drill_get_no_users_from_the_board(store: Store, what: str) -> None:
    settings = settings_of().model_copy(update={what: True})
    them = Users(store, settings, "agent:Elif")
    assert not them.may()
    with pytest.raises(Refused) as refused:
        them.add("Elif", FIRST, NOW, own=True)
    assert "tatbikat" in refused.value.say("tr") and not any_user(store, settings)


def test_the_last_one_who_may_manage_users_stays_also_for_the_machine_s_own_hand(begun: Store) -> None:
    machine = Users(begun, settings_of())
    with pytest.raises(Refused) as refused:
        machine.disable("Elif", NOW)
    assert "son kişi" in refused.value.say("tr") and "nobet users reset Elif" in refused.value.say("en")
    machine.enable("Deniz", NOW)
    machine.disable("Elif", NOW)
    assert by(begun, "Deniz").may() and not by(begun, "Elif").may()


def test_two_who_disable_each_other_at_once_leave_one(begun: Store) -> None:
    by(begun, "Elif").enable("Deniz", NOW)

    def disable(pair: tuple[str, str]) -> bool:
        try:
            by(begun, pair[0]).disable(pair[1], NOW)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        went = list(both.map(disable, [("Elif", "Deniz"), ("Deniz", "Elif")]))
    assert sorted(went) == [False, True]
    assert [by(begun, name).may() for name in ("Elif", "Deniz")] == went


def test_a_new_password_ends_the_sessions_and_the_old_one(begun: Store) -> None:
    door = SignIn(begun, settings_of())
    token = door.enter("Mert", OTHER, NOW)
    by(begun, "Elif").reset("Mert", NEW, NOW)
    assert SignIn(begun, settings_of()).who(token, NOW) is None
    with pytest.raises(Refused):
        door.enter("Mert", OTHER, NOW)
    session = door.who(door.enter("Mert", NEW, NOW), NOW)
    assert session is not None and session.must_change


def test_who_may_not_manage_users_is_told_little_of_the_others(begun: Store) -> None:
    door = SignIn(begun, settings_of())
    token = door.enter("Mert", OTHER, NOW)
    by(begun, "Elif").reset("Mert", NEW, NOW)

    def told(who: str) -> dict[str, UserView]:
        return {one.name: one for one in by(begun, who).list(NOW + timedelta(minutes=1))}

    whole = told("Elif")["Mert"]
    assert (whole.state, whole.must_change, whole.seen_at) == ("must_change", True, NOW) and token
    assert told("Mert")["Mert"] == whole, "of oneself everything"
    part = told("Sude")
    assert (part["Mert"].state, part["Mert"].must_change, part["Mert"].seen_at) == ("in", False, None)
    assert part["Deniz"].state == "disabled", "why a colleague cannot come in is no secret"
    assert all(one.seen_at is None and not one.must_change for one in told("Kimse").values())
