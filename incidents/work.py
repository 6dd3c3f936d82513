"""What there is to do with incidents: terms that run out, and what waits for the chief to close."""

import datetime as dt

from django.db.models import Case, CharField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Concat, TruncDate

from incidents.models import (
    Assignment,
    Clock,
    ClockPause,
    Incident,
    IncidentClock,
    ShiftHandover,
)
from kylien.accounts.models import Role
from kylien.core.periods import TZ, Period
from kylien.core.work import Work, page_of


def running_clocks(user, on, until):
    """Return the clocks due by the end of `until`, those past included; none that is paused."""
    rows = IncidentClock.objects.visible_to(user).running()
    return rows.filter(due_at__lt=Period(until, until + dt.timedelta(days=1)).end_at)


def to_close(user, on, until):
    """Return the chief's incidents that are done, and answered where a group told of them."""
    rows = Incident.objects.visible_to(user)
    return rows.to_close() if user.has_role(Role.CHIEF) else rows.none()


def given(user, on, until):
    """Return the open incidents that the user was given; nothing else tells him of a new one."""
    own = Assignment.objects.open().filter(officer=user)
    since = own.filter(incident=OuterRef("pk")).order_by("assigned_at").values("assigned_at")[:1]
    rows = Incident.objects.pending().filter(pk__in=Assignment.objects.incidents_of(user))
    return rows.annotate(given_on=TruncDate(Subquery(since), tzinfo=TZ))


def paused(user, on, until):
    """Return the pauses that go on: a clock that stands still comes up nowhere else."""
    return ClockPause.objects.visible_to(user).filter(resumed_at=None, clock__stopped_at=None)


def shifts_to_take(user, on, until):
    """Return the shifts handed over by others that nobody has taken."""
    rows = ShiftHandover.objects.visible_to(user).filter(taken_by=None)
    return rows.exclude(created_by=user)


def given_to(officer, path="pk"):
    """Return the condition of rows whose incident the officer was assigned."""
    return Q(**{f"{path}__in": Assignment.objects.incidents_of(officer)})


WORK = (
    Work(
        kind="clock",
        label="Thời hạn vụ việc",
        says=Case(
            *(When(clock=one, then=Value(one.label)) for one in Clock), output_field=CharField()
        ),
        permission="incidents.view_incidentclock",
        rows=running_clocks,
        day=TruncDate("due_at", tzinfo=TZ),
        at="due_at",
        name="incident__type__name",
        detail=Concat("incident__code", Value(" · "), "incident__place", output_field=CharField()),
        area="incident__neighbourhood",
        key="incident_id",
        url=page_of(Incident),
        assigned=lambda officer: given_to(officer, "incident"),
        soon=3,
    ),
    Work(
        kind="close",
        label="Kết thúc vụ việc",
        permission="incidents.change_incident",
        rows=to_close,
        personal=True,
        since="resolved_on",
        since_word="Xong",
        name="type__name",
        detail=Concat("code", Value(" · "), "place", output_field=CharField()),
        url=page_of(Incident),
    ),
    Work(
        kind="given",
        label="Việc được giao",
        permission="incidents.view_incident",
        rows=given,
        personal=True,
        since="given_on",
        since_word="Giao",
        name="type__name",
        detail=Concat("code", Value(" · "), "place", output_field=CharField()),
        url=page_of(Incident),
    ),
    Work(
        kind="paused",
        label="Thời hạn đang dừng",
        permission="incidents.view_clockpause",
        rows=paused,
        since=TruncDate("paused_at", tzinfo=TZ),
        since_word="Dừng",
        name="clock__incident__type__name",
        detail=Concat("clock__incident__code", Value(" · "), "reason", output_field=CharField()),
        area="clock__incident__neighbourhood",
        key="clock__incident_id",
        url=page_of(Incident),
        assigned=lambda officer: given_to(officer, "clock__incident"),
    ),
    Work(
        kind="handover",
        label="Nhận ca trực",
        permission="incidents.view_shifthandover",
        rows=shifts_to_take,
        personal=True,
        since=TruncDate("ended_at", tzinfo=TZ),
        since_word="Hết ca",
        name="created_by__full_name",
        detail="code",
        area="",
        url=page_of(ShiftHandover),
    ),
)
