"""Playbooks and crisis plans: read like documents, compared, followed in numbers, changed with the check running."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from board import sheet
from board.crisis_facts import stage_sign
from board.moments import Moments
from board.sheet import Block, Deed, Place
from board.texts import Texts
from desk.handbook import LINE, plan_pages, playbook_pages
from desk.paper import Bullets, Facts, Grid, Heading, Text
from desk.playbook_editing import Numbers, PlaybookBook, Version
from mention import search_text
from playbooks.crisis.plan import Plan
from playbooks.editing import KINDS, Reading, digest, line_changes, previews
from playbooks.findings import said_finding
from playbooks.schema import Playbook
from playbooks.shelf import LibraryError

TABS = ("read", "versions", "numbers", "edit")
COUNTED = timedelta(days=90)
"""How far back a playbook's numbers go."""

LATELY = timedelta(days=30)
SHOWN = 50
"""Lines of what changed that are shown at once."""


def picture(
    book: PlaybookBook, texts: Texts, place: Place, now: datetime, moments: Moments, memory: dict[str, Any]
) -> Mapping[str, Any]:
    """One playbook or plan where one is open, else all of them. `memory` lasts as long as the session."""
    try:
        kind, _, id = place.key.partition(":")
        if kind in KINDS and id:
            return _one(book, kind, id, place, moments, memory)
        return {"top": [], "main": _list(book, place, moments), "side": []}
    except LibraryError as error:
        findings = [{"line": one.line, "field": one.file, "text": one.sentence, "lang": "en"} for one in error.findings]
        main = [
            sheet.head(texts.say("page.playbooks"), 1),
            sheet.note(("late", texts.say("playbooks.broken")), texts.say("playbooks.broken_text"), loud=True),
            {"b": "bullets", "label": texts.say("playbooks.broken"),
             "items": [f"{one['field']}:{one['line']} {one['text']}" for one in findings]},
        ]  # fmt: skip
        return {"top": [], "main": main, "side": []}


# --- all of them ---


def _list(book: PlaybookBook, place: Place, moments: Moments) -> list[Block]:
    texts, language = moments.texts, moments.texts.language
    library, plans = book.library(), book.plans()
    proposals = book.proposals()
    kind = "plan" if place.tab == "plans" else "playbook"
    counts = {"": len(library), "plans": len(plans)}
    folder = book.files.folder
    source = texts.say("playbooks.own", folder=str(folder)) if folder else texts.say("playbooks.shipped")
    main: list[Block] = [sheet.head(texts.say("page.playbooks"), 1, source)]
    if proposals:
        said = texts.say_number("playbooks.proposals", len(proposals), moments.number(len(proposals)))
        named = list(dict.fromkeys(one.playbook for one in proposals if one.playbook))
        titles = {name: (library.get(name) or plans.get(name)) for name in named}
        goes = [
            sheet.lead(found.title.say(language), {"key": f"{_kind_of(found)}:{name}", "tab": "edit", "id": 0})
            for name, found in titles.items()
            if found is not None
        ]
        main.append(sheet.note(("urgent", said), texts.say("playbooks.proposals_text"), "", goes))
    main.append(
        {
            "b": "search",
            "keep": "playbooks",
            "label": texts.say("playbooks.search"),
            "hint": texts.say("playbooks.hint"),
        }
    )
    tabs = [(name, texts.say(f"playbooks_list.{name or 'playbooks'}", n=number)) for name, number in counts.items()]
    main.append(sheet.tabs(tabs, "plans" if kind == "plan" else "", texts.say("page.playbooks")))
    runs = book.runs(moments.now - LATELY)
    every: Iterable[Playbook | Plan] = plans.values() if kind == "plan" else library.values()
    found = [one for one in every if _holds(one, place.q, texts)]
    if place.q.strip():
        main.append(
            {"b": "status", "text": texts.say_number("playbooks.found", len(found), moments.number(len(found)))}
        )
    main.append(
        sheet.cards(
            [_card(one, runs.get(one.id, 0), moments) for one in found],
            texts.say("page.playbooks"), texts.say("playbooks.none"),
        )
    )  # fmt: skip
    return main


