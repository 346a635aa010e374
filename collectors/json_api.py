"""How the collectors of review and shop services speak to a JSON API: one request, one decoded object, or a sentence.

Everything goes through `collectors.transport`; this adds what all of them need after it: that the answer is JSON, and
an object, and the tokens and secrets that a request carries.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from collectors.protocol import Refused, SourceSettings, Unreadable
from collectors.transport import Transport

LARGEST_KEY = 64 * 1024
"""Bytes of a key file. The largest of those used here, a service account's, has about 2,400."""


class JsonApi:
    """The requests of one fetch. Close it, or use it in a `with`."""

    def __init__(self, transport: Transport, user_agent: str) -> None:
        self.transport = transport
        self.session = transport.session(user_agent)
        # Only what is given here may authorise a request: not a .netrc that happens to lie in the home folder.
        self.session.auth = lambda request: request
        self.session.headers["Accept"] = "application/json"

    def bearer(self, token: str) -> None:
        """Carry `token` from now on, and never repeat it in a sentence."""
        self.transport.secrets = (*self.transport.secrets, token)
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, url: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The object that `url` answers with. Raises a CollectorError."""
        return self._object(self.session.get(url, params=dict(params or {}), allow_redirects=False))

    def post(self, url: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The object that `url` answers a form with. Raises a CollectorError."""
        return self._object(self.session.post(url, data=dict(form), allow_redirects=False))

    def unreadable(self, what: str) -> Unreadable:
        """An answer that is not what the service's documents describe."""
        return Unreadable(self.transport.sentence(what, "It is tried again later."))

    def _object(self, response: Any) -> dict[str, Any]:
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            answer = None
        if response.status_code != 200 or not isinstance(answer, dict):
            where = response.request.path_url.partition("?")[0]
            error = self.unreadable(f"the answer to {where} is not a JSON object (status {response.status_code})")
            text = response.text[:200_000]
            for secret in self.transport.secrets:
                text = text.replace(secret, "(secret)")
            error.page = text
            raise error
        return answer

    def __enter__(self) -> JsonApi:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()


def secret(settings: SourceSettings, variable: str, what: str) -> str:
    """The value of an environment variable; Refused, naming it and `what` belongs there, when it is empty."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise Refused(
            f'Source "{settings.source}": the environment variable {variable} is empty. Put {what} there; nothing was '
            "read."
        )
    return value


def key_text(settings: SourceSettings, variable: str, what: str) -> str:
    """A key that the environment holds as its text or as the path of its file. Raises Refused."""
    value = secret(settings, variable, what)
    if value.startswith(("{", "-----")):
        # An environment file has one line a variable; a key's line ends are then written as \n.
        return value if value.startswith("{") else value.replace("\\n", "\n")
    try:
        with Path(value).expanduser().open(encoding="utf-8") as file:
            return file.read(LARGEST_KEY)
    except (OSError, ValueError):
        raise Refused(
            f'Source "{settings.source}": the environment variable {variable} holds neither {what} nor the path of a '
            "file with it that can be read. Correct it; nothing was read."
        ) from None


def part(value: Any, name: str) -> dict[str, Any]:
    """The object under `name`, an empty one where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def number(value: Any) -> int:
    """A count that a service gives as a number or as text; 0 for anything that is none."""
    try:
        return max(0, int(value))
    except (TypeError, ValueError, OverflowError):
        return 0


def total(value: Any) -> int | None:
    """A total that a service gives; None where it gives none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def at(value: Any) -> datetime | None:
    """A time as a service writes it (ISO 8601, UTC where it names no offset); None where it is none."""
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
        if when is None:
            return None
        return (when.replace(tzinfo=UTC) if when.tzinfo is None else when).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def iso(value: datetime | None) -> str | None:
    """A time as `extra` keeps it."""
    return value.astimezone(UTC).isoformat() if value else None


def titled(title: Any, text: Any) -> str:
    """A review's title and text as one; the title is left out where the service made it of the text's first words."""
    head, body = str(title or "").strip(), str(text or "")
    begun = head.rstrip("…. ").strip()
    if not begun or body.strip().startswith(begun):
        return body
    return f"{head}\n\n{body}" if body.strip() else head
