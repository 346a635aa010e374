"""Everything comes out again as it went in."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from mention import Engagement, Mention, Score, parse_mention
from store import Store, cases, events, export, scoring
from tests.integration.store_making import BRAND, NOW, mention, open_case, save, score

OURS = ("id", "channel", "seen_at", "stage", "score")


def exported(store: Store, what: str) -> list[dict[str, Any]]:
    """What a reader of the exported JSONL has."""
    lines = [json.dumps(record, ensure_ascii=False) for record in export.iterate(store, BRAND, what)]
    return [json.loads(line.encode("utf-8")) for line in lines]


def test_mentions_go_round(store: Store, tmp_path: Any) -> None:
    full = mention(
        "ç/1",
        text="İlk satır\n\x00 =1+1 🙂",
        followers=3,
        url="https://x.example/1",
        published_at=NOW.replace(microsecond=123456),
        lang="tr",
        thread_id="t",
        in_reply_to="r",
        engagement=Engagement(likes=1, shares=2, replies=3, views=4),
        rating=1.0,
        extra={"channel": "sikayetvar", "n": [None, 1.5]},
    )
    bare = mention(2, author=None, author_name=None)
    given = score(bare)
    (first, second) = save(store, full, bare)
    with store.write() as tx:
        scoring.save_scores(tx, BRAND, [(second, given)], [], NOW)
    records = exported(store, "mentions")
    assert [(record["id"], record["channel"], record["stage"]) for record in records] == [
        (first, "sikayetvar", "new"),
        (second, "x", "scored"),
    ]
    assert records[0]["seen_at"] == "2026-11-21T09:30:00+00:00"
    assert records[0]["score"] is None
    assert Score.model_validate(records[1]["score"]) == given
    fields = set(Mention.model_fields)
    assert set(records[0]) == fields | set(OURS)
    back = [
        parse_mention({name: value for name, value in record.items() if name not in OURS}, now=NOW + timedelta(days=1))
        for record in records
    ]
    assert [notes for _, notes in back] == [[], []]
    assert [each for each, _ in back] == [full.model_copy(update={"text": full.text.replace("\x00", "\ufffd")}), bare]
    other = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    save(other, *(each for each, _ in back))
    ours = [{**record, "score": None, "stage": "new"} for record in records]
    assert exported(other, "mentions") == ours
    other.close()


def test_cases_come_with_the_names_of_their_mentions(store: Store) -> None:
    one, two = save(store, mention(1), mention(2, published_at=NOW - timedelta(hours=1)))
    with store.write() as tx:
        case_id = open_case(tx, [one, two], reasons=["because"], due_at=NOW)
        cases.open_case(tx, "other", channel="x", source="x", posted_at=NOW, opened_at=NOW)
    (record,) = exported(store, "cases")
    assert (record["id"], record["status"], record["due_at"], record["answered_at"], record["reasons"]) == (
        case_id, "new", "2026-11-21T09:30:00+00:00", None, ["because"],
    )  # fmt: skip
    assert record["mentions"] == [{"source": "x", "native_id": "2"}, {"source": "x", "native_id": "1"}]


def test_events_tell_what_clocks_read(store: Store) -> None:
    with store.write() as tx:
        for type_, by, data in (
            ("customer_posted", "customer", {"urgency": "urgent"}),
            ("answered", "agent:ayşe", {"link": "https://x.example/2"}),
        ):
            events.append(tx, BRAND, type=type_, at=NOW, by=by, recorded_at=NOW, case_id=5, data=data)
    first, second = exported(store, "events")
    assert {name: first[name] for name in ("at", "type", "by", "urgency", "case_id")} == {
        "at": "2026-11-21T09:30:00+00:00",
        "type": "customer_posted",
        "by": "customer",
        "urgency": "urgent",
        "case_id": 5,
    }
    assert "urgency" not in second
    assert (second["data"], second["prev_hash"]) == ({"link": "https://x.example/2"}, first["hash"])


@pytest.mark.parametrize("what", export.WHAT)
def test_pages_leave_nothing_out(store: Store, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE", 4)
    ids = save(store, *(mention(number) for number in range(13)))
    with store.write() as tx:
        for mention_id in ids:
            case_id = open_case(tx, [mention_id])
            events.append(tx, BRAND, type="seen", at=NOW, by="system", recorded_at=NOW, case_id=case_id)
    stream = export.iterate(store, BRAND, what)
    seen = [next(stream)["id"]]
    save(store, mention("came in meanwhile"))
    seen += [record["id"] for record in stream]
    assert seen == sorted(set(seen))
    assert len(seen) == (14 if what == "mentions" else 13)


def test_only_what_there_is(store: Store) -> None:
    assert exported(store, "mentions") == exported(store, "cases") == exported(store, "events") == []
    with pytest.raises(ValueError, match="what to export 'secrets' is not one of mentions, cases, events"):
        next(export.iterate(store, BRAND, "secrets"))