def _kind_of(part: Playbook | Plan) -> str:
    return "plan" if isinstance(part, Plan) else "playbook"


def _holds(one: Playbook | Plan, typed: str, texts: Texts) -> bool:
    """Whether every word that was typed stands in the title, the summary, the topics or the words of a playbook."""
    words = search_text(typed).split()
    if not words:
        return True
    said = [one.id, one.title.tr, one.title.en, one.summary.tr, one.summary.en]
    if isinstance(one, Playbook):
        said += [texts.label("topic", topic) for topic in one.when.topics]
        said += [*one.when.words.any, *one.when.words.also]
    whole = search_text(" ".join(said))
    return all(word in whole for word in words)


def _card(one: Playbook | Plan, runs: int, moments: Moments) -> Block:
    texts, language = moments.texts, moments.texts.language
    meta = [texts.say("playbooks.version", n=one.version)]
    if isinstance(one, Playbook):
        meta += [texts.label("topic", topic) for topic in one.when.topics]
        meta.append(texts.say_number("playbooks.runs_lately", runs, moments.number(runs)))
    return {
        "keep": one.id, "title": one.title.say(language), "text": one.summary.say(language), "meta": meta,
        "go": {"key": f"{_kind_of(one)}:{one.id}", "tab": "", "id": 0},
    }  # fmt: skip


# --- one of them ---


def _one(
    book: PlaybookBook, kind: str, id: str, place: Place, moments: Moments, memory: dict[str, Any]
) -> Mapping[str, Any]:
    texts = moments.texts
    part = book.part(kind, id)
    tab = place.tab if place.tab in TABS else "read"
    newest = next(iter(book.versions(kind, id)), None)
    sub = texts.say("playbooks.in_force", n=part.version)
    if newest is not None and newest.by and newest.at is not None:
        sub = texts.say("playbooks.in_force_by", n=part.version, who=newest.by, at=moments.near(newest.at))
    back = (texts.say("page.playbooks"), {"key": "", "tab": "plans" if kind == "plan" else "", "id": 0})
    tabs = [(name, texts.say(f"playbooks_tab.{name}")) for name in TABS if name != "edit" or book.may_edit()]
    top: list[Block] = [
        sheet.head(part.title.say(texts.language), 1, sub, back),
        sheet.tabs(tabs, tab, texts.say("playbooks.tabs")),
    ]
    side: list[Block] = []
    if tab == "versions":
        main = _versions(book, kind, id, place, moments)
    elif tab == "numbers":
        main = _numbers(book, part, moments)
    elif tab == "edit" and book.may_edit():
        main, side = _editing(book, kind, part, moments, memory)
    else:
        main = _document(book, part, texts)
        side = _proposals(book, part, moments)
    return {"top": top, "main": main, "side": side}


def _document(book: PlaybookBook, part: Playbook | Plan, texts: Texts) -> list[Block]:
    """The document as it is printed, without its title, which the page has already; where paper has a line to be
    written on, nobody has the role."""
    language = texts.language
    pages = (
        playbook_pages(part, language)
        if isinstance(part, Playbook)
        else plan_pages(part, book.settings.agents, book.library().playbooks, language)
    )
    blocks: list[Block] = []
    for block in pages[1:]:
        match block:
            case Heading(level, text):
                blocks.append(sheet.head(text, min(level, 3)))
            case Text(text) if "\n" in text:
                blocks.append({"b": "quote", "text": text})
            case Text(text):
                blocks.append(sheet.text(text))
            case Bullets(items):
                blocks.append({"b": "bullets", "label": "", "items": list(items)})
            case Facts(pairs):
                blocks.append(sheet.facts(pairs))
            case Grid(header, rows):
                nobody = texts.say("playbooks.nobody")
                blocks.append(sheet.table(header, [[nobody if cell == LINE else cell for cell in row] for row in rows]))
    return blocks


