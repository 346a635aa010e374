"""A site of one kind, as the contract test needs it. Every kind has its World in a file of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from collectors import registry
from collectors.protocol import (
    Batch,
    CollectorError,
    Cursor,
    Proof,
    RateLimited,
    Reach,
    Refused,
    Rejected,
    Unavailable,
    Unreadable,
)
from mention import Mention
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
START = NOW - timedelta(days=2)
SECRET = "s3cr3t-0123456789"
TURKISH = "Kargom ÇÖĞÜŞİ ışıklı <b>şaka mı</b> & iğne 😡 =1+1"


@dataclass(frozen=True)
class Post:
    """One post of the site; a larger number is newer. `when` is its time where that does not follow from its number."""

    number: int
    text: str = ""
    author: str | None = "Ayşe"
    dated: bool = True
    when: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.when or START + timedelta(minutes=10 * self.number)

    @property
    def words(self) -> str:
        return self.text or f"gönderi {self.number}"


@dataclass
class World:
    """A site of one kind. `posts` are in the order in which the site lists them (newest first)."""

    kind: ClassVar[str]
    page: ClassVar[int] = 3
    posts: list[Post] = field(default_factory=list)
    # What each fault of the server must become; None where the kind reads on (and must lose nothing all the same).
    becomes: ClassVar[dict[str, type[CollectorError] | None]] = {
        "429": RateLimited, "429 with time": RateLimited, "500": Unavailable, "503": Unavailable, "401": Refused,
        "403": Refused, "truncated": Unavailable, "broken": Unreadable, "html": Unreadable, "empty": Unreadable,
    }  # fmt: skip
    waits_unasked: ClassVar[bool] = True
    """Whether a 429 that names no time still gets one."""
    env: ClassVar[dict[str, str]] = {}
    """The environment variables that hold this kind's secrets."""
    first: ClassVar[Proof] = "ended"
    """What a first fetch of everything proves."""
    again: ClassVar[Proof] = "overlap"
    """What a later fetch with something new proves."""
    nothing_new: ClassVar[Proof] = "overlap"
    """What a later fetch without anything new proves."""
    may_be_empty: ClassVar[str] = ""
    """Why an answer without posts may be right where there were some; it must not pass for more than `parsed` then."""
    lists_all: ClassVar[str] = ""
    """Why nothing is missing although nothing that was read before is listed any more; else that is a gap."""
    sorted_by_id: ClassVar[bool] = False
    """Whether posts are listed in the order in which they came, whatever dates they have."""
    asks_until_now: ClassVar[bool] = False
    """Whether the service is asked for what was posted until now, so that it never shows a post of tomorrow."""

    def add(self, count: int) -> list[Post]:
        """`count` newer posts, at the top."""
        first = max((post.number for post in self.posts), default=0) + 1
        new = [Post(number) for number in range(first, first + count)]
        self.posts = list(reversed(new)) + self.posts
        return new

    @property
    def secrets(self) -> list[str]:
        """What must not be seen anywhere: the values of the environment that are no plain names."""
        return [part for value in self.env.values() for part in value.split("\\n") if len(part) >= 16]

    def native_id(self, post: Post) -> str:
        raise NotImplementedError

    def settings(self, url: str) -> dict[str, Any]:
        raise NotImplementedError

    def route(self, request: Request) -> Answer:
        raise NotImplementedError

    def counts(self, request: Request) -> bool:
        return True

    def too_many(self, seconds: int) -> Callable[[Answer], Answer]:
        """A 429 that says when, in this kind's way."""
        return Fault.status(429, retry_after=str(seconds))


@dataclass
class Kept:
    """What a store would hold: mentions by id, rejections, and the last cursor, through JSON as a database keeps it."""

    mentions: dict[str, Mention] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    cursor: Cursor | None = None
    cursors: list[Cursor] = field(default_factory=list)
    raw: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    batches: int = 0
    reach: Reach | None = None
    """What the last fetch proved; None when it was cut off."""
    proofs: int = 0
    """How many batches so far said what is proven."""

    def take(self, batches: Iterator[Batch], kill_after: int | None = None) -> None:
        """Store batch by batch; end as a killed process does once `kill_after` of them are stored."""
        self.reach = None
        for number, batch in enumerate(batches, 1):
            self.reach = batch.reach
            self.proofs += batch.reach is not None
            for item in batch.fetched:
                self.mentions.setdefault(item.mention.native_id, item.mention)
                self.raw.append(json.loads(json.dumps(item.raw, allow_nan=False)))
            self.rejected += batch.rejected
            self.cursor = json.loads(json.dumps(batch.cursor))
            self.cursors.append(self.cursor)
            self.notes.append(batch.note)
            self.batches += 1
            if number == kill_after:
                return


def collector(world: World, server: FaultyServer, **more: Any) -> Any:
    """The world's collector, allowed to reach this machine."""
    return registry.collector_for({"private_network": True, **world.settings(server.url), **more})


def ids(world: World, posts: list[Post] | None = None) -> set[str]:
    """The native ids of posts, all of the world's when none are given."""
    return {world.native_id(post) for post in (world.posts if posts is None else posts)}


def is_a_sentence(text: str, source: str) -> bool:
    """Whether an error can be shown to a person as it is: it names the source, says what and what to do, in a line."""
    return text.startswith(f'Source "{source}"') and is_a_line(text)


def is_a_line(text: str) -> bool:
    """Whether a text is one or more whole sentences on one line, short enough to be read."""
    return text.rstrip().endswith((".", ")")) and "\n" not in text and "Traceback" not in text and 10 < len(text) < 500
