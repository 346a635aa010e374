"""`nobet playbooks check|list|show`: what the desk will do, for reading and for mending."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.options import Config, Failure, Language, complain, language
from desk.settings import library_of, load_settings
from playbooks.describe import describe
from playbooks.shelf import check_library


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(help="Validate, list and show playbooks.", no_args_is_help=True, rich_markup_mode=None)
    group.command()(check)
    group.command("list")(list_all)
    group.command()(show)
    app.add_typer(group, name="playbooks")


def check(
    path: Annotated[Path | None, typer.Argument(help="a playbook or a folder of them; else the shipped")] = None,
) -> None:
    """Validate playbooks; every finding with its file, line and field."""
    if path is not None and not path.exists():
        raise Failure(f"{path}: there is no such file or folder")
    findings = check_library(path)
    for finding in findings:
        complain(str(finding))
    print(f"{len(findings)} finding(s)" if findings else "all playbooks are in order")
    raise typer.Exit(1 if findings else 0)


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