def _versions(book: PlaybookBook, kind: str, id: str, place: Place, moments: Moments) -> list[Block]:
    texts, language = moments.texts, moments.texts.language
    versions = book.versions(kind, id)
    blocks: list[Block] = [sheet.text(texts.say(f"playbooks_run.{kind}"), dim=True)]
    if len(versions) == 1:
        return [*blocks, sheet.text(texts.say("playbooks.one_version"))]
    chosen = next((one for one in versions if one.number == place.id and not one.in_force), None)
    if chosen is not None:
        lines = book.compared(kind, id, chosen.number, language)
        names = (texts.say("playbooks.version", n=chosen.number), texts.say("playbooks.version", n=versions[0].number))
        whole = line_changes(book.version_text(kind, id, chosen.number), book.text(kind, id), *names)
        blocks.append(sheet.head(texts.say("playbooks.compared", old=chosen.number, new=versions[0].number)))
        blocks.append({"b": "bullets", "label": texts.say("playbooks.changes"), "items": list(lines[:SHOWN])})
        if not lines:
            blocks.append(sheet.text(texts.say("playbooks.same"), dim=True))
        blocks.append(sheet.fold("whole", texts.say("playbooks.lines"), [{"b": "pre", "text": whole}]))
    items = [_version(book, one, f"{kind}:{id}", moments) for one in versions]
    return [*blocks, sheet.cards(items, texts.say("playbooks_tab.versions"))]


def _version(book: PlaybookBook, one: Version, key: str, moments: Moments) -> Block:
    texts = moments.texts
    changes = one.said(texts.language)
    buttons: list[Block] = []
    if not one.in_force and one.kept:
        buttons.append(sheet.lead(texts.say("playbooks.compare"), {"id": one.number}, keep=f"compare{one.number}"))
        if book.may_edit():
            buttons.append(
                sheet.press(
                    "restore", texts.say("playbooks.restore"), texts.say("playbooks.restored"),
                    form={"key": key, "version": str(one.number)}, confirm=texts.say("playbooks.restore_sure"),
                    keep=f"restore{one.number}",
                )
            )  # fmt: skip
    sign = ("met", texts.say("playbooks.this_one")) if one.in_force else None
    who = texts.say("playbooks.by", who=one.by, at=moments.near(one.at)) if one.at else texts.say("playbooks.came")
    why = texts.say("playbooks.back_to", n=one.restored) if one.restored else one.why
    listed = {"b": "bullets", "label": texts.say("playbooks.changes"), "items": list(changes)}
    return {
        "keep": f"v{one.number}", "title": texts.say("playbooks.version", n=one.number), "sign": sign, "text": why,
        "meta": [who], "buttons": buttons or None,
        "blocks": [listed] if changes else [],
    }  # fmt: skip


def _numbers(book: PlaybookBook, part: Playbook | Plan, moments: Moments) -> list[Block]:
    if isinstance(part, Plan):
        return _crises(book, part, moments)
    texts = moments.texts
    found = book.numbers(part.id, moments.now - COUNTED)
    period = texts.say("playbooks.period", n=COUNTED.days)
    if not found.runs:
        return [sheet.text(texts.say("playbooks.no_runs", n=COUNTED.days))]
    took = moments.length(found.minutes * 60) if found.minutes is not None else "–"
    figures = [
        {"n": moments.number(found.runs), "label": f"{texts.say('playbooks.runs')}, {period}"},
        {"n": took, "label": texts.say("playbooks.median", n=moments.number(found.answered))},
        {"n": moments.number(found.runs - found.answered), "label": texts.say("playbooks.unanswered")},
        {"n": moments.percent(found.finished / found.runs), "label": texts.say("playbooks.finished")},
    ]
    used = ", ".join(
        texts.say("playbooks.used", version=version, n=moments.number(number))
        for version, number in sorted(found.versions.items(), reverse=True)
    )
    return [
        sheet.figures(figures), sheet.text(used, dim=True), _steps(part, found, period, moments),
        sheet.head(texts.say("playbooks.last")),
        sheet.cards([_run(run, moments) for run in found.last], texts.say("playbooks.last")),
    ]  # fmt: skip


