"""The Bluesky collector over the Bluesky development network: Bluesky's own servers, run on this machine.

It runs with `make test-servers`, which sets NOBET_TEST_SERVERS=1, and takes a minute and a half. The network is
installed by npm once (700 MB, eight minutes) into var/servers/bluesky, or NOBET_BLUESKY_NETWORK; it needs redis-server,
by its name or in NOBET_REDIS_SERVER, and the PostgreSQL of the test requirements. Everything listens on 127.0.0.1.

The network's search is Bluesky's own development one: it finds the query's letters in a post's text, in the order of
`sortAt`, and pages by time instead of by position.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from collectors import bluesky_session, registry
from collectors.protocol import Batch, Reach, Refused
from tests.servers.bluesky_network import BlueskyNetwork

pytestmark = pytest.mark.skipif(
    os.environ.get("NOBET_TEST_SERVERS") != "1", reason="the Bluesky network takes minutes: `make test-servers` runs it"
)

TURKISH = "Çınarev kargom ÇÖĞÜŞİ ışıklı <b>şaka mı</b> & iğne 😡"


class Account:
    """An account of the network that posts."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.handle = url, f"{name}.test"
        made = self.call(
            "server.createAccount", handle=self.handle, email=f"{name}@example.com", password=f"{name}-pass"
        )
        self.did, self._token = made["did"], made["accessJwt"]

    def call(self, method: str, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if hasattr(self, "_token") else {}
        answer = requests.post(f"{self.url}/xrpc/com.atproto.{method}", json=body, headers=headers, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def post(self, text: str, at: datetime, **more: Any) -> str:
        """The at:// address of a new post."""
        return str(self.record("app.bsky.feed.post", text=text, createdAt=stamp(at), langs=["tr"], **more)["uri"])

    def record(self, collection: str, **fields: Any) -> Any:
        record = {"$type": collection, **fields}
        return self.call("repo.createRecord", repo=self.did, collection=collection, record=record)

    def delete(self, uri: str) -> None:
        collection, key = uri.split("/")[-2:]
        self.call("repo.deleteRecord", repo=self.did, collection=collection, rkey=key)


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


@pytest.fixture(scope="module")
def network() -> Iterator[BlueskyNetwork]:
    with BlueskyNetwork() as running:
        yield running


def ids(batches: list[Batch]) -> set[str]:
    assert not any(batch.rejected for batch in batches)
    return {item.mention.native_id for batch in batches for item in batch.fetched}


def test_posts_are_found_over_pages_with_mentions_edits_and_deletions(
    network: BlueskyNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand, ayse, can = (Account(network.url, name) for name in ("cinarev", "ayse", "can"))
    monkeypatch.setenv("NOBET_BLUESKY_APP_PASSWORD", brand.call("server.createAppPassword", name="nobet")["password"])
    now = datetime.now(UTC).replace(microsecond=0)
    start = now - timedelta(hours=9)
    posted = [ayse.post(f"çınarev {n}", start + timedelta(minutes=n)) for n in range(230)]
    posted.append(ayse.post(TURKISH.replace("Çınarev", "çınarev"), now - timedelta(minutes=1)))
    ayse.post("başka bir marka", now)
    mention = {"$type": "app.bsky.richtext.facet#mention", "did": brand.did}
    facet = {"index": {"byteStart": 0, "byteEnd": 13}, "features": [mention]}
    mentioned = can.post("@cinarev.test neredesiniz", now - timedelta(minutes=3), facets=[facet])
    own = brand.record("app.bsky.feed.post", text="Buradayız", createdAt=stamp(now - timedelta(minutes=2)))
    ref = {"uri": own["uri"], "cid": own["cid"]}
    answer = can.post("Teşekkürler", now - timedelta(minutes=1), reply={"root": ref, "parent": ref})
    can.record("app.bsky.feed.like", subject=ref, createdAt=stamp(now))
    network.process()

    record = {
        "kind": "bluesky", "handle": "cinarev.test", "url": network.url, "native_query": "çınarev",
        "private_network": True,
    }  # fmt: skip
    collector: Any = registry.collector_for(record)
    batches = list(collector.fetch(None, datetime.now(UTC)))
    assert ids(batches) == {*posted, mentioned, answer}
    assert len([batch for batch in batches if batch.note.startswith("search") or batch.fetched]) >= 3
    assert batches[-1].reach is not None and batches[-1].reach.proof == "ended"
    by_id = {item.mention.native_id: item.mention for batch in batches for item in batch.fetched}
    assert by_id[posted[-1]].text == TURKISH.replace("Çınarev", "çınarev")
    assert by_id[posted[0]].published_at == start and by_id[posted[0]].author == "ayse.test"
    assert by_id[answer].in_reply_to == own["uri"] and by_id[answer].extra["reason"] == "reply"
    assert by_id[mentioned].extra["reason"] == "mention"
    assert "cinarev.test" in collector.verify(datetime.now(UTC))

    # The next fetch brings what is new, and meets what it has read.
    later = [ayse.post(f"çınarev yine {n}", datetime.now(UTC)) for n in range(3)]
    network.process()
    cursor = json.loads(json.dumps(batches[-1].cursor))
    batches = list(registry.collector_for(record).fetch(cursor, datetime.now(UTC)))
    assert set(later) <= ids(batches) and batches[-1].reach == Reach("overlap")
    assert len(bluesky_session._sessions) == 1, "one session for both collectors"

    # A deleted post is no longer shown; a page that is gone does not hide another.
    ayse.delete(later[0])
    network.process()
    assert collector.deleted([*posted[:30], *later], datetime.now(UTC)) == (later[0],)

    # A wrong app password is refused in a sentence, and an anonymous search does not exist here.
    monkeypatch.setenv("NOBET_BLUESKY_APP_PASSWORD", "wrong-wron-wron-wron")
    with pytest.raises(Refused, match="Invalid identifier or password") as raised:
        list(registry.collector_for(record).fetch(None, datetime.now(UTC)))
    assert "wrong-wron" not in str(raised.value)


def test_a_renewed_session_reads_on(network: BlueskyNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Account(network.url, "okur")
    monkeypatch.setenv("NOBET_BLUESKY_APP_PASSWORD", reader.call("server.createAppPassword", name="n")["password"])
    record = {"kind": "bluesky", "handle": "okur.test", "url": network.url, "private_network": True}
    now = datetime.now(UTC)
    list(registry.collector_for(record).fetch(None, now))
    ((key, first),) = [(k, s) for k, s in bluesky_session._sessions.items() if "okur.test" in k]
    assert now + timedelta(minutes=30) < first.until < now + timedelta(days=1), "the token says when it ends"
    list(registry.collector_for(record).fetch(None, first.until))
    second = bluesky_session._sessions[key]
    assert second.refresh != first.refresh, "renewed with the refresh token, which is used once"
