"""Seeing the snowball: is it growing beyond what is usual, per brand, topic and incident. Pure.

`Watch.add` takes mentions in time order and gives an alarm, once per incident, with its reasons in Turkish and English.
"""

from playbooks.growth.alarm import Alarm, Heard, Unseen, at_once_of, heard, reach_of, severity_of
from playbooks.growth.doubling import Doubling, doubling
from playbooks.growth.thresholds import FALSE_ALARMS, Limits, limits
from playbooks.growth.watch import State, Watch
from playbooks.growth.words import why

__all__ = [
    "FALSE_ALARMS", "Alarm", "Doubling", "Heard", "Limits", "State", "Unseen", "Watch", "at_once_of", "doubling",
    "heard", "limits", "reach_of", "severity_of", "why",
]  # fmt: skip