def _steps(part: Playbook, found: Numbers, period: str, moments: Moments) -> Block:
    texts, language = moments.texts, moments.texts.language
    header = [texts.say(f"playbooks_step.{name}") for name in ("step", "done", "late", "skipped", "open")]
    rows = []
    for step in part.steps:
        count = found.steps.get(step.id)
        numbers = (count.done, count.late, count.skipped, count.open) if count else (0, 0, 0, 0)
        rows.append([step.title.say(language), *(moments.number(number) for number in numbers)])
    return sheet.table(header, rows, f"{texts.say('playbooks.steps')}, {period}")


def _run(run: Any, moments: Moments) -> Block:
    texts = moments.texts
    if run.answered_at is not None:
        took = moments.length((run.answered_at - run.posted_at).total_seconds())
        said = texts.say("playbooks.answered_in", length=took)
    else:
        said = texts.say("playbooks.not_answered")
    return {
        "keep": f"run{run.case_id}", "title": texts.say("case.number", n=run.case_id),
        "go": {"page": "triage", "case": run.case_id},
        "meta": [moments.near(run.started_at), texts.say("playbooks.version", n=run.version), said],
    }  # fmt: skip


def _crises(book: PlaybookBook, plan: Plan, moments: Moments) -> list[Block]:
    texts = moments.texts
    items = [
        {
            "keep": f"crisis{one.id}", "title": one.title, "go": {"page": "crisis", "id": one.id},
            "meta": [moments.near(one.opened_at), texts.say("playbooks.version", n=one.plan_version),
                     stage_sign(one.stage, texts)[1]],
        }
        for one in book.crises(plan.id)
    ]  # fmt: skip
    return [
        sheet.head(texts.say("playbooks.crises")),
        sheet.cards(items, texts.say("playbooks.crises"), texts.say("playbooks.no_crises")),
    ]


def _proposals(book: PlaybookBook, part: Playbook | Plan, moments: Moments, settle: bool = False) -> list[Block]:
    texts = moments.texts
    items = []
    for one in book.proposals(part.id):
        done = sheet.press(
            "adopt", texts.say("playbooks.adopted", n=part.version), texts.say("playbooks.adopt_done"),
            form={"action": str(one.id), "version": str(part.version)}, confirm=texts.say("playbooks.adopt_sure"),
            keep=f"adopt{one.id}",
        )  # fmt: skip
        items.append(
            {
                "keep": f"a{one.id}", "title": one.what, "text": one.change or "",
                "meta": [part_ for part_ in (one.owner, one.due_on, texts.say("playbooks.from_review")) if part_],
                "buttons": [done, sheet.lead(texts.say("playbooks.to_review"), {"page": "crisis", "id": one.crisis_id})]
                if settle
                else [sheet.lead(texts.say("playbooks.to_review"), {"page": "crisis", "id": one.crisis_id})],
            }
        )  # fmt: skip
    if not items:
        return []
    return [sheet.head(texts.say("playbooks.proposed")), sheet.cards(items, texts.say("playbooks.proposed"))]


# --- changing one ---


def _editing(
    book: PlaybookBook, kind: str, part: Playbook | Plan, moments: Moments, memory: dict[str, Any]
) -> tuple[list[Block], list[Block]]:
    texts, key = moments.texts, f"{kind}:{part.id}"
    in_force = book.text(kind, part.id)
    base = digest(in_force)
    typed = memory.get("text", {}).get(key)
    text, seq = (typed[1], typed[2]) if typed is not None and typed[0] == base else (in_force, 0)
    reading = book.check(kind, part.id, text)
    main: list[Block] = []
    if book.files.folder is None:
        main.append(sheet.note(("same_day", texts.say("playbooks.copied")), texts.say("playbooks.copied_text")))
    main.append({"b": "editor", "keep": key, "key": key, "base": base, "text": in_force,
                 "label": texts.say("playbooks.editor", file=book.files.place(kind, part.id).name)})  # fmt: skip
    main.append(
        {
            "b": "saving", "do": "save", "keep": key, "why": texts.say("playbooks.why"),
            "submit": texts.say("playbooks.save"), "said": texts.say("playbooks.saved"),
            "text": texts.say("playbooks.save_text", n=part.version + 1),
        }
    )  # fmt: skip
    return main, _beside(book, kind, part, text, in_force, reading, seq, moments)


