"""The backend by its name in the configuration: `linear`, `cascade`, `transformer`, `hub:<folder or hub id>`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nlp.backend import Backend
from nlp.cascade import Cascade
from nlp.hub import Hub
from nlp.linear import LinearModel, ModelError
from nlp.transformer import TransformerModel

DEFAULT = "cascade"
NAMES = ("linear", "cascade", "transformer")
HUB = "hub:"


def check(name: str) -> str:
    """The name, if it is one of a backend. Raises ModelError with the names there are."""
    if name in NAMES or (name.startswith(HUB) and name[len(HUB) :].strip()):
        return name
    raise ModelError(f"{name!r} is no backend; there are {', '.join(NAMES)} and hub:<folder or hub id>.")


def load(name: str = DEFAULT, labels: Mapping[str, str] | None = None, models: Path | None = None) -> Backend:
    """The backend `name`, from the folder of shipped models or another. Raises ModelError with a sentence.

    `labels` maps a hub model's label names to ours; the heads that it does not judge are the default backend's.
    """
    check(name)
    if name == "linear":
        return LinearModel.load(models / "linear" if models else None)
    if name == "transformer":
        return TransformerModel.load(models / "transformer" if models else None)
    cascade = Cascade.load(models)
    return cascade if name == "cascade" else Hub.load(name[len(HUB) :].strip(), labels or {}, cascade)
