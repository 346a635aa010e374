"""Secrets: the environment, and the file beside the configuration from which it is filled.

`nobet.env` in NOBET_HOME holds lines NAME=value, readable by its owner alone. What the environment already says wins.
No value from here may reach a log, a page, an export or the configuration.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from dotenv import dotenv_values, set_key

FILE_NAME = "nobet.env"
_filled: dict[str, str] = {}
"""What this process took from the file."""

_NAME = re.compile(r"[A-Z][A-Z0-9_]{2,80}")


class SecretError(ValueError):
    """A secret that cannot be kept; the message names the variable and never its value."""


def fill_environment(home: Path) -> None:
    """Puts what `nobet.env` in `home` says into the environment of this process, where it is not there yet."""
    file = home / FILE_NAME
    if not file.is_file():
        return
    try:
        # interpolate=False: a secret may hold a dollar sign.
        values = dotenv_values(file, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return  # whoever needs a variable says that it is empty
    for name, value in values.items():
        if not value or not _NAME.fullmatch(name):
            continue
        # What came from the file may be corrected there while we run; what the environment said itself stays.
        if name not in os.environ or os.environ[name] == _filled.get(name):
            os.environ[name] = _filled[name] = value


def keep_secret(home: Path, name: str, value: str) -> Path:
    """Writes a secret to `nobet.env` in `home` and to this process's environment; answers the file.

    Raises SecretError for a name that is no variable's or a value with a line break, and where the file cannot be
    written.
    """
    if not _NAME.fullmatch(name):
        raise SecretError(
            f"{name!r} cannot be a variable's name: capital letters, digits and _ only, such as NOBET_X_KEY"
        )
    if not value.strip() or any(c in value for c in "\r\n\0"):
        raise SecretError(f"{name}: a secret is one line and not empty; nothing was written")
    file = home / FILE_NAME
    try:
        home.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        file.chmod(0o600)
        set_key(file, name, value.strip(), quote_mode="always", encoding="utf-8")
        file.chmod(0o600)
    except OSError as error:
        raise SecretError(f"{file}: cannot be written ({error.strerror}); {name} was not kept") from None
    os.environ[name] = _filled[name] = value.strip()
    return file


def missing(names: Iterable[str]) -> list[str]:
    """Those of the variables that the environment does not fill."""
    return [name for name in names if not os.environ.get(name, "").strip()]