def _beside(
    book: PlaybookBook, kind: str, part: Playbook | Plan, text: str, in_force: str, reading: Reading, seq: int,
    moments: Moments,
) -> list[Block]:  # fmt: skip
    texts, language = moments.texts, moments.texts.language
    count = len(reading.findings)
    said = texts.say("editor.good") if not count else texts.say_number("editor.wrong", count, moments.number(count))
    items = []
    for one in reading.findings[:SHOWN]:
        sentence, spoken = said_finding(one.sentence, language)
        items.append({"line": one.line, "field": one.field, "text": sentence, "lang": spoken})
    side: list[Block] = [
        sheet.head(texts.say("editor.check")),
        {"b": "findings", "keep": f"{kind}:{part.id}", "label": texts.say("editor.check"), "said": said, "seq": seq,
         "items": items},
    ]  # fmt: skip
    if text != in_force:
        side.append(sheet.head(texts.say("editor.differs")))
        if reading.part is not None:
            lines = book.changes(kind, part.id, reading.part, language)
            side.append({"b": "bullets", "label": texts.say("editor.differs"), "items": list(lines[:SHOWN])})
            if not lines:
                side.append(sheet.text(texts.say("editor.only_words"), dim=True))
        whole = line_changes(in_force, text, texts.say("playbooks.this_one"), texts.say("editor.yours"))
        side.append(sheet.fold("diff", texts.say("playbooks.lines"), [{"b": "pre", "text": whole}]))
    side += _proposals(book, part, moments, settle=True)
    if isinstance(reading.part, Playbook):
        side.append(sheet.head(texts.say("editor.preview"), 2, texts.say("editor.preview_sub")))
        for made in previews(reading.part, language):
            size = (
                texts.say("editor.size_of", n=moments.number(made.length), most=moments.number(made.limit))
                if made.limit
                else texts.say("editor.size", n=moments.number(made.length))
            )
            title = f"{texts.label('family', made.family)} · {size}"
            side.append(sheet.fold(f"family-{made.family}", title, [{"b": "quote", "text": made.text}]))
    return side


def deeds(
    book: PlaybookBook, texts: Texts, memory: dict[str, Any], changed: Callable[[], None] = lambda: None
) -> Mapping[str, sheet.Do]:
    """What can be done about playbooks. `changed` is told when another version is in force."""

    def named(deed: Deed) -> tuple[str, str]:
        kind, _, id = deed.said("key", 80).partition(":")
        return (kind, id) if kind in KINDS else ("playbook", id)

    def check(deed: Deed, now: datetime) -> None:
        kept: dict[str, Any] = memory.setdefault("text", {})
        kept.clear()  # one text is being written at a time
        kept[deed.said("key", 80)] = (deed.said("base", 64), deed.form.get("text", ""), deed.number("seq"))

    def save(deed: Deed, now: datetime) -> Mapping[str, Any]:
        kind, id = named(deed)
        version = book.save(kind, id, deed.form.get("text", ""), deed.said("base", 64), deed.said("why", 300), now)
        memory.pop("text", None)
        changed()
        return {"go": {"tab": "versions", "id": 0}, "told": texts.say("playbooks.saved_as", n=version)}

    def restore(deed: Deed, now: datetime) -> Mapping[str, Any]:
        kind, id = named(deed)
        version = book.restore(kind, id, deed.number("version"), now)
        changed()
        return {"go": {"tab": "versions", "id": 0}, "told": texts.say("playbooks.saved_as", n=version)}

    return {
        "check": check, "save": save, "restore": restore,
        "adopt": lambda deed, now: book.adopt(deed.number("action"), deed.number("version"), now),
    }  # fmt: skip
