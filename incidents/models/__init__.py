"""Models by aggregate: kinds, incidents."""

from incidents.models.incidents import SHORT_NOTE, Incident
from incidents.models.kinds import IncidentType

__all__ = ["SHORT_NOTE", "Incident", "IncidentType"]
