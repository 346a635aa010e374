"""The forum collector on a real forum: everything the first time, only what is new the second time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.protocol import Batch, Cursor
from collectors.registry import collector_for
from mention import Mention
from tests.integration.spirit_server import Section, Spirit, Topic

SCRIPT = "<script>alert('ğ')</script> **kalın** =1+1 & ıIiİ"


def crawl(url: str, cursor: Cursor | None, **more: Any) -> tuple[dict[str, Mention], Cursor, list[Batch]]:
    settings = {
        "kind": "forum",
        "site": "spirit",
        "start_urls": [url],
        "terms_read": True,
        "delay": 0,
        "private_network": True,
        **more,
    }
    batches = list(collector_for(settings).fetch(cursor, datetime.now(UTC)))
    assert not [bad for batch in batches for bad in batch.rejected]
    found = [item.mention for batch in batches for item in batch.fetched]
    return {mention.native_id: mention for mention in found}, json.loads(json.dumps(batches[-1].cursor)), batches


@pytest.fixture(scope="module")
def section(spirit: Spirit) -> Section:
    """23 threads (two list pages), one with 59 posts (three pages), one with a hostile post and a quotation."""
    topics = [Topic(f"Kargo takibi {number}", [f"Kargom {number} gündür gelmedi, ışık yok."]) for number in range(20)]
    topics.append(Topic("İade nasıl yapılır?", ["İade etmek istiyorum", SCRIPT, "> alıntı başkasının\n\nkendi sözüm"]))
    topics.append(Topic("Çınar Ev siparişim", [f"Gönderi {number}: ŞÇÖĞÜ şçöğü" for number in range(1, 60)], "ışıl"))
    topics.append(Topic("English question", ["Where is my parcel?", "Same here."], "dan"))
    return spirit.section("Kargo ve iade", topics)


def test_a_second_crawl_brings_only_the_new_posts(spirit: Spirit, section: Section) -> None:
    before = datetime.now(UTC)
    first, cursor, batches = crawl(section.url, None)
    assert set(first) == {name for posts in section.posts for name in posts}
    assert sum(len(batch.fetched) for batch in batches) == len(first), "each post once"
    assert "listing ended" not in batches[-1].note and "84 posts" in batches[-1].note

    opening = first[section.posts[21][0]]
    assert opening.text == "Çınar Ev siparişim\n\nGönderi 1: ŞÇÖĞÜ şçöğü"
    assert opening.author == "ışıl" and opening.thread_id == str(section.topics[21])
    assert opening.channel == "forum" and opening.source == "forum"
    assert opening.url == f"{spirit.url}/comment/{opening.native_id}/find/"
    # Spirit shows whole minutes.
    assert timedelta(0) <= before - opening.published_at.replace(second=0) < timedelta(minutes=5)
    assert first[section.posts[21][58]].text == "Gönderi 59: ŞÇÖĞÜ şçöğü"
    assert first[section.posts[20][1]].text == "<script>alert('ğ')</script> kalın =1+1 & ıIiİ"
    assert first[section.posts[20][2]].text == "kendi sözüm", "what was quoted is another's"

    idle, cursor, batches = crawl(section.url, cursor)
    assert idle == {} and "nothing new on list page 1" in batches[-1].note and batches[-1].note.startswith("1 pages")

    # Two of them on a page that did not exist, one in a thread of the second list page.
    new = spirit.reply(section.topics[21], ["Hâlâ gelmedi!", "Cevap yok mu?"]) + spirit.reply(
        section.topics[0], ["Bende de aynı"]
    )
    second, cursor, _ = crawl(section.url, cursor)
    assert set(second) - set(first) == set(new)
    assert len(second) <= len(new) + 20 + 1, "an overlap of one page per thread that moved"
    again, _, _ = crawl(section.url, cursor)
    assert again == {}


def test_a_crawl_of_few_pages_goes_on_where_it_stopped(spirit: Spirit) -> None:
    section = spirit.section("Uzun", [Topic("Kısa", ["bir", "iki"]), Topic("Uzun", [f"ileti {n}" for n in range(45)])])
    kept: dict[str, Mention] = {}
    cursor = None
    notes = []
    for _ in range(3):
        found, cursor, batches = crawl(section.url, cursor, pages=3)
        kept |= found
        notes.append(batches[-1].note)
    assert "stopped after 3 pages, goes on in the next crawl" in notes[0] and "stopped" not in notes[-1]
    assert set(kept) == {name for posts in section.posts for name in posts}


def test_only_posts_with_the_words(spirit: Spirit) -> None:
    section = spirit.section(
        "Genel", [Topic("Sohbet", ["ÇINAR EV bozuk çıktı", "hava güzel"]), Topic("Çınarev", ["ok"])]
    )
    found, _, batches = crawl(section.url, None, words=["çınar ev", "cinarev"])
    assert sorted(mention.text for mention in found.values()) == ["Sohbet\n\nÇINAR EV bozuk çıktı", "Çınarev\n\nok"]
    assert "1 posts without the words passed over" in batches[-1].note


def test_an_empty_section_is_quiet_and_not_a_failure(spirit: Spirit) -> None:
    found, _, batches = crawl(spirit.section("Boş", []).url, None)
    assert found == {} and "the thread list is empty" in batches[-1].note
