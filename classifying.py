"""The classifier of a desk: the backend its configuration names, what the desk taught it, and the facts to look for."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from desk.settings import Settings, SettingsError
from mention import Mention, Score
from nlp import Scorer, Unscorable
from nlp.backend import Backend
from nlp.champion import Champion, load_champion, models_folder, shipped
from nlp.extract import Brand, Homonym, Product, extract
from nlp.facts import Finder
from nlp.language import LanguageDetector

if TYPE_CHECKING:  # the check's rules take a moment to load, and most commands check no reply
    from desk.crisis.grouping import Begin, Grouping
    from desk.replies.context import Reader

log = logging.getLogger("nobet")

REMEMBERED = 20_000
"""Mentions that the grouping of incidents remembers: two weeks of 60 an hour. What it knows is written with each batch,
in a quarter of a second (docs/why/incidents.md)."""

_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def backend_of(settings: Settings) -> Backend:
    """The backend that `classifier` names. Raises nlp.linear.ModelError with a sentence."""
    return shipped(settings.classifier.backend, settings.classifier.labels)


def champion_of(settings: Settings) -> Champion:
    """The scorer of a process that lives long: it takes up what the desk teaches without a restart."""
    return Champion(models_folder(settings.home, settings.brand.key), lambda: backend_of(settings))


def scorer_of(settings: Settings) -> Scorer:
    """The scorer as it is now, for a command that ends. Raises nlp.linear.ModelError with a sentence."""
    return load_champion(models_folder(settings.home, settings.brand.key), lambda: backend_of(settings))


def finder_of(settings: Settings) -> Finder:
    """What finds order numbers, sums, dates and the like, by what the configuration says of the brand.

    Raises SettingsError with the field where that cannot be read.
    """
    brand = settings.brand
    try:
        known = Brand(
            brand.orders, tuple(Product(one.name, one.aliases, one.codes) for one in brand.products), brand.region
        )
        homonym = None
        if brand.homonym is not None:
            told = brand.homonym
            homonym = Homonym(brand.name, told.ours, told.theirs, brand.handles, told.prior)
    except ValueError as error:
        raise SettingsError(f"{settings.file or 'the configuration'}: brand: {error}.") from None
    return Finder(settings.desk.zone, known, homonym)


def with_facts(
    mentions: Sequence[Mention], results: Sequence[Score | Unscorable], finder: Finder
) -> list[Score | Unscorable]:
    """The scores with the facts of their texts. A text whose facts cannot be found keeps its score without them."""
    told: list[Score | Unscorable] = []
    for mention, result in zip(mentions, results, strict=True):
        if isinstance(result, Score):
            try:
                result = result.model_copy(update={"facts": finder.find(mention, result.language)})
            except Exception as error:  # a stranger's text must not stop scoring; the message could repeat its words
                log.warning("no facts of %s %s: %s", mention.source, mention.native_id, type(error).__name__)
        told.append(result)
    return told


class _Reader:
    """Personal data and language for the reply check (desk.replies.Reader), by what the configuration says."""

    def __init__(self, settings: Settings) -> None:
        self._finder = finder_of(settings)
        self._languages = LanguageDetector()

    def personal(self, text: str) -> list[tuple[str, int, int]]:
        # No day is read out of this, so any moment will do, and one that stands still keeps the check repeatable.
        found = extract(text, "tr", _ANY_MOMENT, self._finder.zone, self._finder.brand)
        spans: list[tuple[str, int, int]] = [
            (one.kind, one.start, one.end) for one in (*found.orders, *found.trackings)
        ]
        owned = (*found.phones, *found.emails, *found.ibans, *found.national_ids, *found.cards)
        spans += [(one.kind if one.private else "company_phone", one.start, one.end) for one in owned]
        return sorted(spans, key=lambda one: one[1:])

    def language(self, text: str) -> str:
        return self._languages.detect(text)


def reader_of(settings: Settings) -> Reader:
    """What the reply check asks about a text: personal data and language.

    Raises SettingsError with the field where the brand's order numbers or products cannot be read.
    """
    return _Reader(settings)


def grouping_of(settings: Settings) -> Begin:
    """What makes the brand's grouping by incident, for detection (desk.crisis.detecting) and `nobet detect`."""
    from nlp.incidents import Grouper, Rules  # here: it takes half a second to load, and most commands group nothing
    from nlp.incidents_read import BrandFacts

    brand = BrandFacts(names=frozenset({settings.brand.name}), own=frozenset(settings.brand.handles))

    def begin(state: dict[str, Any] | None, begun: int) -> Grouping:
        return Grouper(brand, state, Rules(most=REMEMBERED), begun)

    return begin
