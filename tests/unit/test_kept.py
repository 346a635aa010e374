"""What is slow is found once, for everybody, for a while: and never shown past it, nor kept where it failed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from desk.kept import Kept

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Asked:
    """Counts how often it was made."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times


def test_it_is_made_once_while_it_is_young_and_anew_after_that() -> None:
    kept, made = Kept(), Asked()
    assert [kept.get("a", NOW + second * MINUTE / 60, MINUTE, made) for second in (0, 30, 59)] == [1, 1, 1]
    assert kept.get("a", NOW + MINUTE, MINUTE, made) == 2
    assert kept.get("b", NOW + MINUTE, MINUTE, made) == 3
    kept.forget("a")
    assert kept.get("a", NOW + MINUTE, MINUTE, made) == 4


def test_nothing_is_kept_of_what_failed_and_an_empty_answer_is_one() -> None:
    kept, made = Kept(), Asked()

    def fails() -> int:
        made()
        raise ValueError("the store is away")

    for _ in range(2):
        with pytest.raises(ValueError, match="away"):
            kept.get("a", NOW, MINUTE, fails)
    assert made.times == 2
    assert kept.get("a", NOW, MINUTE, lambda: None) is None
    assert kept.get("a", NOW, MINUTE, made) is None


def test_two_who_ask_at_once_wait_for_one_making() -> None:
    kept, made, begun, let = Kept(), Asked(), threading.Event(), threading.Event()
    heard: list[int] = []

    def slow() -> int:
        begun.set()
        assert let.wait(10)
        return made()

    threads = [threading.Thread(target=lambda: heard.append(kept.get("a", NOW, MINUTE, slow))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    let.set()
    for thread in threads:
        thread.join(10)
    assert heard == [1, 1, 1, 1]


def test_what_takes_long_is_made_beside_and_the_old_answer_is_shown_meanwhile() -> None:
    kept, go, made = Kept(), threading.Event(), []

    def slow() -> int:
        assert go.wait(10)
        made.append(1)
        return len(made)

    assert kept.soon("list", NOW, MINUTE, slow, patience_s=0.01) is None
    assert kept.soon("list", NOW, MINUTE, slow, patience_s=0.01) is None, "and is not begun twice"
    go.set()
    assert kept.soon("list", NOW, MINUTE, slow, patience_s=10) == 1 and made == [1]
    go.clear()
    later = NOW + 2 * MINUTE
    assert kept.soon("list", later, MINUTE, slow, patience_s=10) == 1, "the old one, at once"
    kept.forget("list")
    go.set()
    found = kept.soon("list", later, MINUTE, slow, patience_s=10)
    assert found in (2, 3), "what was begun before the act is not shown after it"
    with pytest.raises(ZeroDivisionError):
        kept.soon("broken", NOW, MINUTE, lambda: 1 // 0, patience_s=10)
    assert kept.soon("broken", NOW, MINUTE, lambda: 7, patience_s=10) == 7


def test_what_nobody_asks_for_goes_and_it_never_holds_more_than_it_may() -> None:
    kept, made = Kept(most=3), Asked()
    for key in range(5):
        kept.get(key, NOW, MINUTE, made)
    assert kept.get(4, NOW, MINUTE, made) == 5 and kept.get(0, NOW, MINUTE, made) == 6
    kept.get("new", NOW + 2 * MINUTE, MINUTE, made)
    assert list(kept._held) == ["new"] and list(kept._ends) == ["new"]
