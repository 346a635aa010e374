"""Which kinds of sender there are, and which of the configured ones answers a mention.

A kind is a class in a file of this folder that has a `kind` and `Settings`; a new one is one new file of its name.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError

import desk.sending
from desk.sending.protocol import Sender
from mention import Mention

KINDS = (
    "app_store", "bluesky", "google_play", "hepsiburada", "mastodon", "reddit", "smtp", "trendyol", "webhook", "x",
    "youtube",
)  # fmt: skip
"""Every kind; a test holds it to the files of this folder, which are loaded only when they are asked for."""


class SenderError(ValueError):
    """Senders that cannot be used; the message names the sender, the field and what to do."""


def kinds_in_folder() -> Iterator[str]:
    """The names of the files that hold a kind."""
    for module in pkgutil.iter_modules(desk.sending.__path__):
        if any(True for _ in _classes(module.name)):
            yield module.name


def _classes(name: str) -> Iterator[type[Sender]]:
    full = f"{desk.sending.__name__}.{name}"
    for _, one in inspect.getmembers(importlib.import_module(full), inspect.isclass):
        form = getattr(one, "Settings", None)
        if one.__module__ == full and isinstance(getattr(one, "kind", None), str) and inspect.isclass(form):
            yield cast("type[Sender]", one)


def kind_of(kind: str) -> type[Sender]:
    """The sender class of a kind. Raises SenderError with the nearest known one."""
    if kind not in KINDS:
        meant = difflib.get_close_matches(str(kind), KINDS, n=1)
        hint = f"did you mean {meant[0]!r}" if meant else "known kinds are " + ", ".join(KINDS)
        raise SenderError(f"the kind {str(kind)[:40]!r} is not known; {hint}")
    return next(_classes(kind))


def sender_for(record: Mapping[str, Any]) -> Sender:
    """The sender that a configuration asks for, with its settings checked.

    Raises SenderError, a sentence that names the sender and every wrong field; values are not repeated, since a secret
    may have been written where a variable's name belongs.
    """
    kind = record.get("kind")
    name = record.get("name") or kind or "without a name"
    try:
        found = kind_of(str(kind))
        return found(found.Settings.model_validate(dict(record)))
    except ValidationError as error:
        known = list(kind_of(str(kind)).Settings.model_fields)
        wrong = "; ".join(_wrong(item, known) for item in error.errors(include_input=False, include_url=False))
    except SenderError as error:
        wrong = str(error)
    where = f'Sender "{name}" (kind {kind})'
    raise SenderError(f"{where}: {wrong}. Nothing is sent by it; correct it in the configuration.")


def _wrong(error: Any, known: Sequence[str]) -> str:
    field = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        meant = difflib.get_close_matches(field, known, n=1)
        return f"unknown field {field!r}" + (f", did you mean {meant[0]!r}?" if meant else "")
    message = error["msg"].removeprefix("Value error, ")
    return f"{field}: {message}" if field else message


class Senders:
    """The configured senders. With `allow=False` (a drill, a demo, a test) nothing is ever sent by them."""

    def __init__(self, records: Sequence[Mapping[str, Any]], *, allow: bool = True) -> None:
        self.allow = allow
        self._senders: dict[str, Sender] = {}
        for record in records:
            sender = sender_for(record)
            name = sender.settings.sender
            if name in self._senders:
                raise SenderError(f'Two senders are called "{name}"; give one of them another name.')
            self._senders[name] = sender

    def __iter__(self) -> Iterator[Sender]:
        return iter(self._senders.values())

    def named(self, name: str) -> Sender | None:
        """The sender of a name that may send now; None where there is none. Raises SenderError where none may."""
        if not self.allow:
            raise SenderError("Nothing is sent here: this is a rehearsal.")
        found = self._senders.get(name)
        return found if found is not None and found.settings.enabled else None

    def choose(self, mention: Mention, private: bool) -> Sender | None:
        """The sender that answers a mention this way; None where the answer is copied and posted by hand.

        One that names the mention's source goes before one that answers every source of its channels.
        """
        able = [
            sender
            for sender in self
            if sender.settings.enabled
            and (sender.about.private if private else sender.about.public)
            and mention.channel in channels_of(sender)
            and (not sender.settings.sources or mention.source in sender.settings.sources)
        ]
        able.sort(key=lambda sender: not sender.settings.sources)
        return able[0] if able else None


def channels_of(sender: Sender) -> tuple[str, ...]:
    """The channels of mentions that a sender answers: its kind's, or those that its configuration names."""
    named = getattr(sender.settings, "channels", ())
    return tuple(named) or sender.about.channels
