"""Which playbook a mention takes, how urgent and how important it is, and why. Pure: no clock, no store, no chance.

The most specific playbook that fits wins: the one with the most conditions filled, then the lower `order`, then the
id. What fits nothing, and what the classifier was not sure of, goes to a person. Rules may raise an urgency or a
priority and never lower them: a loud customer may be moved up, a quiet one is never moved down.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mention import URGENCIES, Mention, Score, search_text
from playbooks.reasons import Reason
from playbooks.schema import Library, Playbook

PRIORITY = {"critical": 1, "urgent": 2, "same_day": 3, "none": 5}
"""Priority by urgency alone, 1 highest; 4 is left for what a rule lifts out of 'no answer due'."""

REACH = 10_000
"""Followers from which an author is heard beyond their own circle (given by the house's rules)."""

WIDE_REACH = 100_000
"""Ten times that counts twice: about where the press reads along."""

MANY_SHARES = 50
"""Shares from which strangers carry the matter on; a judgement, to be set by a brand's own history later."""

MANY_CONTACTS = 2
"""Earlier contacts that make this one the third: who writes a third time has not been helped twice."""

LOW_RATING = 2.0
"""One or two stars of five."""

MAX_RAISE = 2
"""Steps that all circumstances together may raise: fame alone does not make a late parcel a burning house."""

READ_FOR_WORDS = 50_000
"""Characters of a text that are searched for words; whoever writes more has said by then what it is about."""

ALWAYS_INFORMED = ("crisis_manager", "team_lead")
"""Who knows of everything critical, whichever playbook is or is not there: nobody may learn of it from the press."""

_CONDITIONS = ("topics", "urgencies", "sentiments", "channels")


@dataclass(frozen=True)
class History:
    """What the desk knows of the author: their open case, earlier contacts (a count), and loyalty tier."""

    open_case_id: int | None = None
    contacts: int = 0
    tier: str | None = None


@dataclass(frozen=True)
class Decision:
    """Where a mention goes. `priority` is 1 (highest) to 5; `needs_person` says that no rule was sure.

    `action` is `open_case` (or join `joins`, the author's open case) or `set_aside`. `reasons` are in the order in
    which the decision was made; each says itself in Turkish or English.
    """

    action: str
    playbook: str | None
    playbook_version: int | None
    urgency: str
    priority: int
    inform_first: tuple[str, ...]
    reasons: tuple[Reason, ...]
    needs_person: bool
    joins: int | None = None


@dataclass(frozen=True)
class _Matter:
    """What the conditions of a playbook are compared with."""

    topics: str
    urgencies: str
    sentiments: str
    channels: str
    text: str


NO_HISTORY = History()


def route(mention: Mention, score: Score, library: Library, history: History = NO_HISTORY) -> Decision:
    """What to do with a scored mention: the playbook, urgency, priority, who is informed first, and every reason.

    The same arguments always give the same decision. Urgency `none` is set aside, save praise, which is opened
    without a clock; an uncertain urgency is treated as at least `same_day` and goes to a person, as does what fits
    no playbook.
    """
    told: list[Reason] = []
    if history.open_case_id is not None:
        told.append(Reason("case_open", {"case": history.open_case_id}))
    topic = score.topic.label
    urgency, needs_person = _urgency(score, told)

    doubt = _doubtful_praise(mention, score)
    if doubt:
        told.append(Reason("praise_doubtful", {"sign": doubt}))
        urgency, needs_person = _higher(urgency, "same_day"), True
    if urgency == "none" and topic != "praise":
        told.append(Reason("no_answer_due", {"topic": topic}))
        return _set_aside(told, history)

    matter = _Matter(topic, urgency, score.sentiment.label, mention.channel, fold(mention.text[:READ_FOR_WORDS]))
    chosen = None if doubt else _choose(matter, library, told)
    if chosen is None and urgency == "none":
        told.append(Reason("no_answer_due", {"topic": topic}))
        return _set_aside(told, history)
    if chosen is None:
        told.append(Reason("no_playbook", {"topic": topic}))
        needs_person = True
    else:
        needs_person = _unsure_of_choice(score, chosen, told) or needs_person
        floor = chosen.urgency_floor
        if floor and urgency != "none" and _higher(urgency, floor) != urgency:
            told.append(Reason("urgency_floor", {"urgency": floor, "label": urgency}))
            urgency = floor
    if urgency == "none":
        told.append(Reason("praise_no_clock"))

    priority = _priority(mention, urgency, chosen, history, told)
    return Decision(
        action="open_case",
        playbook=chosen.id if chosen else None,
        playbook_version=chosen.version if chosen else None,
        urgency=urgency,
        priority=priority,
        inform_first=_informed(chosen, urgency, told),
        reasons=tuple(told),
        needs_person=needs_person,
        joins=history.open_case_id,
    )


def _set_aside(told: list[Reason], history: History) -> Decision:
    return Decision("set_aside", None, None, "none", PRIORITY["none"], (), tuple(told), False, history.open_case_id)


def _higher(urgency: str, other: str) -> str:
    return max(urgency, other, key=URGENCIES.index)


def _urgency(score: Score, told: list[Reason]) -> tuple[str, bool]:
    """The urgency to work with, and whether a person must decide; an unknown label counts as no label."""
    label = score.urgency.label
    known = label in URGENCIES
    if known and "urgency" not in score.abstained:
        return label, False
    urgency = _higher(label, "same_day") if known else "same_day"
    told.append(Reason("urgency_unsure", {"label": label, "urgency": urgency}))
    return urgency, True


def _doubtful_praise(mention: Mention, score: Score) -> str | None:
    """What speaks against taking praise at its word: thanking a sarcastic customer is the classic public blunder."""
    if score.topic.label != "praise":
        return None
    if score.sentiment.label == "negative":
        return "negative"
    return "low_rating" if _low(mention.rating) else None


def _low(rating: float | None) -> bool:
    return rating is not None and rating <= LOW_RATING


def _unsure_of_choice(score: Score, chosen: Playbook, told: list[Reason]) -> bool:
    unsure = False
    if "topic" in score.abstained:
        told.append(Reason("topic_unsure", {"topic": score.topic.label}))
        unsure = True
    if "sentiment" in score.abstained and chosen.when.sentiments:
        told.append(Reason("sentiment_unsure", {"sentiment": score.sentiment.label}))
        unsure = True
    return unsure


def specificity(playbook: Playbook) -> int:
    """How many conditions a playbook asks of a mention; a forbidden word narrows nothing down and is not counted."""
    when = playbook.when
    filled = (when.topics, when.urgencies, when.sentiments, when.channels, when.words.any, when.words.also)
    return sum(1 for condition in filled if condition)


def _choose(matter: _Matter, library: Library, told: list[Reason]) -> Playbook | None:
    """The fitting playbook that is most specific, then first in order; tells what fitted and what nearly did."""
    fitting: list[tuple[Playbook, list[Reason]]] = []
    for playbook in library.playbooks:  # in order of `order`, then id
        fits, why = _fit(matter, playbook)
        if fits:
            fitting.append((playbook, why))
        else:
            told.extend(why)
    if not fitting:
        return None
    chosen, why = max(fitting, key=lambda pair: specificity(pair[0]))  # max keeps the first of equals
    told.extend(why)
    title = chosen.title
    told.append(
        Reason("playbook_chosen", {
            "playbook": chosen.id, "title_tr": title.tr, "title_en": title.en, "version": chosen.version,
        })
    )  # fmt: skip
    for other, _ in fitting:
        if other is chosen:
            continue
        more, fewer = specificity(chosen), specificity(other)
        values = {"other": other.id, "other_tr": other.title.tr, "other_en": other.title.en}
        if more > fewer:
            told.append(Reason("more_specific", {**values, "more": more, "fewer": fewer}))
        else:
            told.append(Reason("earlier_in_order", values))
    return chosen


def _fit(matter: _Matter, playbook: Playbook) -> tuple[bool, list[Reason]]:
    """Whether a playbook fits, with the reasons; a misfit says why only where its topic was right."""
    when = playbook.when
    reasons: list[Reason] = []
    for condition in _CONDITIONS:
        allowed: tuple[str, ...] = getattr(when, condition)
        if not allowed:
            continue
        value: str = getattr(matter, condition)
        if value not in allowed:
            return False, [] if condition == "topics" else _near_miss(playbook, condition)
        name = {"topics": "topic", "urgencies": "urgency", "sentiments": "sentiment", "channels": "channel"}[condition]
        reasons.append(Reason(f"{name}_fits", {name: value}))
    forbidden = first_word(matter.text, when.words.none)
    if forbidden:
        values = {"playbook": playbook.id, "title_tr": playbook.title.tr, "title_en": playbook.title.en}
        return False, [Reason("word_forbids", {**values, "word": forbidden})] if when.topics else []
    for words in (when.words.any, when.words.also):
        if not words:
            continue
        said = first_word(matter.text, words)
        if said is None:
            return False, _near_miss(playbook, "words")
        reasons.append(Reason("words_fit", {"word": said}))
    return True, reasons


def _near_miss(playbook: Playbook, condition: str) -> list[Reason]:
    if not playbook.when.topics:
        return []
    title = playbook.title
    values = {"playbook": playbook.id, "title_tr": title.tr, "title_en": title.en, "condition": condition}
    return [Reason("condition_missing", values)]


def fold(text: str) -> str:
    """The form in which words of a playbook and texts are compared: mention.search_text with straight apostrophes."""
    return search_text(text).replace("’", "'")


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    stem = word.removesuffix("*")
    return re.compile(r"(?<!\w)" + re.escape(stem) + (r"\w*" if word.endswith("*") else r"(?!\w)"))


def first_word(text: str, words: tuple[str, ...]) -> str | None:
    """The first of `words` (folded; `iade*` takes every ending) in a folded text, as the text says it, or None."""
    for word in words:
        if word.removesuffix("*") in text:  # far cheaper than the pattern, and mostly the answer
            match = _pattern(word).search(text)
            if match:
                return match.group()[:60]
    return None


def _priority(
    mention: Mention, urgency: str, playbook: Playbook | None, history: History, told: list[Reason]
) -> int:  # fmt: skip
    """1 (highest) to 5: by urgency, at least the playbook's floor, then raised by circumstances, never lowered."""
    base = PRIORITY[urgency]
    told.append(Reason("priority_from_urgency", {"priority": base, "urgency": urgency}))
    if playbook and playbook.priority_floor < base:
        base = playbook.priority_floor
        told.append(Reason("priority_floor", {"priority": base}))
    raises = 0
    followers = mention.followers or 0
    if followers >= REACH:
        raises += 2 if followers >= WIDE_REACH else 1
        told.append(Reason("raised_by_reach", {"followers": followers, "limit": REACH}))
    if mention.engagement.shares >= MANY_SHARES:
        raises += 1
        told.append(Reason("raised_by_shares", {"shares": mention.engagement.shares, "limit": MANY_SHARES}))
    if history.contacts >= MANY_CONTACTS:
        raises += 1
        told.append(Reason("raised_by_contacts", {"number": history.contacts + 1}))
    if _low(mention.rating):
        raises += 1
        told.append(Reason("raised_by_rating", {"rating": mention.rating}))
    if not raises:
        return base
    priority = max(1, base - min(raises, MAX_RAISE))
    told.append(Reason("priority_final", {"priority": priority}))
    return priority


def _informed(playbook: Playbook | None, urgency: str, told: list[Reason]) -> tuple[str, ...]:
    """Roles and parties in the order in which they are informed, each once."""
    by_time = sorted(playbook.inform_first, key=lambda informed: informed.within) if playbook else []
    roles = [informed.role for informed in by_time]
    if urgency == "critical":
        roles = [*ALWAYS_INFORMED, *roles]
        told.append(Reason("critical_informs", {"roles": " ".join(ALWAYS_INFORMED)}))
    return tuple(dict.fromkeys(roles))
