"""The board's words in Turkish and English, from Babel catalogues that are read once at start.

A text is named by a key such as `view.late`, so that Turkish is written for itself and not translated from English.
The same catalogue serves Python and the browser (draw.py hands it over); a test fails on a key that is missing in one
language, empty, or used nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from mention import FAMILIES, SENTIMENTS, TOPICS, URGENCIES
from playbooks.schema import ROLES
from playbooks.words import name_of

LANGUAGES = ("tr", "en")
LOCALE = Path(__file__).parent / "locale"

# Labels and roles are named once for the whole house, in playbooks/words.py.
_NAMED = {"topic": TOPICS, "urgency": URGENCIES, "sentiment": SENTIMENTS, "family": FAMILIES, "role": ROLES}

_ERROR = "error."
_SLOT = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True)
class Texts:
    """Every text of one language: a key has one form, or one per plural form of the language."""

    language: str
    forms: Mapping[str, tuple[str, ...]]

    def say(self, key: str, **values: object) -> str:
        """The text of `key` with its `{slots}` filled. A key nobody wrote is shown as itself: an ugly word in one
        place is better than a page that is not there."""
        return _fill(self.forms.get(key, (key,))[-1], values)

    def say_number(self, key: str, number: int, shown: str | None = None) -> str:
        """The text of `key` in the plural form for `number`; `shown` is the number as it is written."""
        forms = self.forms.get(key, (key,))
        return _fill(forms[0 if number == 1 else -1], {"n": shown or str(number)})

    def has(self, key: str) -> bool:
        """Whether the catalogue knows the key."""
        return key in self.forms

    def label(self, head: str, value: str) -> str:
        """The name of a label, a channel or a state; what has no name here (a new channel) is called as it is."""
        key = f"{head}.{value}"
        return self.say(key) if self.has(key) else value


def _fill(text: str, values: Mapping[str, object]) -> str:
    # One pass: a value that itself holds `{name}` (people write anything) is never read as a slot.
    return re.sub(r"\{(\w+)\}", lambda m: str(values.get(m[1], m[0])), text)


@cache
def texts(language: str) -> Texts:
    """The catalogue of a language (one of LANGUAGES)."""
    with (LOCALE / language / "LC_MESSAGES" / "nobet.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    forms: dict[str, tuple[str, ...]] = {
        f"{what}.{name}": (capital(name_of(what, name, language), language),)
        for what, names in _NAMED.items()
        for name in names
    }
    for message in catalogue:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            said = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            forms[key] = said
    return Texts(language, forms)


def capital(name: str, language: str) -> str:
    """The words with a capital letter of the language: `iade` is `İade` in Turkish."""
    if not name:
        return name
    first = "İ" if language == "tr" and name[0] == "i" else name[0].upper()
    return first + name[1:]


@cache
def _error_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    patterns = []
    for key, forms in texts("en").forms.items():
        if key.startswith(_ERROR):
            patterns.append((key, re.compile(_SLOT.sub(r"(?P<\1>.+?)", re.escape(forms[0])))))
    return tuple(patterns)


def sentence(error: Exception, to: Texts) -> str:
    """The sentence of a DeskError in the reader's language.

    The desk speaks English; each of its sentences stands in the English catalogue under `error.…`, and is found there
    by its wording (a test holds the two together). One that is not found is shown as the desk said it.
    """
    said = str(error)
    for key, pattern in _error_patterns():
        found = pattern.fullmatch(said)
        if found:
            return to.say(key, **found.groupdict())
    return said
