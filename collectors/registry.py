"""Which kinds of source there are: every class in a file of this folder that has a `kind` and `Settings`.

A new kind is one new file of its name; nothing is registered by hand.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError

import collectors
from collectors.protocol import Collector, SourceSettings
from collectors.query import Query, QueryError
from collectors.query.translate import FOR_KIND


class ConfigError(ValueError):
    """A source's configuration that cannot be used; the message names the source, the field and what to do."""


class Kinds(Mapping[str, "type[Collector]"]):
    """The collector class of each kind. Asking for one loads only its file; listing them loads the whole folder, with
    every client library, which takes seconds."""

    def __init__(self) -> None:
        self._found: dict[str, type[Collector]] = {}
        self._whole = False

    def __getitem__(self, kind: str) -> type[Collector]:
        if kind not in self._found and not self._whole and kind in _files():
            self._load(kind)
        return self._found[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._all()))

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, type[Collector]]:
        if not self._whole:
            for name in _files():
                self._load(name)
            self._whole = True
        return self._found

    def _load(self, name: str) -> None:
        for kind, found in kinds_in(name):
            if kind != name:
                raise TypeError(f"the kind {kind!r} must stand in collectors/{kind}.py, not in {name}.py")
            self._found[kind] = found


def _files() -> list[str]:
    own = __name__.removeprefix(f"{collectors.__name__}.")
    return [
        module.name for module in pkgutil.iter_modules(collectors.__path__) if not module.ispkg and module.name != own
    ]


def kinds_in(name: str) -> list[tuple[str, type[Collector]]]:
    """The kinds in the file `name` of this folder: classes made there that have a `kind` and a form of settings."""
    full = f"{collectors.__name__}.{name}"
    found = []
    for _, one in inspect.getmembers(importlib.import_module(full), inspect.isclass):
        kind, form = getattr(one, "kind", None), getattr(one, "Settings", None)
        if one.__module__ != full or not isinstance(kind, str) or not inspect.isclass(form):
            continue
        if issubclass(form, SourceSettings):
            found.append((kind, cast("type[Collector]", one)))
    return found


KINDS: Mapping[str, type[Collector]] = Kinds()
"""Every kind by its name, in alphabetical order."""


def collector_for(record: Mapping[str, Any]) -> Collector:
    """The collector that a source's configuration asks for, with its settings checked.

    Raises ConfigError, a sentence that names the source and every wrong field; values are not repeated, since a
    secret may have been written where a variable's name belongs.
    """
    kind = record.get("kind")
    name = record.get("name") or kind or "without a name"
    if not isinstance(kind, str) or kind not in KINDS:
        meant = difflib.get_close_matches(str(kind), KINDS, n=1)
        hint = f"did you mean {meant[0]!r}" if meant else "known kinds are " + ", ".join(KINDS)
        raise ConfigError(f'Source "{name}": the kind {kind!r} is not known; {hint}. Correct it in the configuration.')
    collector = KINDS[kind]
    try:
        settings = collector.Settings.model_validate(_asked(dict(record)))
    except ValidationError as error:
        known = list(collector.Settings.model_fields)
        wrong = "; ".join(_wrong(found, known) for found in error.errors(include_input=False, include_url=False))
        raise ConfigError(
            f'Source "{name}" (kind {kind}): {wrong}. Nothing was read from it; correct it in the configuration.'
        ) from None
    return collector(settings)


OTHERWISE: dict[str, tuple[str, ...]] = {
    "x": ("user_id",), "reddit": ("subreddits", "inbox"), "bluesky": ("mentions",),
    "mastodon": ("hashtags", "mentions"), "news": ("feeds",),
}  # fmt: skip
"""The kinds that can be asked a question, and what else each can be told to read: a source that names any of these, or
a `native_query`, says what it reads, and is asked nothing more."""


def _asked(record: dict[str, Any]) -> dict[str, Any]:
    """A source's configuration in which the service is asked our own query where nothing else was named."""
    kind, text = record["kind"], record.get("query")
    if kind not in OTHERWISE or not isinstance(text, str) or not text.strip():
        return record
    if any(record.get(name) for name in ("native_query", *OTHERWISE[kind])):
        return record
    try:
        native = FOR_KIND[kind](Query.parse(text))
    except QueryError:
        return record  # the form says what is wrong with it
    if not native.texts:
        name = record.get("name") or kind
        raise ConfigError(
            f'Source "{name}": {native.why_not} Nothing was read from it; correct it in the configuration.'
        )
    one = KINDS[kind].Settings.model_fields["native_query"].annotation is str
    return {**record, "native_query": native.text if one else native.texts}


def _wrong(error: Any, known: list[str]) -> str:
    field = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        meant = difflib.get_close_matches(field, known, n=1)
        return f"unknown field {field!r}" + (f", did you mean {meant[0]!r}?" if meant else "")
    if error["type"] == "missing":
        return f"field {field!r} is missing"
    why = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"field {field!r}: {why}" if field else why
