"""Models by aggregate: kinds, incidents, their clocks, their handling; the desk's shifts."""

from incidents.models.clocks import Clock, ClockPause, ClockRule, IncidentClock
from incidents.models.handling import Attachment, IncidentEntry, IncidentParty
from incidents.models.handovers import ShiftHandover
from incidents.models.incidents import SHORT_NOTE, Assignment, Incident, MeasureTaken
from incidents.models.kinds import IncidentType

__all__ = [
    "SHORT_NOTE",
    "Assignment",
    "Attachment",
    "Clock",
    "ClockPause",
    "ClockRule",
    "Incident",
    "IncidentClock",
    "IncidentEntry",
    "IncidentParty",
    "IncidentType",
    "MeasureTaken",
    "ShiftHandover",
]
