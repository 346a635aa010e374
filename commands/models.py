"""`nobet models`, `nobet quality` and the work of `nobet train --from-desk`: what the desk taught, how good it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from commands import model_words as words
from commands.options import Config, Failure, Language, language, utc_now
from commands.progress import end_with_parent, progress
from desk.quality import quality
from desk.settings import CHECKOUT, Settings, load_settings
from nlp import champion as models
from nlp.backend import Backend
from nlp.corpus import TrainingError, WrittenMention, fold_of, written
from nlp.learning import TooFew, learn
from nlp.lessons import Lesson
from store import corrections
from store import events as event_log
from store.corrections import LookedAt
from store.engine import Store

WRITTEN = CHECKOUT / "nlp" / "training" / "mentions"
HELD = CHECKOUT / "nlp" / "training" / "held"

NEWEST = 4_000
"""Mentions that are learnt from, the latest decided: what a desk decides in a few months, in about two minutes."""

FOLDS = 5
"""Without the shipped evaluation, one theme in this many of the shipped mentions is kept apart in its place."""

By = Annotated[str, typer.Option("--by", help="who does it, one of the agents; stands in the log")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(help="The models that the desk taught: list, promote, roll back.", rich_markup_mode=None)
    group.callback(invoke_without_command=True)(list_models)
    group.command("promote")(promote)
    group.command("rollback")(rollback)
    app.add_typer(group, name="models")
    app.command("quality")(show_quality)


def teach(config: Path | None, lang: str, by: str) -> None:
    """Learn from the desk's corrections, compare with the champion, promote what is better, and tell in plain words.

    Raises Failure where there are too few corrections, or the shipped mentions are not there.
    """
    say, settings, now = language(lang), load_settings(config), utc_now()
    end_with_parent()
    hand, folder = _hand(settings, by), models.models_folder(settings.home, settings.brand.key)
    store = Store.open(settings.url)
    try:
        tell_changes(store, settings.brand.key, folder)
        with store.read() as tx:
            looked = corrections.looked_at(tx, settings.brand.key, limit=NEWEST)
        backend = _shipped(settings)
        spaces = models.spaces_of(backend)
        named = models.line_of(models.changes(folder))[-1]
        before, note = models.champion_on(folder, backend, spaces)
        if note:
            print(note)
        try:
            ours = written(WRITTEN)
        except TrainingError as error:
            raise Failure(str(error)) from None
        ours, evaluation, evaluated_on = apart(ours, HELD)
        try:
            outcome = learn(
                lessons_of(looked), backend, spaces, written=ours, evaluation=evaluation, champion=before, now=now,
                evaluated_on=evaluated_on, tell=progress,
            )  # fmt: skip
        except TooFew as error:
            raise Failure(words.refusal(error.have, say)) from None
        models.keep(folder, outcome.adapter)
        if outcome.promoted:
            models.promote(folder, outcome.adapter.version, by=hand, at=now, instead_of=named)
            tell_changes(store, settings.brand.key, folder)
    finally:
        store.close()
    print("\n".join(words.outcome_lines(outcome.adapter.record, say)))
    print(words.ending(outcome.promoted, outcome.adapter.version, named if not note else models.SHIPPED, say))


def lessons_of(looked: Sequence[LookedAt]) -> list[Lesson]:
    """What people decided, as it is learnt."""
    return [
        Lesson(
            mention_id=one.mention_id, text=one.text, person=one.person, at=one.at, labels=one.labels,
            corrected=one.corrected, thread=one.thread, lang=one.lang,
        )
        for one in looked
    ]  # fmt: skip


def apart(ours: Sequence[WrittenMention], held: Path) -> tuple[list[WrittenMention], list[Mapping[str, Any]], str]:
    """The shipped mentions that may be rehearsed, the evaluation's records, and what these are: the fixed files of
    `held`, or one theme in FOLDS of the shipped mentions."""
    files = sorted(held.glob("*.jsonl")) if held.is_dir() else []
    records: list[Mapping[str, Any]] = []
    for file in files:
        try:
            lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise Failure(f"{file} cannot be read as JSONL ({type(error).__name__}); restore it.") from None
        records += [line for line in lines if isinstance(line, dict) and isinstance(line.get("text"), str)]
    if records:
        return list(ours), records, "held"
    kept = [mention for mention in ours if fold_of(mention.theme, FOLDS) == 0]
    fold = [
        {
            "text": mention.text, "lang": mention.language, "sentiment": mention.sentiment,
            "urgency": mention.urgency, "topic": mention.topic,
        }
        for mention in kept
    ]  # fmt: skip
    return [mention for mention in ours if fold_of(mention.theme, FOLDS)], list(fold), "fold"


def list_models(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="everything, for a program")] = False,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """The champion and the challengers: when each was made, from what, and why it was or was not promoted."""
    if context.invoked_subcommand is not None:
        return
    say, settings = language(lang), load_settings(config)
    zone, folder = settings.desk.zone, models.models_folder(settings.home, settings.brand.key)
    told, found = models.changes(folder), models.adapters(folder)
    current = models.line_of(told)[-1]
    base = _shipped(settings).version
    states = {
        one.version: "other_base" if one.base != base
        else "in_use" if one.version == current
        else "may" if one.record.get("promoted") else "was_refused"
        for one in found
    }  # fmt: skip
    if as_json:
        listed = [
            {
                "version": one.version, "base": one.base, "state": states[one.version],
                **{name: value for name, value in one.record.items() if name != "lessons"},
                "lessons": len(one.record.get("lessons", {})),
            }
            for one in found
        ]  # fmt: skip
        whole = {"champion": current, "shipped": base, "models": listed, "changes": [asdict(one) for one in told]}
        print(json.dumps(whole, ensure_ascii=False, indent=1))
        return
    suffix = f"  {words.say_plain('in_use', say)}" if current == models.SHIPPED else ""
    print(f"{base}  {words.name_of_model(models.SHIPPED, say)}{suffix}")
    for one in found:
        print(words.model_line(one.record, one.version, states[one.version], say, zone))
        print("\n".join(f"  {line}" for line in words.outcome_lines(one.record, say)))
    if not found:
        print(words.say_plain("none", say))
    if told:
        print(words.say_plain("history", say))
        print("\n".join(f"  {words.change_line(change, say, zone)}" for change in told))


def promote(
    version: Annotated[str, typer.Argument(help="a model of `nobet models`")],
    by: By = "",
    config: Config = None,
    lang: Language = "en",
) -> None:
    """Use a model again that had passed against the present champion, for instance after a rollback."""
    say, settings, now = language(lang), load_settings(config), utc_now()
    hand, folder = _hand(settings, by), models.models_folder(settings.home, settings.brand.key)
    found = {one.version: one for one in models.adapters(folder)}
    if version not in found:
        raise Failure(f"there is no model {version!r} here; there are: {', '.join(found) or 'none'}")
    chosen, current = found[version], models.line_of(models.changes(folder))[-1]
    if chosen.base != _shipped(settings).version:
        raise Failure(f"{version} was taught on another shipped model; `nobet train --from-desk` teaches it anew")
    if not chosen.record.get("promoted"):
        raise Failure(f"{version} had not passed; `nobet models` says why. Corrections, not orders, make it better")
    if current not in (version, chosen.record.get("champion") or models.SHIPPED):
        raise Failure(f"{version} was not compared with {current}; `nobet train --from-desk` compares anew")
    _changed(settings, folder, models.promote(folder, version, by=hand, at=now, instead_of=current), say)


def rollback(by: By = "", config: Config = None, lang: Language = "en") -> None:
    """Bring back the model before the present one; the worker takes it up with its next mentions."""
    say, settings, now = language(lang), load_settings(config), utc_now()
    hand, folder = _hand(settings, by), models.models_folder(settings.home, settings.brand.key)
    _changed(settings, folder, models.rollback(folder, by=hand, at=now), say)


def _changed(settings: Settings, folder: Path, change: models.Change, say: str) -> None:
    store = Store.open(settings.url)
    try:
        tell_changes(store, settings.brand.key, folder)
    finally:
        store.close()
    print(words.change_line(change, say, settings.desk.zone))


def tell_changes(store: Store, brand: str, folder: Path) -> int:
    """Writes into the log every promotion and rollback that is not in it yet; answers how many.

    The pointer is swapped first and is what counts. Whoever was killed before the log knew is made up for by the next
    command, under the time at which it was done.
    """
    told = models.changes(folder)
    if not told:
        return 0
    with store.write() as tx:
        event_log.hold(tx, brand)
        known = corrections.model_changes_told(tx, brand)
        fresh = [change for change in told if change.id not in known]
        for change in fresh:
            data = {"change": change.id, "champion": change.champion, "before": change.before}
            event_log.append(
                tx, brand, type=f"model_{change.action}", at=datetime.fromisoformat(change.at), by=change.by,
                recorded_at=utc_now(), data=data,
            )  # fmt: skip
    return len(fresh)


def _shipped(settings: Settings) -> Backend:
    return models.shipped(settings.classifier.backend, settings.classifier.labels)


def _hand(settings: Settings, by: str) -> str:
    names = [agent.name for agent in settings.agents]
    if not by:
        return "system"
    if by not in names:
        raise typer.BadParameter(f"{by!r} is not on the desk; there are: {', '.join(names)}", param_hint="--by")
    return f"agent:{by}"


def show_quality(
    weeks: Annotated[int, typer.Option("--weeks", help="how many weeks, the running one last", min=1, max=104)] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="everything, for a program")] = False,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """How many of the classifier's labels stood, week by week, as far as people looked at them."""
    say, settings = language(lang), load_settings(config)
    store = Store.open(settings.url)
    try:
        with store.read() as tx:
            found = quality(tx, settings.brand.key, settings.desk.zone, weeks, utc_now())
    finally:
        store.close()
    if as_json:
        told = {"brand": settings.brand.key, "weeks": [week.record() for week in found]}
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    print("\n".join(words.quality_lines(found, say)))
