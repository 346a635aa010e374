"""What goes into the watch and what comes out of it: one heard mention, unseen time, and an alarm with its reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from mention import Mention, Score
from playbooks.growth.doubling import Doubling

CERTAIN = 0.9
"""Probability of both labels from which one text is enough."""

AT_ONCE = frozenset({"safety", "privacy_fraud"})
"""Topics of which one certain and critical text is an alarm: people may be hurt, or the regulator's 72 hours run."""

WIDEST = 7.0
GRAVEST = 10.0


@dataclass(frozen=True)
class Heard:
    """A mention as the watch needs it. `at` is aware; `author` may be unknown. `reach` and `severity` are weights of at
    least 1, see `reach_of` and `severity_of`; `at_once` says that this text alone is an alarm."""

    at: datetime
    incident: str
    topic: str = "other"
    channel: str = ""
    author: str = ""
    reach: float = 1.0
    severity: float = 1.0
    at_once: bool = False


@dataclass(frozen=True)
class Unseen:
    """Time [start, end) (aware) of which `share` (0 to 1) of the brand's usual mentions was not seen."""

    start: datetime
    end: datetime
    share: float = 1.0


@dataclass(frozen=True)
class Alarm:
    """An incident that grows as it should not, or one text that is enough. `at` is the moment of the mention that
    raised it (aware UTC), `onset` where the growth likely began.

    `view` says what saw it: `cusum` or `window` of the brand or of `topic`, `incident` (its own mentions), `reach` or
    `severity` (the weighted windows), `at_once` (one text). Counts are of the last 15 minutes; `usual` is what is usual
    then, of the brand or the topic. `own` of `count` are of the incident itself.
    """

    at: datetime
    incident: str
    view: str
    topic: str | None
    count: int
    own: int
    usual: float
    authors: int
    channels: tuple[tuple[str, int], ...]
    onset: datetime
    doubling: Doubling | None
    surprise: float
    why: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    """The explanation as sentences, by language (`tr`, `en`)."""


def reach_of(mention: Mention) -> float:
    """How far a mention carries, 1 to 7: 1 and the common logarithm of followers, views and 20 times the shares."""
    seen = (mention.followers or 0) + mention.engagement.views + 20 * mention.engagement.shares
    return min(WIDEST, 1 + math.log10(1 + seen))


def severity_of(score: Score | None) -> float:
    """How grave it is, 1 to 10: 10 for a certain critical, 5 for a certain urgent one, in between by probability."""
    if score is None:
        return 1.0
    probs = score.urgency.probs
    return min(GRAVEST, 1 + 9 * probs.get("critical", 0.0) + 4 * probs.get("urgent", 0.0))


def at_once_of(score: Score | None) -> bool:
    """Whether one text is enough: critical and of AT_ONCE, both with certainty, and nothing abstained from."""
    if score is None or score.urgency.label != "critical" or score.topic.label not in AT_ONCE:
        return False
    if "urgency" in score.abstained or "topic" in score.abstained:
        return False
    sure = (score.urgency.probs.get("critical", 0.0), score.topic.probs.get(score.topic.label, 0.0))
    return min(sure) >= CERTAIN


def heard(mention: Mention, score: Score | None, incident: str) -> Heard:
    """A mention with its score (None where it has none) and its incident's id, as the watch needs it."""
    return Heard(
        at=mention.published_at, incident=incident, topic=score.topic.label if score else "other",
        channel=mention.channel, author=f"{mention.channel}:{mention.author}" if mention.author else "",
        reach=reach_of(mention), severity=severity_of(score), at_once=at_once_of(score),
    )  # fmt: skip
