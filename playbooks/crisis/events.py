"""What happens in a run, one line of the log each; where the run stands is computed from these alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ORDER = (
    "suspected", "present", "absent", "handed_over", "taken", "declared", "severity", "seen", "collected", "done",
    "decided", "updated", "contained", "closed", "reviewed", "dismissed", "told",
)  # fmt: skip
"""The types, in the order in which events of the same moment are looked at, whatever order they came in."""

NEEDS: dict[str, tuple[str, ...]] = {
    "suspected": ("why",), "taken": (), "declared": ("why",), "dismissed": ("why",), "severity": ("severity", "why"),
    "handed_over": ("role", "person"), "absent": ("person",), "present": ("person",), "seen": ("duty",),
    "collected": ("evidence",), "done": ("step",), "decided": ("step", "option", "why"), "updated": (),
    "contained": ("why",), "closed": ("why",), "reviewed": ("why",), "told": ("notice",),
}  # fmt: skip
"""The fields without which an event of that type says nothing."""


@dataclass(frozen=True)
class Event:
    """One thing that happened: `at` (aware), its type (one of ORDER), `by` as the log has it (`agent:NAME`, `system`).

    `duty` is the key of what was seen, `notice` the key of what was told (see run.py); the rest as NEEDS says.
    """

    at: datetime
    type: str
    by: str = "system"
    step: str = ""
    option: str = ""
    role: str = ""
    person: str = ""
    duty: str = ""
    notice: str = ""
    evidence: str = ""
    severity: int = 0
    why: str = ""

    def __post_init__(self) -> None:
        if self.type not in NEEDS:
            raise ValueError(f"{self.type!r} is not an event of a crisis; known are {', '.join(ORDER)}")
        if self.at.tzinfo is None:
            raise ValueError(f"{self.at.isoformat()} has no offset, such as +03:00")
        missing = [name for name in NEEDS[self.type] if not getattr(self, name)]
        if missing:
            raise ValueError(f"an event {self.type!r} needs {missing[0]!r}")

    @property
    def place(self) -> tuple[object, ...]:
        """Where it stands among events: by its moment, then by what it is; the same for any order of arrival."""
        return (
            self.at, ORDER.index(self.type), self.step, self.option, self.role, self.person, self.duty, self.notice,
            self.evidence, self.severity, self.by, self.why,
        )  # fmt: skip

    @property
    def name(self) -> str:
        """The person's name in `by`; empty for the system and the customer."""
        return self.by.removeprefix("agent:") if self.by.startswith("agent:") else ""
