"""The clock of a drill: which moment of the rehearsed crisis it is at a real moment. Pure.

It stands in the settings of the drill's own folder, so that every process of the drill reads the same clock, and it is
what makes a desk a rehearsal: one whose settings hold it collects nothing and sends nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, field_validator


class DrillClock(BaseModel):
    """A drill and its time: `starts` is the drill's moment at the real moment `started`; then it runs at `speed`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z0-9_-]{1,80}$", description="this playing of the drill; its folder is called so")
    name: str = Field(min_length=1, max_length=80, description="the drill that is played")
    started: datetime = Field(description="the real moment at which the clock was set")
    starts: datetime = Field(description="what it showed then")
    speed: float = Field(ge=0, le=100_000, description="drill seconds a real second; 0: it moves as fast as it can")

    @field_validator("started", "starts")
    @classmethod
    def _with_offset(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("write the offset too, such as 2026-10-28T09:00:00+03:00")
        return value

    def at(self, real: datetime) -> datetime:
        """What the clock shows at a real moment (aware); before it was set it stands, and at speed 0 it does always."""
        return self.starts + max(real - self.started, timedelta(0)) * self.speed

    def real(self, moment: datetime) -> datetime:
        """The real moment at which the clock shows `moment`; when it was set for one before, and at speed 0."""
        if not self.speed:
            return self.started
        return self.started + max(moment - self.starts, timedelta(0)) / self.speed

    def set(self, real: datetime, shows: datetime, speed: float) -> DrillClock:
        """The same drill's clock, set to show `shows` at a real moment: after a pause it goes on where it stood."""
        return self.model_copy(update={"started": real, "starts": shows, "speed": speed})
