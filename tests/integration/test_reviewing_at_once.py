"""Two editors of one review at the same moment, on both databases: one is kept, the other is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from desk.roles import Refused
from store import Store, subjects
from tests.integration.reviewed_crisis import Story, at


def test_of_many_who_save_at_once_one_does(store: Store) -> None:
    story = Story(store)
    story.suspected(0)
    story.event(1, "declared", "agent:Elif", why="var")
    story.close(90)
    story.reviews.draft(story.crisis, at(150))

    def save(number: int) -> bool:
        try:
            story.reviews.save(story.crisis, {"summary": f"metin {number}"}, 1, at(151 + number))
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        saved = list(pool.map(save, range(4)))
    review = story.reviews.review(story.crisis, at(200))
    assert sum(saved) == 1 and review.version == 2 and review.sections["summary"] == f"metin {saved.index(True)}"
    with store.read() as tx:
        events = subjects.events_of(tx, story.brand, f"crisis:{story.crisis}")
    assert [event.data["version"] for event in events if event.type == "review_saved"] == [2]
