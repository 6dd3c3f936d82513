"""Incidents led along their way through the services, as officers do; for the tests beside."""

import datetime as dt

from django.utils import timezone

from incidents import services
from incidents.models import IncidentType
from kylien.core.changes import acting
from tests.factories import IncidentFactory, incident_type

NOON = dt.datetime(2026, 3, 5, 12, 0, tzinfo=timezone.get_default_timezone())  # a Thursday

PATHS = {  # state -> the steps that lead there
    "received": [],
    "classified": ["classify"],
    "verifying": ["classify", "verify"],
    "resolved": ["classify", "resolve"],
    "mediated": ["classify", "mediate"],
    "sanctioned": ["classify", "verify", "sanction"],
    "handed_over": ["classify", "hand_over"],
    "not_competent": ["classify", "refer"],
    "answered": ["classify", "answer"],
    "closed": ["classify", "resolve", "close"],
}


def kind(code):
    return IncidentType.objects.get(code=code)


def typed(step, incident, on):
    """Return what an officer fills in for a step, as the service takes it."""
    done = {"resolved_on": on, "file_number": "12/BC", "result": "Đã trả lại xe đạp"}
    return {
        "classify": {"type": incident.type, "urgency": incident.urgency, "note": "Đúng loại"},
        "hand_over": done | {"handed_to": "Cơ quan điều tra tỉnh"},
        "refer": done | {"handed_to": "Uỷ ban nhân dân phường"},
        "resolve": done,
        "mediate": done,
        "sanction": done,
        "answer": done,
        "tell_group": {"told_group_on": on, "told_group": "Đã xử lý xong"},
        **{key: {"reason": "Có tình tiết mới"} for key in ("reopen", "pause", "extend")},
    }.get(step, {})


def receive(area, *, by=None, at=None, measures=None, **values):
    """Take an incident down as the desk does, by default five hours after it happened."""
    values.setdefault("type", incident_type())
    at = at or values.get("received_at") or timezone.now()
    values.setdefault("received_at", at)
    values.setdefault("occurred_at", values["received_at"] - dt.timedelta(hours=5))
    incident = IncidentFactory.build(neighbourhood=area, created_by=by, **values)
    if measures is None:
        measures = ["explain"] if incident.type.crowd else []
    with acting(user=by):
        return services.receive(incident, measures=measures, at=at)


def take(incident, step, by, at=None, **values):
    """Take a step with an incident."""
    at = at or timezone.now()
    on = timezone.localdate(at)
    values = typed(step, incident, on) | values
    with acting(user=by):
        return services.take(incident, step=step, user=by, values=values, on=on, at=at)


def reach(state, area, chief, *, at=None, **values):
    """Lead a new incident to a state."""
    incident = receive(area, by=chief, at=at, **values)
    for step in PATHS[state]:
        if step == "close" and incident.source == "group":
            incident = take(incident, "tell_group", chief, at)
        incident = take(incident, step, chief, at)
    return incident


def clocks(incident):
    """Return the clocks of an incident that are not stopped, by kind."""
    return {clock.clock: clock for clock in incident.clocks.filter(stopped_at=None)}
