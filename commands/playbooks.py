"""`nobet playbooks ...`: what the desk will do, for reading, mending, comparing, printing and carrying away."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from commands.options import Config, Failure, Language, complain, language, utc_now
from desk.settings import library_of, load_settings
from playbooks.bundle import kind_of, lent_problems
from playbooks.crisis.plain import plan_of
from playbooks.crisis.plan import Plan
from playbooks.crisis.shelf import PLANS, check_plans, load_plans
from playbooks.describe import describe
from playbooks.drills import check_drills
from playbooks.schema import Library, Playbook
from playbooks.shelf import ENDINGS, Finding, LibraryError, check_library, load_library

FORMATS = ("html", "pdf", "yaml")
KINDS = ("playbook", "plan", "drill")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(
        help="Validate, show, compare and print playbooks and crisis plans.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command()(check)
    group.command("list")(list_all)
    group.command()(show)
    group.command()(diff)
    group.command()(schema)
    group.command()(export)
    group.command("import")(take_in)
    app.add_typer(group, name="playbooks")


def check(
    path: Annotated[
        Path | None, typer.Argument(help="a file, or a folder with its plans/ and drills/; else the shipped")
    ] = None,
) -> None:
    """Validate playbooks, crisis plans and drills; every finding with its file, line and field."""
    if path is not None and not path.exists():
        raise Failure(f"{path}: there is no such file or folder")
    findings = _check_shipped() if path is None else _check_own(path)
    for finding in findings:
        complain(str(finding))
    print(f"{len(findings)} finding(s)" if findings else "all playbooks are in order")
    raise typer.Exit(1 if findings else 0)


def _check_shipped() -> list[Finding]:
    findings = [*check_library(), *check_plans()]
    # Drills lean on plans, and plans on playbooks: of what is broken nothing more is asked.
    return findings or _check_leaning(load_library(), load_plans(), PLANS, None)


def _check_own(path: Path) -> list[Finding]:
    files = sorted(file for file in path.iterdir() if file.suffix in ENDINGS) if path.is_dir() else [path]
    kinds = {file: kind_of(file) for file in files}
    if path.is_dir() and not {"plan", "drill"}.intersection(kinds.values()):
        findings = check_library(path) if files or not (path / "plans").is_dir() else []
        plans, drills = path / "plans", path / "drills"
    elif path.is_dir() and set(kinds.values()) <= {"plan"}:
        findings, plans, drills = [], path, path / "drills"
    elif path.is_dir():
        return [finding for file in files for finding in _check_own(file)]
    elif kinds[path] == "drill":
        return check_drills(_runnable(load_library(), load_plans()), path)
    elif kinds[path] == "plan":
        findings, plans, drills = [], path, Path(os.devnull)
    elif kinds[path] == "bundle":
        return _check_bundle(path)
    else:
        return check_library(path)
    if plans.exists():
        findings += check_plans(plans)
    if findings:
        return findings
    library = load_library(path) if path.is_dir() and "playbook" in kinds.values() else load_library()
    return _check_leaning(library, load_plans(plans) if plans.exists() else {}, plans, drills)


def _check_bundle(file: Path) -> list[Finding]:
    from playbooks.bundle import read_bundle

    try:
        read_bundle(file)
    except LibraryError as error:
        return list(error.findings)
    return []


def _check_leaning(library: Library, plans: dict[str, Plan], where: Path, drills: Path | None) -> list[Finding]:
    def file_of(plan: str) -> str:
        return str(where / f"{plan}.yaml" if where.is_dir() else where)

    findings = lent_problems(plans, library, file_of)
    if drills is None or drills.is_dir():
        findings += check_drills(_runnable(library, load_plans() | plans), drills)
    return findings


def _runnable(library: Library, plans: dict[str, Plan]) -> dict[str, Plan]:
    """Every plan a drill may rehearse: the crisis plans, and the playbooks as they are."""
    return {playbook.id: plan_of(playbook) for playbook in library.values()} | plans


def list_all(config: Config = None, lang: Language = "en") -> None:
    """The playbooks: id, version, title."""
    say = language(lang)
    for book in library_of(load_settings(config)).values():
        print(f"{book.id}\tv{book.version}\t{book.title.say(say)}")


def show(
    id: Annotated[str, typer.Argument(help="the playbook's id")], config: Config = None, lang: Language = "en"
) -> None:
    """One playbook as a page of text."""
    library = library_of(load_settings(config))
    if id not in library:
        raise Failure(f"there is no playbook {id!r}; there are: {', '.join(library)}")
    print(describe(library[id], language(lang)))


def diff(
    old: Annotated[str, typer.Argument(help="a file, or an id in use; plan:ID where a playbook has it too")],
    new: Annotated[str, typer.Argument(help="the same")],
    config: Config = None,
    lang: Language = "en",
) -> None:
    """What changed between two versions, a line each; exit status 0 also where they differ."""
    from playbooks.changes import said_changes

    say = language(lang)
    before, after = (_one(name, config) for name in (old, new))
    if type(before) is not type(after):
        raise Failure(f"{old} and {new} are a playbook and a crisis plan; they cannot be compared")
    lines = said_changes(before, after, say)
    for line in lines:
        print(line)
    if not lines:
        print("hiçbir fark yok" if say == "tr" else "no difference")


def _one(name: str, config: Path | None) -> Playbook | Plan:
    """The playbook or plan of a file or of an id. Raises Failure for neither, LibraryError for a wrong one."""
    file = Path(name)
    if file.is_file():
        if kind_of(file) == "plan":
            return next(iter(load_plans(file).values()))
        found = load_library(file)
        if found:
            return next(iter(found.values()))
        raise Failure(f"{name} holds neither a playbook nor a crisis plan")
    library, plans = library_of(load_settings(config)), load_plans()
    kind, _, plain = name.rpartition(":")
    if plain in library and plain in plans and not kind:
        raise Failure(f"{name!r} is a playbook and a crisis plan; write playbook:{name} or plan:{name}")
    one: Playbook | Plan | None = library.get(plain) if kind in ("", "playbook") else None
    if one is None and kind in ("", "plan"):
        one = plans.get(plain)
    if one is None:
        raise Failure(f"{name!r} is no file, no playbook and no crisis plan")
    return one


def schema(
    kind: Annotated[str, typer.Argument(help="playbook, plan or drill")] = "playbook",
) -> None:
    """The JSON Schema (draft 2020-12), for editors that complete and underline."""
    from playbooks.crisis.shelf import json_schema as of_plan
    from playbooks.drills import json_schema as of_drill

    if kind not in KINDS:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(KINDS)}", param_hint="KIND")
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    made = {"playbook": lambda: draft | Playbook.model_json_schema(), "plan": of_plan, "drill": of_drill}[kind]()
    print(json.dumps(made, ensure_ascii=False, indent=2))


def export(
    ids: Annotated[list[str] | None, typer.Argument(help="playbooks and crisis plans; all when left out")] = None,
    form: Annotated[str, typer.Option("--format", help="html, pdf or yaml")] = "html",
    out: Annotated[Path | None, typer.Option("--out", help="the file to write")] = None,
    config: Config = None,
    lang: Annotated[str, typer.Option("--lang", help="language of the document: tr or en (yaml holds both)")] = "tr",
) -> None:
    """The plan as one document for people who never open the tool, or as YAML that `import` reads back."""
    say = language(lang)
    if form not in FORMATS:
        raise typer.BadParameter(f"{form!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    if out is None:
        raise typer.BadParameter("name the file to write", param_hint="--out")
    settings = load_settings(config)
    library = library_of(settings)
    playbooks, plans = _chosen(ids or [], library)
    content: bytes
    if form == "yaml":
        from playbooks.bundle import Bundle, write_bundle

        content = write_bundle(Bundle(tuple(playbooks), tuple(plans), library.phrases)).encode()
    else:
        from desk.handbook import handbook
        from desk.paper import to_html, to_pdf

        day = settings.moment(utc_now()).astimezone(settings.desk.zone).date()
        paper = handbook(settings.brand.name, settings.agents, playbooks, plans, day, say)
        content = to_pdf(paper) if form == "pdf" else to_html(paper).encode()
    try:
        out.write_bytes(content)
    except OSError as error:
        raise Failure(f"{out} cannot be written: {error.strerror or error}") from None
    print(f"{out}: {len(plans)} crisis plan(s), {len(playbooks)} playbook(s)")


def _chosen(ids: Sequence[str], library: Library) -> tuple[list[Playbook], list[Plan]]:
    plans = load_plans()
    unknown = [name for name in ids if name not in library and name not in plans]
    if unknown:
        raise Failure(f"there is no playbook or crisis plan {unknown[0]!r}; there are: {', '.join((*library, *plans))}")
    if not ids:
        return list(library.values()), list(plans.values())
    return [library[name] for name in library if name in ids], [plan for name, plan in plans.items() if name in ids]


def take_in(
    file: Annotated[Path, typer.Argument(help="what `export --format yaml` wrote")],
    into: Annotated[Path, typer.Option("--into", help="the folder for the playbooks; crisis plans go to its plans/")],
    replace: Annotated[bool, typer.Option("--replace", help="write over files that are there")] = False,
) -> None:
    """A YAML export back into a folder of files: checked first, and refused whole when anything is wrong."""
    from commands.playbooks_import import write_files
    from playbooks.bundle import read_bundle

    try:
        bundle = read_bundle(file)
        written = write_files(bundle, into, replace)
    except LibraryError as error:
        for finding in error.findings:
            complain(str(finding))
        raise Failure(f"nothing was taken in: {len(error.findings)} finding(s)") from None
    except OSError as error:
        raise Failure(f"{error.filename or file}: {error.strerror or error}") from None
    print(f"{into}: {written} file(s) written; name the folder as 'playbooks:' in nobet.yaml to use it")
