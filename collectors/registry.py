"""Which kinds of source there are: every class in a file of this folder that has a `kind` and `Settings`.

A new kind is one new file; nothing is registered by hand.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError

import collectors
from collectors.protocol import Collector, SourceSettings


class ConfigError(ValueError):
    """A source's configuration that cannot be used; the message names the source, the field and what to do."""


def discover() -> dict[str, type[Collector]]:
    """The collector class of each kind, found in the files of this folder. Raises TypeError for a kind given twice."""
    kinds: dict[str, type[Collector]] = {}
    for module in pkgutil.iter_modules(collectors.__path__):
        if module.ispkg:
            continue
        name = f"{collectors.__name__}.{module.name}"
        if name == __name__:
            continue
        for _, found in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            kind, form = getattr(found, "kind", None), getattr(found, "Settings", None)
            if found.__module__ != name or not isinstance(kind, str) or not inspect.isclass(form):
                continue
            if not issubclass(form, SourceSettings):
                continue
            if kind in kinds:
                raise TypeError(f"two collectors call themselves {kind!r}: {kinds[kind].__module__} and {name}")
            kinds[kind] = cast("type[Collector]", found)
    return dict(sorted(kinds.items()))


KINDS: dict[str, type[Collector]] = discover()
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
        settings = collector.Settings.model_validate(dict(record))
    except ValidationError as error:
        known = list(collector.Settings.model_fields)
        wrong = "; ".join(_wrong(found, known) for found in error.errors(include_input=False, include_url=False))
        raise ConfigError(
            f'Source "{name}" (kind {kind}): {wrong}. Nothing was read from it; correct it in the configuration.'
        ) from None
    return collector(settings)


def _wrong(error: Any, known: list[str]) -> str:
    field = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        meant = difflib.get_close_matches(field, known, n=1)
        return f"unknown field {field!r}" + (f", did you mean {meant[0]!r}?" if meant else "")
    if error["type"] == "missing":
        return f"field {field!r} is missing"
    why = str(error["msg"]).removeprefix("Value error, ")
    return f"field {field!r}: {why}" if field else why
