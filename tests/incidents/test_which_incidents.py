"""Each verb of the querysets, with a row just inside and one just outside."""

import datetime as dt

import pytest
from django.utils import timezone

from incidents.models import ClockPause, Incident, IncidentClock, IncidentType
from kylien.core.periods import Month
from tests.factories import (
    AssignmentFactory,
    AttachmentFactory,
    ClockPauseFactory,
    IncidentClockFactory,
    IncidentEntryFactory,
    IncidentFactory,
    day,
)

pytestmark = pytest.mark.django_db


def at(*parts):
    return dt.datetime(*parts, tzinfo=timezone.get_default_timezone())


def test_a_month_begins_and_ends_at_local_midnight(area_a):
    moments = [
        at(2026, 9, 14, 23, 59),
        at(2026, 9, 15, 0, 0),
        at(2026, 10, 14, 23, 59),
        at(2026, 10, 15, 0, 0),
    ]
    rows = [IncidentFactory(neighbourhood=area_a, occurred_at=moment) for moment in moments]
    month = Month(2026, 10, 15)
    assert set(Incident.objects.happened_in(month.period)) == set(rows[1:3])


def test_pending_and_solved_part_all_states(area_a):
    open_states = {"received", "classified", "verifying"}
    for state in Incident.State.values:
        IncidentFactory(neighbourhood=area_a, state=state)
    pending = set(Incident.objects.pending().values_list("state", flat=True))
    solved = set(Incident.objects.solved().values_list("state", flat=True))
    assert pending == open_states == set(Incident.State.open())
    assert solved == set(Incident.State.values) - open_states
    results = solved - {"closed"}
    assert results == set(Incident.State.results())
    assert set(Incident.objects.to_close().values_list("state", flat=True)) == results
    for row in Incident.objects.all():
        tone = "due" if row.state in open_states else "mute" if row.state == "closed" else "ok"
        assert row.state_badge()[0] == tone


def test_a_group_is_to_be_told_once_its_news_is_settled(area_a):
    told = {"told_group_on": day(), "told_group": "Đã giải quyết"}
    waiting = [
        IncidentFactory(neighbourhood=area_a, source="group", state=state)
        for state in ("resolved", "closed")
    ]
    IncidentFactory(neighbourhood=area_a, source="group", state="verifying")
    IncidentFactory(neighbourhood=area_a, source="group", state="resolved", **told)
    IncidentFactory(neighbourhood=area_a, source="citizen", state="resolved")
    assert set(Incident.objects.group_to_tell()) == set(waiting)


def test_a_list_shows_the_first_term_that_runs(area_a):
    row = IncidentFactory(neighbourhood=area_a)
    stopped = IncidentClockFactory(
        incident=row, clock="response", due_at=at(2026, 1, 1), stopped_at=timezone.now()
    )
    paused = IncidentClockFactory(incident=row, clock="hand_over", due_at=at(2026, 1, 2))
    ClockPauseFactory(clock=paused)
    runs = IncidentClockFactory(incident=row, due_at=at(2026, 1, 4))
    assert list(IncidentClock.objects.running()) == [runs]
    assert Incident.objects.for_list().get().next_due == runs.due_at
    ClockPause.objects.update(resumed_at=timezone.now())
    assert set(IncidentClock.objects.running()) == {runs, paused}
    assert Incident.objects.for_list().get().next_due == paused.due_at
    IncidentClock.objects.exclude(pk=stopped.pk).update(stopped_at=timezone.now())
    assert Incident.objects.for_list().get().next_due is None


def test_usable_kinds_are_those_of_the_second_level():
    usable = IncidentType.objects.usable()
    assert all(kind.parent_id for kind in usable)
    assert usable.count() == IncidentType.objects.exclude(parent=None).count() > 0


def test_everybody_sees_only_his_own(chief, duty, clerk, officer_a, officer_b, leader, superuser):
    beats = {u: u.scope.neighbourhood_ids[0] for u in (officer_a, officer_b)}
    rows = {u: IncidentFactory(neighbourhood_id=beats[u], place="Bến cá") for u in beats}
    rows[officer_a].created_by = officer_b  # whoever wrote it: the beat gives the rows
    rows[officer_a].save()
    for user in (chief, duty, clerk):
        assert set(Incident.objects.visible_to(user)) == set(rows.values())
    for user in (leader, superuser):
        assert not Incident.objects.visible_to(user).exists()
    for user in beats:
        assert list(Incident.objects.visible_to(user)) == [rows[user]]
        assert list(Incident.objects.visible_to(user).search("ben ca")) == [rows[user]]


def test_the_assigned_see_an_incident_out_of_their_beat_and_no_longer(area_a, officer_a, officer_b):
    row = IncidentFactory(neighbourhood=area_a)
    other = IncidentFactory(neighbourhood=area_a)
    parts = [
        make(incident=row)
        for make in (
            AssignmentFactory,
            AttachmentFactory,
            IncidentClockFactory,
            IncidentEntryFactory,
        )
    ]
    given = AssignmentFactory(incident=row, officer=officer_b)
    assert set(Incident.objects.visible_to(officer_b)) == {row}
    assert set(Incident.objects.visible_to(officer_a)) == {row, other}
    for part in parts:
        assert part in type(part).objects.visible_to(officer_b)
    given.ended_at = timezone.now()
    given.save()
    assert not Incident.objects.visible_to(officer_b).exists()
    for part in parts:
        assert part not in type(part).objects.visible_to(officer_b)
        assert part in type(part).objects.visible_to(officer_a)
