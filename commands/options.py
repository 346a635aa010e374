"""What the commands share: --config, reading lines, moments, failing well. Light, so that every command starts fast."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO
from zoneinfo import ZoneInfo

import typer

from desk.policy import Policy
from desk.roles import Refused, require
from desk.settings import Settings, load_settings
from mention import MentionError, parse_time

if TYPE_CHECKING:
    from nlp import Scorer

Config = Annotated[Path | None, typer.Option("--config", help="nobet.yaml; else the one in NOBET_HOME, else the demo")]
Language = Annotated[str, typer.Option("--lang", help="language of explanations: en or tr")]
BackendName = Annotated[
    str | None, typer.Option("--backend", help="linear, cascade, transformer or hub:MODEL; else the configured one")
]

MAX_LINE = 20_000_000
"""Bytes of one line that are read; a longer one is named and passed over instead of filling the memory."""


class Failure(Exception):
    """The work failed; the message is the sentence for standard error."""


def utc_now() -> datetime:
    """The present moment in UTC; rules are given it."""
    return datetime.now(UTC)


def complain(sentence: str) -> None:
    """One sentence on standard error."""
    print(f"nobet: {sentence}", file=sys.stderr)


def language(value: str) -> str:
    """`en` or `tr`; anything else is wrong usage."""
    if value not in ("en", "tr"):
        raise typer.BadParameter(f"{value!r} is neither en nor tr", param_hint="--lang")
    return value


def moment(value: str, zone: ZoneInfo, option: str) -> datetime:
    """A moment from an option; one without an offset is in the desk's zone. Wrong usage if it is none."""
    try:
        return parse_time(value, zone)[0]
    except MentionError:
        raise typer.BadParameter(
            f"{value!r} is not a date and time such as 2026-11-21T09:30:00+03:00", param_hint=option
        ) from None


def lines(file: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file or, for `-`, of standard input, numbered from 1, blank ones left out.

    Raises Failure for a file that cannot be read.
    """
    if file == "-":
        yield from _numbered(sys.stdin.buffer)
        return
    try:
        with open(file, "rb") as stream:
            yield from _numbered(stream)
    except FileNotFoundError:
        raise Failure(f"{file}: there is no such file") from None
    except IsADirectoryError:
        raise Failure(f"{file} is a folder; name a file in it") from None
    except PermissionError:
        raise Failure(f"{file}: not readable for you") from None


def _numbered(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
        if line.strip():
            yield number, line


def decoded(where: str, number: int, line: bytes) -> Any:
    """The JSON value of a line. Raises MentionError naming file and line."""
    try:
        return json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise MentionError("", f"{where}, line {number}: not UTF-8") from None
    except (ValueError, RecursionError) as error:
        what = getattr(error, "msg", "too deeply nested")
        raise MentionError("", f"{where}, line {number}: not JSON ({what})") from None


def real_settings(config: Path | None, command: str) -> Settings:
    """The settings for a command that works by the real clock. Raises Failure in the folder of a drill.

    A drill's store has the drill's times; what would be written there at the real one would be years off, and what was
    rehearsed could no longer be told from what happened.
    """
    settings = load_settings(config)
    if settings.drill is not None:
        raise Failure(
            f"this is the folder of the drill {settings.drill.key}, whose clock is not the real one; "
            f"call nobet {command} where the brand is (here: nobet board)"
        )
    return settings


def policy_of(config: Path | None) -> Policy:
    """The desk's policy for the rules alone: the configured one, else the default one.

    The demo's desk is staffed around the clock so that the demo lives at any hour; as an answer to `nobet due` without
    a configuration that would be a surprise.
    """
    settings = load_settings(config)
    return Policy() if settings.demo else settings.desk


def scorer_of(settings: Settings, backend: str | None = None) -> Scorer:
    """The scorer that the settings' `classifier` names, or `backend` where the command line does.

    Raises nlp.linear.ModelError where it cannot be loaded; a name that is none is wrong usage.
    """
    import classifying  # here: most commands score nothing and start without it
    from nlp import Scorer, backends
    from nlp.linear import ModelError

    if backend is not None:
        try:
            backends.check(backend)
        except ModelError as error:
            raise typer.BadParameter(str(error), param_hint="--backend") from None
        return Scorer.of(backend, settings.classifier.labels)
    return classifying.scorer_of(settings)


def hand(settings: Settings, by: str | None, action: str) -> str:
    """The hand of the log for `--by`: `system` without one. Raises Failure for who is not on the desk or may not."""
    if by is None:
        return "system"
    agent = next((each for each in settings.agents if each.name == by), None)
    if agent is None:
        raise Failure(f"{by} is not on the desk; --by takes {', '.join(each.name for each in settings.agents)}")
    try:
        require(agent, action)
    except Refused as error:
        raise Failure(str(error)) from None
    return f"agent:{by}"
