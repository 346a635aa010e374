"""The command line: `nobet …` and `python -m nobet …`. One file per job in commands/; here they only meet.

Exit status: 0 done, 1 the work failed (a sentence on standard error), 2 wrong usage of the command line.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import Any

import typer

ROOMS = {
    "run": "serve", "worker": "serve", "board": "serve", "collect": "serve", "import": "files", "export": "files",
    "due": "deadlines", "clocks": "deadlines", "clock": "deadlines", "score": "scoring", "route": "scoring",
    "detect": "detect", "playbooks": "playbooks",
    "train": "training", "evaluate": "training", "coverage": "coverage", "forecast": "forecast", "sources": "sources",
    "add": "sources", "try": "sources", "check": "sources", "query": "query", "intake": "intake",
    "models": "models", "quality": "models", "bench": "bench", "concessions": "concessions", "orders": "orders",
    "verify": "verify", "alerts": "alerts", "drill": "drill", "causes": "causes",
    "report": "report",
    "review": "review", "users": "users",
}  # fmt: skip
"""The file in commands/ of each command; only the one that is asked for is loaded, so that `nobet due` is quick."""

# What is expected to go wrong for a user, each carrying its own sentence; anything else is our mistake. By name, since
# a room that was not loaded cannot have failed.
EXPECTED = {
    "commands.options": "Failure", "desk.settings": "SettingsError", "collectors.registry": "ConfigError",
    "playbooks.shelf": "LibraryError", "store.engine": "StoreError", "mention": "MentionError",
    "connecting": "ConnectingError", "desk.secrets": "SecretError", "collectors.query.syntax": "QueryError",
    "desk.clock": "ClockError", "desk.calendar": "NoStaffedTime", "nlp.linear": "ModelError",
    "desk.roles": "Refused",
}  # fmt: skip


UsageError: Any = typer.BadParameter.__base__  # Typer brings its own click and gives this one no public name


def command_line(name: str | None = None) -> typer.Typer:
    """The command line with the room of one command, or with all of them for anything else (help, mistakes)."""
    app = typer.Typer(
        name="nobet",
        help="Nöbet: social listening and crisis response. Without configuration it runs the demo brand.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(lambda: None)  # a group even when a single command is loaded
    for room in dict.fromkeys([ROOMS[name]] if name in ROOMS else ROOMS.values()):
        importlib.import_module(f"commands.{room}").register(app)
    return app


def is_expected(error: BaseException) -> bool:
    """Whether an error is one of EXPECTED."""
    loaded = ((sys.modules.get(module), name) for module, name in EXPECTED.items())
    return any(module is not None and isinstance(error, getattr(module, name, ())) for module, name in loaded)


def main() -> None:
    """Run the command line and leave with its exit status."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=os.environ.get("NOBET_LOG", "INFO"))
    for noisy in ("alembic", "apscheduler", "scrapy", "urllib3", "prawcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # a customer's letters may not exist in the terminal's encoding; show what can be shown rather than stop
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        status = command_line(sys.argv[1] if len(sys.argv) > 1 else None)(standalone_mode=False)
    except UsageError as error:
        print(f"nobet: {error.format_message()}", file=sys.stderr)
        status = 2
    except typer.Exit as error:
        status = error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        status = 130
    except BrokenPipeError:  # the reader of our output has had enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        status = 0
    except Exception as error:
        if not is_expected(error):
            raise
        print(f"nobet: {error}", file=sys.stderr)
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
