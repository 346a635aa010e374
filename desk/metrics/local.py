"""Moments of many cases in the desk's zone: day, weekday and hour, as columns. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from desk.calendar import from_us

_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_EPOCH = date(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class LocalTimes:
    """The local day of moments as day_number has it, their weekday (0 is Monday), and the hour their clocks showed."""

    day: np.ndarray
    weekday: np.ndarray
    hour: np.ndarray

    @classmethod
    def of(cls, moments: np.ndarray, zone: ZoneInfo) -> LocalTimes:
        """Those of moments (microseconds since 1970). The zone is asked once an hour, and in an hour in which its clock
        changes once a moment."""
        hours, which = np.unique(moments // _HOUR, return_inverse=True)
        begins = _offsets(hours * _HOUR, zone)
        changes = begins != _offsets(hours * _HOUR + _HOUR - 1, zone)
        offset = begins[which]
        within = np.flatnonzero(changes[which])
        offset[within] = _offsets(moments[within], zone)
        local = moments + offset
        day = local // _DAY
        return cls(day, (day + _EPOCH.weekday()) % 7, local // _HOUR % 24)


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The day of a number of days since 1970."""
    return _EPOCH + timedelta(days=number)


def _offsets(moments: np.ndarray, zone: ZoneInfo) -> np.ndarray:
    found = (from_us(moment).astimezone(zone).utcoffset() or timedelta(0) for moment in moments.tolist())
    return np.array([offset // _MICROSECOND for offset in found], dtype=np.int64)
