"""The duty desk's shifts: what happened in one, and the next shift taking over.

What a shift lists is read from the logs and clocks as they stood when it ended, so that the note
says the same whenever it is opened.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from incidents.models import ClockPause, Incident, IncidentClock, IncidentEntry, ShiftHandover
from kylien.core.models import CodeCounter

MOST = 100  # rows of each part of a note: what is beyond stands in the worklist


@dataclass
class Shift:
    """What a shift's note lists: what came in, what was done, what runs out next."""

    received: list
    handled: list
    due: list


def shift_of(handover, user, until):
    """Read what happened in a shift, among the rows that `user` sees; clocks due up to `until`."""
    since, end = handover.started_at, handover.ended_at
    entries = IncidentEntry.objects.visible_to(user)
    last = IncidentEntry.objects.filter(incident=OuterRef("pk"), at__lt=end).order_by("-at", "-pk")
    incidents = Incident.objects.visible_to(user).select_related("type", "neighbourhood")
    received = incidents.filter(received_at__gte=since, received_at__lt=end)
    received = received.annotate(state_then=Subquery(last.values("state")[:1]))
    steps = entries.filter(at__gte=since, at__lt=end, kind=IncidentEntry.Kind.STEP)
    steps = steps.exclude(title=IncidentEntry.RECEIVED)
    paused = ClockPause.objects.filter(clock=OuterRef("pk"), paused_at__lt=end)
    paused = paused.filter(Q(resumed_at=None) | Q(resumed_at__gte=end))
    clocks = IncidentClock.objects.visible_to(user).filter(started_at__lt=end, due_at__lt=until)
    clocks = clocks.filter(Q(stopped_at=None) | Q(stopped_at__gte=end)).filter(~Exists(paused))
    return Shift(
        list(received.order_by("received_at", "pk")[:MOST]),
        list(steps.select_related("incident__type", "author").order_by("at", "pk")[:MOST]),
        list(clocks.select_related("incident__type").order_by("due_at", "pk")[:MOST]),
    )


@transaction.atomic
def hand_over(handover):
    """Keep a shift, new or mended. Raises ValidationError where it overlaps another: the counter of
    the shifts is held meanwhile, so that two desks cannot both find their hours free."""
    CodeCounter.hold(handover.code_series())
    handover.clean()
    handover.save()
    return handover


@transaction.atomic
def take_over(handover, *, user, at):
    """Let the next shift's officer take over; not whoever hands over."""
    row = ShiftHandover.objects.select_for_update().get(pk=handover.pk)
    if row.taken_by_id:
        raise ValidationError("Ca này đã có người nhận.")
    if row.created_by_id == user.pk:
        raise ValidationError("Người giao ca không tự nhận ca của mình.")
    row.taken_by, row.taken_at = user, at
    row.save()
    return row
