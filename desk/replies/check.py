"""The reply check: what is wrong with a reply before it is sent, with reasons and places.

    findings = check(text, context, reader)
    may_be_sent = not any(finding.blocks for finding in findings)

Pure: no I/O beyond the shipped rules, which are read once; the same arguments give the same findings. The reader (see
classifying.reader_of) finds personal data and tells the language; without one these rules find nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from desk.replies.context import Reader, ReplyContext
from desk.replies.matchers import Said, Task, hits
from desk.replies.schema import Rule
from desk.replies.shelf import shipped
from playbooks.schema import Bilingual

MOST = 20
"""Findings of one rule: whoever mends the first twenty sees the rest at the next check."""

_SHOWN = 60
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a reply: `text[start:end]` is where, the whole text where something is missing."""

    rule: str
    """Id of the rule."""
    level: str
    """`blocking` or `advising`."""
    start: int
    end: int
    params: Mapping[str, Said]
    """Values of the sentence's slots; a pair is the Turkish and the English form."""
    wrong: Bilingual
    """What is wrong, with slots."""
    instead: Bilingual
    """What to do instead, with slots."""

    @property
    def blocks(self) -> bool:
        """Whether the reply cannot be sent as it is."""
        return self.level == "blocking"

    def what(self, language: str) -> str:
        """What is wrong, in Turkish for `tr` and in English for any other language."""
        return _filled(self.wrong.say(language), self.params, language)

    def advice(self, language: str) -> str:
        """What to do instead."""
        return _filled(self.instead.say(language), self.params, language)

    def say(self, language: str) -> str:
        """What is wrong and what to do instead. What stood in the reply is cut short and shown without effect."""
        what = self.what(language)
        return f"{what}{'' if what.endswith(('.', '!', '?', '…')) else '.'} {self.advice(language)}"


def check(
    text: str, context: ReplyContext, reader: Reader | None = None, rules: tuple[Rule, ...] | None = None
) -> tuple[Finding, ...]:
    """What is wrong with a reply, the blocking findings first, then by place. Never raises for what the text holds.

    `rules` are the shipped ones unless told (see shelf.with_own for a brand's).
    """
    task = Task(text, context, reader)
    found = [
        Finding(rule.id, rule.level, hit.start, hit.end, dict(hit.said), rule.say, rule.instead)
        for rule in (shipped() if rules is None else rules)
        if rule.is_for(context)
        for hit in islice(hits(rule, task), MOST)
    ]
    return tuple(sorted(found, key=lambda one: (not one.blocks, one.start, one.end, one.rule)))


def _filled(text: str, params: Mapping[str, Said], language: str) -> str:
    def value(slot: re.Match[str]) -> str:
        said = params.get(slot.group(1), "")
        return _shown(said if isinstance(said, str) else said[0 if language == "tr" else 1])

    return _SLOT.sub(value, text)


def _shown(value: str) -> str:
    """A piece of a reply as it may stand in a sentence: short, on one line, with what nobody sees spelled out."""
    cut = value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
    return "".join(
        f"U+{ord(char):04X}" if unicodedata.category(char) in ("Cf", "Cc", "Cs", "Co") and char not in "\n\t" else char
        for char in " ".join(cut.split(" "))
    ).replace("\n", " ")
