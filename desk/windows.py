"""When a platform takes an answer: messaging windows, question deadlines. Pure; the only place that knows them.

The deadline of a clock (deadline.py) and the check before sending (`may_send`) read the same table, so that they cannot
disagree. A channel that is not in the table sets no limit (X, Reddit, Mastodon, Bluesky, e-mail, forums).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from desk.calendar import Calendar, calendar_of, in_years, utc
from desk.policy import Policy
from desk.story import Line


@dataclass(frozen=True)
class Rule:
    """How long a platform takes an answer to what the customer wrote: `length` of real time, or `business_days`.

    `rule` and `advice` are codes of the story: what the limit is, and what to do once it has passed.
    """

    rule: str
    advice: str
    length: timedelta | None = None
    business_days: int = 0

    def closes(self, written: datetime, calendar: Calendar) -> datetime:
        """The end of the window for something written then (UTC)."""
        return (
            written + self.length if self.length is not None else _business_days(written, self.business_days, calendar)
        )


_DAY = timedelta(hours=24)
_MESSAGING = Rule("window_24h", "another", _DAY)

RULES: dict[str, Rule] = {
    # Free text for 24 hours after the customer's last message, which begins them anew; then only approved templates.
    # Meta, WhatsApp Business Platform, "customer service windows"; so also AWS End User Messaging Social,
    # docs.aws.amazon.com/social-messaging/latest/userguide/whatsapp-send-message.md
    "whatsapp": Rule("window_24h", "template", _DAY),
    # The standard messaging window; only the customer can begin. (A person's answer may follow within seven days with
    # the HUMAN_AGENT tag, for which Meta must have approved the app; we do not count on it. A first message after an
    # ad may open a longer window.) developers.facebook.com/documentation/business-messaging/messenger-platform/policy
    "messenger": _MESSAGING,
    "instagram_message": _MESSAGING,
    # "UNANSWERED: closed due to no response within 3 business days"; developers.trendyol.com/v2.0/docs/
    # answering-customer-questions
    "trendyol": Rule("business_days_3", "question", business_days=3),
    # "2 iş günü"; the moment itself comes as `expireDate`; developers.hepsiburada.com, saticiya-sor-entegrasyonu
    "hepsiburada": Rule("business_days_2", "question", business_days=2),
}
"""The platforms that set a limit, by channel."""

PRIVATE = {"instagram": "instagram_message", "facebook": "messenger"}
"""Channels whose private messages go by the rule of another one; their public comments have no limit."""

_DELIVERED = "delivered_deadline"


@dataclass(frozen=True)
class Window:
    """Whether a platform takes an answer now, until or since when (None: no limit), and the sentence that says so."""

    open: bool
    closes_at: datetime | None
    why: Line


def rule_of(channel: str | None, private: bool = False) -> Rule | None:
    """The limit that a platform sets, None where it sets none."""
    name = (channel or "").lower()
    return RULES.get(PRIVATE.get(name, name) if private else name)


def closes(
    channel: str | None, written: datetime, answer_by: datetime | None, calendar: Calendar, private: bool = False
) -> tuple[datetime | None, str]:
    """The moment at which the platform stops taking an answer to something `written` (UTC), and the rule's code.

    The deadline that it delivered with it (`answer_by`) stands instead of its usual window; one of no sensible year
    (9999-12-31 for "never") is none. Raises ClockError for an `answer_by` without an offset.
    """
    if answer_by is not None and (answer_by.tzinfo is None or in_years(answer_by)):
        return utc(answer_by), _DELIVERED
    rule = rule_of(channel, private)
    return (rule.closes(written, calendar), rule.rule) if rule else (None, "")


def may_send(
    channel: str,
    private: bool,
    last_customer_at: datetime | None,
    answer_by: datetime | None,
    now: datetime,
    calendar: Calendar | None = None,
) -> Window:
    """Whether the platform takes a free answer at `now`, and the sentence for the agent.

    `last_customer_at` is when the customer last wrote in that conversation (None: never), `answer_by` the deadline that
    the platform delivered with a message; it is out of date once they have written after it. `calendar` says which days
    are business days (of the default policy's country when left out: both marketplaces are Turkish). At `closes_at`
    itself the window is closed. Raises ClockError for a time without an offset.
    """
    now, rule = utc(now), rule_of(channel, private)
    told: dict[str, object] = {"channel": channel.lower()}
    written = utc(last_customer_at) if last_customer_at is not None else None
    if answer_by is not None and written is not None and _outdated(answer_by, written):
        answer_by = None
    if written is None and answer_by is None:
        if rule is None:
            return Window(True, None, Line("window_none", told))
        return Window(False, None, Line(f"window_unopened_{rule.advice}", told))
    at, name = closes(channel, written or now, answer_by, calendar or _usual(), private)
    if at is None:
        return Window(True, None, Line("window_none", told))
    told |= {"at": at, "rule": name}
    if now < at:
        return Window(True, at, Line("window_open", told))
    return Window(False, at, Line(f"window_closed_{rule.advice if rule else 'another'}", told))


def _outdated(answer_by: datetime, written: datetime) -> bool:
    """Whether a delivered deadline is older than what the customer wrote, and so belongs to an earlier message."""
    return in_years(answer_by) and utc(answer_by) < written


@cache
def _usual() -> Calendar:
    return calendar_of(Policy())


def _business_days(written: datetime, days: int, calendar: Calendar) -> datetime:
    """The same local time `days` business days (Monday to Friday, no public holiday) later.

    They are the marketplace's business days: the desk's own hours and exceptions do not matter, a half day counts.
    """
    when = written.astimezone(calendar.zone)
    left = days
    while left:
        when += timedelta(days=1)  # aware arithmetic keeps the local time, which is what is wanted here
        if when.weekday() < 5 and not calendar.is_public_holiday(when.date()):
            left -= 1
    return when.astimezone(UTC)
