"""`nobet sources`, `add`, `try`, `check`: which sources there are, connecting one, and testing them all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import connecting
from classifying import scorer_of
from collectors.protocol import Says
from collectors.registry import KINDS, collector_for
from commands.options import Config, Failure, Language, complain, language, utc_now
from connecting import Question, Trial
from desk.secrets import keep_secret, missing
from desk.settings import CONFIG_NAME, library_of, load_settings
from worker import name_of, sources_of, with_query

TESTED = {
    "real_server": Says("on a real server", "gerçek bir sunucuda"),
    "recorded": Says("on recorded answers", "kaydedilmiş yanıtlarla"),
    "documents": Says("only by its documents", "yalnızca belgelerine göre"),
}
WORDS = {
    "reads": Says("reads", "okur"), "needs": Says("needs", "ister"), "costs": Says("costs", "bedeli"),
    "proves": Says("proves", "kanıtlar"), "tested": Says("tested", "sınandı"),
}  # fmt: skip
SHOWN = 160
"""Characters of a mention shown on one line."""

Set = Annotated[list[str] | None, typer.Option("--set", help="field=value instead of being asked; again for more")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("sources")(list_sources)
    app.command()(add)
    app.command("try")(try_source)
    app.command()(check)


def list_sources(
    as_json: Annotated[bool, typer.Option("--json", help="for a program")] = False, lang: Language = "en"
) -> None:
    """Every kind of source: what it reads, needs, costs and proves, and how it was tested."""
    say = language(lang)
    told = []
    for kind in KINDS:
        about = connecting.about(kind)
        parts = {"reads": about.reads, "needs": about.needs, "costs": about.costs, "proves": about.proves,
                 "tested": TESTED[about.tested]}  # fmt: skip
        told.append(
            {"kind": kind, "title": about.title, **{name: getattr(words, say) for name, words in parts.items()}}
        )
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for one in told:
        print(f"{one['kind']} ({one['title']})")
        for name, words in WORDS.items():
            print(f"  {getattr(words, say)}: {one[name]}")


def add(
    kind: Annotated[str, typer.Argument(help="one of `nobet sources`")],
    name: Annotated[str | None, typer.Option("--name", help="the source's name; the kind when left out")] = None,
    given: Set = None,
    brand: Annotated[str | None, typer.Option("--brand", help="the brand's name, for the first configuration")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="write without asking, if the service answers")] = False,
    untried: Annotated[bool, typer.Option("--untried", help="write even if the service does not answer")] = False,
    config: Config = None,
) -> None:
    """Connect a source: asks for what it needs, asks the service, shows what would come, and writes it down.

    Secrets go to nobet.env beside the configuration and never into it.
    """
    settings = load_settings(config)
    file = settings.file or config or settings.home / CONFIG_NAME
    about = connecting.about(kind)
    print(f"{about.title}: {about.reads.en}.\nIt needs {about.needs.en}; costs: {about.costs.en}.")
    if settings.demo and brand is None:
        brand = _ask("Your brand's name", None, "--brand")
    answers = dict(_pair(kind, text) for text in given or ())
    if name:
        answers["name"] = name
    asked = connecting.questions(kind)
    for question in asked:
        if not question.secret and question.field not in answers:
            answers |= _answered(kind, question)
    _secrets(settings.home, [question for question in asked if question.secret], answers)
    record = connecting.source_record(kind, answers)
    collector = connecting.check_new(settings, record)
    trial = connecting.attempt(collector, settings, scorer_of(settings), library_of(settings), utc_now())
    _show(trial)
    if not trial.ok and not untried:
        raise Failure("the service did not answer as it should, so nothing was written (--untried writes all the same)")
    text = connecting.written(Path(file), record, brand)
    print(f"\n{file}:\n" + _block(text))
    if not (yes or untried or _confirmed("Write it?")):
        raise Failure("nothing was written")
    connecting.write(Path(file), text)
    print(f"{name_of(collector)} is configured; a Nöbet that is running takes it up by itself.")


def try_source(
    source: Annotated[str, typer.Argument(help="a configured source's name, or a kind with --set")],
    given: Set = None,
    most: Annotated[int, typer.Option("--limit", min=1, max=200, help="mentions shown")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="for a program")] = False,
    config: Config = None,
) -> None:
    """Show what a source would bring now, scored and routed; stores nothing."""
    settings = load_settings(config)
    records = [one for one in settings.sources if str(one.get("name") or one["kind"]) == source]
    if records and not given:
        collector = collector_for(with_query(settings, {**records[0], "enabled": True}))
    elif source in KINDS:
        collector = collector_for(
            with_query(settings, {"kind": source, **dict(_pair(source, text) for text in given or ())})
        )
    else:
        names = ", ".join(str(one.get("name") or one["kind"]) for one in settings.sources) or "none"
        raise Failure(f"{source!r} is neither a configured source ({names}) nor a kind (`nobet sources`)")
    trial = connecting.attempt(collector, settings, scorer_of(settings), library_of(settings), utc_now(), most)
    if as_json:
        print(json.dumps(_record(trial), ensure_ascii=False, indent=1))
    else:
        _show(trial)
    raise typer.Exit(0 if trial.ok else 1)


def check(config: Config = None) -> None:
    """Test every configured source against its service; stores and sends nothing."""
    settings = load_settings(config)
    collectors = sources_of(settings)
    if not collectors:
        raise Failure("no source is configured; `nobet add KIND` adds one")
    failed = 0
    for collector in collectors:
        ok, said = connecting.verify(collector, utc_now())
        failed += not ok
        print(f"{'ok    ' if ok else 'FAILED'} {name_of(collector)}: {said}", flush=True)
    raise typer.Exit(1 if failed else 0)


def _pair(kind: str, text: str) -> tuple[str, Any]:
    field, found, value = text.partition("=")
    if not found:
        raise typer.BadParameter(f"{text!r} is not field=value", param_hint="--set")
    if field.endswith("_env") or field not in KINDS[kind].Settings.model_fields:
        return field, value
    return field, connecting.answer(kind, field, value)


def _answered(kind: str, question: Question) -> dict[str, Any]:
    default = question.default
    shown = ", ".join(map(str, default)) if isinstance(default, list | tuple) else default
    if not sys.stdin.isatty():
        if question.required:
            raise Failure(f"{question.field} is missing ({question.text}); give it as --set {question.field}=…")
        return {}
    typed = _ask(f"{question.field}: {question.text}", shown if shown not in ("", None) else "", None)
    if not typed.strip() and not question.required:
        return {}
    return {question.field: connecting.answer(kind, question.field, typed)}


def _secrets(home: Path, asked: list[Question], answers: dict[str, Any]) -> None:
    variables = {str(answers.get(question.field) or question.variable): question for question in asked}
    for variable in missing(variables):
        question = variables[variable]
        if not sys.stdin.isatty():
            if question.required:
                raise Failure(f"the environment variable {variable} is empty: {question.text}")
            continue
        label = f"{variable}: {question.text} (kept in nobet.env, not shown)"
        value = typer.prompt(label, default="", hide_input=True, show_default=False, err=True)
        if value.strip():
            file = keep_secret(home, variable, value)
            print(f"{variable} is kept in {file}.")
        elif question.required:
            raise Failure(f"{variable} is needed: {question.text}")


def _ask(label: str, default: Any, option: str | None) -> str:
    if not sys.stdin.isatty():
        raise Failure(f"{label} is missing; give it as {option}")
    return str(typer.prompt(label, default=default, show_default=default not in ("", None), err=True))


def _confirmed(label: str) -> bool:
    if not sys.stdin.isatty():
        complain("nobody is there to ask; --yes writes without asking")
        return False
    return bool(typer.confirm(label, default=True, err=True))


def _show(trial: Trial) -> None:
    print(f"\n{trial.source}: {'' if trial.ok else 'FAILED: '}{trial.said}")
    passed = f", {trial.passed} passed over by the query" if trial.passed else ""
    print(f"{trial.fetched} read with {trial.requests} request(s){passed}; nothing was stored")
    for reason in trial.rejected:
        print(f"could not be read: {reason}")
    for one in trial.mentions:
        text = " ".join(one.mention.text.split())
        text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
        print(f"\n  {one.mention.published_at:%Y-%m-%d %H:%M} UTC  {one.mention.author or '(no author)'}\n  {text}")
        if one.score is None or one.decision is None:
            print(f"  not scored: {one.why_not}")
            continue
        decision = one.decision
        goes = decision.playbook or ("a person decides" if decision.action == "open_case" else "no answer due")
        labels = f"{one.score.sentiment.label}, {one.score.urgency.label}, {one.score.topic.label}"
        print(f"  → {labels}: {goes}, priority {decision.priority}")
    if trial.month_items is not None:
        cost = f", about {trial.month_cost} {trial.currency}" if trial.month_cost else ""
        print(f"\nAt this rate about {trial.month_items:,} items a month{cost}.")


def _record(trial: Trial) -> dict[str, Any]:
    return {
        "source": trial.source, "ok": trial.ok, "said": trial.said, "read": trial.fetched, "passed": trial.passed,
        "requests": trial.requests, "rejected": list(trial.rejected), "items_a_month": trial.month_items,
        "cost_a_month": None if trial.month_cost is None else str(trial.month_cost), "currency": trial.currency,
        "mentions": [
            {
                **one.mention.model_dump(mode="json"),
                "score": None if one.score is None else one.score.model_dump(mode="json"),
                "playbook": one.decision.playbook if one.decision else None,
                "priority": one.decision.priority if one.decision else None,
            }
            for one in trial.mentions
        ],
    }  # fmt: skip


def _block(text: str) -> str:
    """The end of the configuration, where the new source stands."""
    lines = text.rstrip().splitlines()
    start = max((n for n, line in enumerate(lines) if line.lstrip().startswith("- kind:")), default=0)
    return "\n".join(lines[start : start + 20])
