"""`nobet detect` as a user runs it: every mention grouped once, an alarm behind the mention that raised it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from classifying import grouping_of
from collectors.protocol import Fetched
from desk.crisis.detecting import Detecting
from desk.settings import load_settings
from mention import Score, parse_mention
from store import Store, ingest, scoring
from store.tables_crisis import alarms, incident_mentions, incidents
from tests.acceptance.command import Answer, nobet

BEGIN = datetime.fromisoformat("2026-11-16T09:00:00+03:00")


def mention(number: int, at: datetime, topic: str, text: str, **more: object) -> dict[str, Any]:
    score = {
        "language": "tr", "sentiment": {"label": "negative", "probs": {"negative": 0.9}},
        "urgency": {"label": "same_day", "probs": {"same_day": 0.9}}, "topic": {"label": topic, "probs": {topic: 0.95}},
    }  # fmt: skip
    return {
        "source": "x", "native_id": str(number), "text": text, "author": f"a{number}", "published_at": at.isoformat(),
        "score": {**score, **more},
    }  # fmt: skip


def detected(tmp_path: Path, lines: list[dict[str, Any]], *options: str) -> Answer:
    file = tmp_path / "mentions.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return nobet(tmp_path / "home", "detect", str(file), *options)


def story() -> list[dict[str, Any]]:
    quiet = [
        mention(i, BEGIN + timedelta(minutes=20 * i), "question", f"Mağaza {i} pazar günü kaçta açılıyor acaba?")
        for i in range(60)
    ]
    start = BEGIN + timedelta(minutes=1200)
    burst = [
        mention(100 + i, start + timedelta(seconds=40 * i), "product_defect", "Selvi su ısıtıcısı kutudan çatlak çıktı")
        for i in range(25)
    ]
    return quiet + burst


def test_every_mention_is_grouped_once_and_the_snowball_is_told(tmp_path: Path) -> None:
    answer = detected(tmp_path, story(), "--lang", "tr")
    assert answer.status == 0, answer.err
    groups = {line["native_id"]: line["incident"] for line in answer.jsonl if line["type"] == "group"}
    alarms = [line for line in answer.jsonl if line["type"] == "alarm"]
    assert len(groups) == 85 and len(answer.jsonl) == 85 + len(alarms)
    assert [one["incident"] for one in alarms] == [groups["100"]]
    assert "15 dakikada" in alarms[0]["why"][0] and alarms[0]["at"].endswith("+03:00")
    place = answer.jsonl.index(alarms[0])
    assert answer.jsonl[place - 1]["incident"] == groups["100"]


def test_what_was_posted_while_nobody_looked_raises_nothing(tmp_path: Path) -> None:
    span = f"{(BEGIN + timedelta(minutes=1195)).isoformat()}/{(BEGIN + timedelta(minutes=1300)).isoformat()}"
    answer = detected(tmp_path, story(), "--unseen", span)
    assert answer.status == 0
    assert not [line for line in answer.jsonl if line["type"] == "alarm"]
    assert "25 mention(s) were grouped but not counted" in answer.err


def test_one_certain_text_is_an_alarm(tmp_path: Path) -> None:
    sure = {"urgency": {"label": "critical", "probs": {"critical": 0.97}}}
    answer = detected(tmp_path, [mention(1, BEGIN, "safety", "Isıtıcı patladı, çocuğun eli yandı", **sure)])
    assert [line["type"] for line in answer.jsonl] == ["group", "alarm"]
    assert answer.jsonl[1]["why"][0].startswith("One text is enough")


def test_bad_lines_and_options_are_named(tmp_path: Path) -> None:
    late = {"source": "x", "native_id": "9", "text": "Kargo nerede?"}
    answer = detected(tmp_path, [late, mention(1, BEGIN, "question", "Kaçta açılıyor?")])
    assert answer.status == 1 and "line 1" in answer.err and "published_at is missing" in answer.err
    assert len(answer.jsonl) == 1
    assert detected(tmp_path, [], "--unseen", "yesterday").status == 2
    assert detected(tmp_path, [], "--unseen", "2026-11-16T10:00/2026-11-16T09:00").status == 2


def test_the_brands_own_posts_are_of_no_incident(tmp_path: Path) -> None:
    own = mention(1, BEGIN, "other", "Selvi su ısıtıcısı yeniden stokta") | {"author": "@CinarEv"}
    answer = detected(tmp_path, [own, mention(2, BEGIN, "question", "Kaçta açılıyor?")])
    assert [line["incident"] for line in answer.jsonl] == [None, "i1"]


def test_the_worker_says_the_same(tmp_path: Path) -> None:
    lines = story()
    answer = detected(tmp_path, lines, "--lang", "tr")
    home = tmp_path / "worker"
    settings = load_settings(environ={"NOBET_HOME": str(home)})
    store, brand, now = Store.open(settings.url), settings.brand.key, BEGIN + timedelta(days=1)
    read = [parse_mention({k: v for k, v in line.items() if k != "score"}, now=now)[0] for line in lines]
    known = [
        Score.model_validate({**line["score"], "native_id": one.native_id, "source": "x", "model": "given"})
        for line, one in zip(lines, read, strict=True)
    ]
    ids = ingest.save_batch(store, brand, "x", [Fetched(one, {}) for one in read], seen_at=now).new_ids
    with store.write() as tx:
        scoring.save_scores(tx, brand, list(zip(ids, known, strict=True)), [], now)
    Detecting(store, settings, grouping_of(settings), {}).run(now)
    with store.read() as tx:
        names = dict(tx.execute(select(incidents.c.id, incidents.c.name)).all())
        placed = dict(tx.execute(select(incident_mentions.c.mention_id, incident_mentions.c.incident_id)).all())
        raised = tx.execute(select(alarms)).all()
    store.close()
    groups = {line["native_id"]: line["incident"] for line in answer.jsonl if line["type"] == "group"}
    assert groups == {one.native_id: names[placed[id]] for id, one in zip(ids, read, strict=True)}
    told = [(datetime.fromisoformat(one["at"]), one["incident"], one["why"]) for one in answer.jsonl
            if one["type"] == "alarm"]  # fmt: skip
    assert told == [(row.at, names[row.incident_id], row.facts["why"]["tr"]) for row in raised] and told
