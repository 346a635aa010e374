"""The mistakes of a configuration in the reader's language: the form's English sentences, found by their wording.

Each stands in the English catalogue under `mistake.…` with slots for what was typed. One that is not found is shown as
it was said, which is English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from board.settings_fields import Asked
from board.texts import Texts, texts
from desk.settings import Mistake

_KEY = "mistake."
_SLOT = re.compile(r"\\\{(\w+)\\\}")


def said(mistake: Mistake, to: Texts) -> str:
    """What is wrong, without the name of the field."""
    for key, pattern in _patterns():
        if found := pattern.fullmatch(mistake.said):
            return to.say(key, **found.groupdict())
    return mistake.said


def field_name(field: str, asked: Sequence[Asked], to: Texts) -> str:
    """A field as the page calls it, where a section asks for it; else as the file does."""
    one = next((one for one in asked if one.name == field), None)
    return " · ".join(part for part in (one.group, to.say(f"set.{one.key}")) if part) if one else field


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    found = [(key, forms[0]) for key, forms in texts("en").forms.items() if key.startswith(_KEY)]
    found.sort(key=lambda entry: -len(re.sub(r"\{\w+\}", "", entry[1])))
    return tuple((key, re.compile(_SLOT.sub(r"(?P<\1>.+?)", re.escape(text)), re.S)) for key, text in found)
