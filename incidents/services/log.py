"""Writing an incident's log."""

from incidents.models import IncidentEntry
from kylien.core.changes import current_act


def write(incident, kind, title, at, note=""):
    """Add a line to the log by whoever acts; inside the transaction of what it tells."""
    return IncidentEntry.objects.create(
        incident=incident,
        at=at,
        author=current_act().user,
        kind=kind,
        state=incident.state,
        title=title,
        note=note,
    )
